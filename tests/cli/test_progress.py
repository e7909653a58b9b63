"""Progress without a terminal: few lines, with rates, none of them twice."""

import itertools

import pytest

from rmpl.cli import progress
from rmpl.cli.progress import Bars, rate


@pytest.fixture
def clock(monkeypatch):
    seconds = itertools.count(0, 10)
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(seconds)))


def test_lines_have_a_rate_and_the_time_left(clock, capsys):
    with Bars() as bars:
        for done in range(4):
            bars.update("train stage1", done, 4, "loss 1.000")
    assert capsys.readouterr().err.splitlines() == [
        "train stage1: 2/4, 6.0 per min, 20 s left, loss 1.000",
    ]


def test_the_end_of_a_step_is_told_once(clock, capsys):
    with Bars() as bars:
        for done in (0, 3, 3, 3):
            bars.update("documents", done, 3)
    assert capsys.readouterr().err == "documents: 3/3, 18.0 per min, done in 10 s\n"


@pytest.mark.parametrize(
    ("per_second", "shown"), [(1234.5, "1,234 per s"), (3.04, "3.0 per s"), (0.05, "3.0 per min")]
)
def test_slow_steps_are_counted_per_minute(per_second, shown):
    assert rate(per_second) == shown


def test_a_long_line_is_not_broken_without_a_terminal(clock, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    with Bars() as bars:
        for done in (0, 3):
            bars.update("documents " * 6, done, 3)
    assert capsys.readouterr().err.count("\n") == 1
