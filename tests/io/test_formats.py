"""Formats by name and version: what is read, and what is refused in one line."""

import pytest

from rmpl.errors import RmplError
from rmpl.io.formats import PREDICTIONS, SYNTHETIC, check_format, check_format_of


@pytest.mark.parametrize(
    ("found", "known"),
    [
        (PREDICTIONS, PREDICTIONS),
        (None, PREDICTIONS),
        ("rmpl-synthetic/1", SYNTHETIC),
        ("another program's", PREDICTIONS),
        (7, PREDICTIONS),
    ],
)
def test_an_older_version_and_what_names_no_format_are_read(found: object, known: str) -> None:
    check_format(found, known, "p.jsonl:1")


def test_a_newer_version_says_where_it_is_and_what_to_do() -> None:
    with pytest.raises(RmplError) as caught:
        check_format("rmpl-predictions/12", PREDICTIONS, "p.jsonl:3")
    assert str(caught.value) == (
        "p.jsonl:3: written by a newer rmpl (rmpl-predictions/12, this one reads up to "
        "rmpl-predictions/1); install a newer rmpl"
    )


@pytest.mark.parametrize(
    "found", ["rmpl-lock/1", "rmpl-predictions", "rmpl-predict729e/1", "rmpl-/"]
)
def test_another_or_damaged_format_is_named(found: str) -> None:
    with pytest.raises(RmplError, match=f"{found} where rmpl-predictions/1 is expected"):
        check_format(found, PREDICTIONS, "p.jsonl:1")


def test_a_newer_version_is_told_from_its_bytes_whatever_else_is_in_it() -> None:
    with pytest.raises(RmplError, match="newer rmpl"):
        check_format_of(b'{"documents": 3, "format": "rmpl-predictions/2"}', PREDICTIONS, "p")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000, b'{"format": [2]}']
)
def test_what_is_no_json_object_is_left_to_its_reader(content: bytes) -> None:
    check_format_of(content, PREDICTIONS, "p")
