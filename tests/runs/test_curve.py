"""Training curves as files: complete lines are points, and other content is reported."""

import math

import pytest

from rmpl.errors import RmplError
from rmpl.runs.curve import curve_line, read_curve, read_curves
from rmpl.runs.folder import StageFolder


@pytest.fixture
def stage(tmp_path):
    folder = StageFolder(tmp_path / "one")
    folder.path.mkdir()
    return folder


def test_an_unfinished_line_is_no_point_and_infinite_numbers_are_not_drawn(stage):
    lines = [curve_line({"step": n, "loss": 1.0, "grad_norm": math.inf}) for n in (1, 2)]
    stage.curve.write_text("".join(lines) + lines[0][:20])
    assert "".join(map(curve_line, read_curve(stage.curve))) == "".join(lines)  # as training does
    assert read_curve(stage.curve)[0]["grad_norm"] == math.inf
    assert read_curves(stage.path.parent) == {
        "one": [{"step": 1, "loss": 1.0}, {"step": 2, "loss": 1.0}]
    }


def test_evaluations_are_a_curve_of_their_own(stage):
    stage.curve.write_text(curve_line({"step": 1, "loss": 1.0}))
    stage.held_out.write_text('{"step": 1, "loss": 2.0, "score": null, "by_source": {"a": 3.0}}\n')
    found = read_curves(stage.path.parent)
    assert found["one, held out"] == [{"step": 1, "loss": 2.0, "a": 3.0}]


@pytest.mark.parametrize("line", ["[]", "{", '{"step": [1]}', '{"format": "rmpl-curve/2"}'])
def test_what_is_no_point_is_one_line(stage, line):
    stage.curve.write_text(line + "\n")
    with pytest.raises(RmplError, match=r"curve\.jsonl:1"):
        read_curve(stage.curve)
