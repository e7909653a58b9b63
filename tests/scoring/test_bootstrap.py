"""Intervals and paired tests over documents."""

from __future__ import annotations

import pytest

from rmpl.errors import RmplError
from rmpl.scoring import Counts, DocumentScore, Scores
from rmpl.scoring.bootstrap import compare, holm, intervals


def scores(counts: list[tuple[int, int, int]], protocol: str = "strict") -> Scores:
    documents = {
        f"D{i:03}": DocumentScore({"text_emi": Counts(*each)}, predicted=True)
        for i, each in enumerate(counts)
    }
    return Scores(protocol, documents)


MIXED = [(1, 2, 2), (0, 1, 3), (2, 2, 2), (1, 1, 1), (0, 0, 1)] * 20


def test_an_interval_surrounds_its_score_and_is_narrower_with_more_documents() -> None:
    few, many = scores(MIXED[:10]), scores(MIXED)
    narrow, wide = intervals(many)["text_emi"].f1, intervals(few)["text_emi"].f1
    assert narrow.low < many.total()["text_emi"].f1 < narrow.high
    assert narrow.high - narrow.low < wide.high - wide.low


def test_intervals_depend_on_the_seed_and_not_on_the_order() -> None:
    forward, first = scores(MIXED), intervals(scores(MIXED), seed=3)
    backward = Scores("strict", dict(reversed(forward.documents.items())))
    assert intervals(backward, seed=3) == first
    assert intervals(forward, seed=4) != first


def test_a_perfect_score_has_no_width() -> None:
    interval = intervals(scores([(2, 2, 2)] * 5))["text_emi"]
    assert (interval.f1.low, interval.f1.high) == (100.0, 100.0)


def test_documents_without_anything_score_zero() -> None:
    interval = intervals(scores([(0, 0, 0)] * 5))["text_emi"]
    assert (interval.p.low, interval.p.high) == (0.0, 0.0)


def test_a_system_does_not_differ_from_itself() -> None:
    (same,) = compare(scores(MIXED), scores(MIXED))
    assert same.difference == 0
    assert same.p_value == 1
    assert same.interval.low == same.interval.high == 0


def test_a_system_that_is_better_everywhere_differs() -> None:
    better = [(n_gold, n_gold, n_gold) for _, _, n_gold in MIXED]
    (found,) = compare(scores(better), scores(MIXED))
    assert found.difference > 0
    assert found.interval.low > 0
    assert found.p_value < 0.01


def test_a_chance_difference_is_not_significant() -> None:
    a = [(1, 1, 1), (0, 1, 1)] * 20
    b = [(0, 1, 1), (1, 1, 1)] * 20
    b[0] = (1, 1, 1)
    (found,) = compare(scores(a), scores(b))
    assert found.p_value > 0.2
    assert found.interval.low < 0 < found.interval.high


def test_a_document_that_only_one_system_predicted_still_counts() -> None:
    (found,) = compare(scores(MIXED), scores([*MIXED, (0, 5, 0)]))
    assert found.difference > 0


def test_different_protocols_are_not_compared() -> None:
    with pytest.raises(RmplError, match="cannot be compared"):
        compare(scores(MIXED), scores(MIXED, "legacy"))


def test_holm_corrects_step_by_step() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []
