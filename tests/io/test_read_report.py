import pytest

from rmpl.errors import RmplError
from rmpl.io.read_report import MAX_CASES, ReadReport


def test_counts_and_first_cases_are_printed() -> None:
    report = ReadReport()
    report.use("events", 2)
    for number in range(MAX_CASES + 2):
        report.leave_out("type X outside the schema", f"f:{number}")
    report.warn("image not available", "a.jpg")
    assert report.lines() == [
        "used: 2 events",
        "left out: 5 x type X outside the schema (e.g. f:0, f:1, f:2)",
        "warning: 1 x image not available (e.g. a.jpg)",
    ]
    assert report.as_dict()["left_out"] == {"type X outside the schema": 5}


def test_a_place_is_named_once_however_often_it_is_counted() -> None:
    report = ReadReport()
    for where in ("f:1", "f:1", "f:2", "f:1"):
        report.warn("an odd word", where)
    assert report.lines() == ["warning: 4 x an odd word (e.g. f:1, f:2)"]


def test_the_policy_raises_or_counts() -> None:
    report = ReadReport()
    error = RmplError("an empty word", where="f:3")
    report.refuse(error, "count")
    assert report.left_out == {"an empty word": 1}
    assert report.cases == {"an empty word": ["f:3"]}
    with pytest.raises(RmplError, match="f:3"):
        report.refuse(error, "raise")


def test_names_that_are_left_out_for_one_reason_are_summed_up() -> None:
    report = ReadReport()
    report.use("text events", 10)
    for number, name in enumerate(("a.b", "c.d", "e.f", "g.h"), start=1):
        report.leave_out(f"event type {name} outside the schema", "f:1", number)
    report.leave_out("role x of a.b outside the schema", "f:2")
    assert report.lines() == [
        "used: 10 text events",
        "left out: 10 of 20 text events: 4 event types outside the schema (most often g.h 4, "
        "e.f 3, c.d 2)",
        "left out: 1 x role x of a.b outside the schema (e.g. f:2)",
    ]
    assert "left out: 2 x event type c.d outside the schema (e.g. f:1)" in report.lines(
        verbose=True
    )
    assert len(report.lines(verbose=True)) == 6
