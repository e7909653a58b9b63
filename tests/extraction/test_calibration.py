"""Probabilities that mean something: measured, fitted, kept."""

import random

import pytest

from rmpl.errors import RmplError
from rmpl.extraction.calibration import (
    MIN_ITEMS,
    Calibration,
    Scale,
    fit,
    read_calibration,
)


def sure_of_itself(count, seed=1):
    """A model that says 0.99 where it is right in 7 of 10, and 0.6 where in 3 of 10."""
    rng = random.Random(seed)
    said = [rng.choice((0.99, 0.6)) for _ in range(count)]
    return said, [rng.random() < (0.7 if p > 0.9 else 0.3) for p in said]


def test_what_a_model_is_too_sure_of_comes_down_to_how_often_it_is_right():
    scale = fit(*sure_of_itself(2_000))
    assert scale(0.99) == pytest.approx(0.7, abs=0.05)
    assert scale(0.6) == pytest.approx(0.3, abs=0.05)
    measured = scale.measured
    assert (measured.items, measured.brier_after < measured.brier_before) == (2_000, True)
    assert measured.ece_after < 0.05 < measured.ece_before


def test_the_order_of_answers_stays():
    scale = fit(*sure_of_itself(200))
    said = [0.0, 0.001, 0.3, 0.5, 0.9, 0.999999, 1.0]
    scaled = [scale(p) for p in said]
    assert scaled == sorted(scaled)
    assert all(0 < p < 1 for p in scaled)


def test_where_surer_answers_are_less_often_right_all_are_equally_likely():
    said, right = sure_of_itself(500)
    scale = fit(said, [not one for one in right])
    assert scale(0.99) == pytest.approx(scale(0.1))


def test_few_items_make_no_certainty_and_fewer_nothing_at_all():
    few = fit([0.9] * 20 + [0.2] * MIN_ITEMS, [True] * 20 + [False] * MIN_ITEMS)
    assert 0.5 < few(0.9) < 0.99
    none = fit([0.9] * 20 + [0.2] * (MIN_ITEMS - 1), [True] * 20 + [False] * (MIN_ITEMS - 1))
    assert (none(0.9), none.measured) == (0.9, None)
    assert fit([], [])(0.4) == 0.4


def test_a_calibration_is_kept_beside_the_run(tmp_path):
    assert read_calibration(tmp_path) is None
    (tmp_path / "calibration.json").write_text(
        '{"scales":{"text-emi":{"slope":2.0,"intercept":-1.0}},"link_threshold":0.4,"data":"x"}'
    )
    found = read_calibration(tmp_path)
    assert found == Calibration({"text-emi": Scale(2.0, -1.0)}, 0.4, "x")
    assert found.scale("text-are")(0.3) == 0.3
    (tmp_path / "calibration.json").write_text("[]")
    with pytest.raises(RmplError, match="not a calibration"):
        read_calibration(tmp_path)
