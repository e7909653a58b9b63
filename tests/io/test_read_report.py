import pytest

from rmpl.errors import RmplError
from rmpl.io.read_report import KEPT_CASES, ReadReport


def test_counts_and_first_cases_are_printed() -> None:
    report = ReadReport()
    report.use("events", 2)
    for number in range(KEPT_CASES + 2):
        report.leave_out("type X outside the ontology", f"f:{number}")
    report.warn("picture not at hand", "a.jpg")
    assert report.lines() == [
        "used: 2 events",
        "left out: 5 x type X outside the ontology (e.g. f:0, f:1, f:2)",
        "warning: 1 x picture not at hand (e.g. a.jpg)",
    ]
    assert report.as_dict()["left_out"] == {"type X outside the ontology": 5}


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
