"""The published mapping of imSitu's verbs, compared with ours row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rmpl.corpora.imsitu_map import Row, check_imsitu_map, read_published_map
from rmpl.errors import RmplError

ROWS = (
    "carrying\titem\tMovement||Transport\tAgent\r\n"
    "carrying\tplace\tMovement||Transport\tPlace\r\n"
    "phoning\tagent\tContact||Phone|Write\tEntity\r\n"
    "steering\ttool\tMovement||Transport\tVehicle\r\n"
    "yodelling\tagent\tContact||Meet\tEntity"
)


def test_rows_are_read_in_the_spelling_of_m2e2(tmp_path: Path) -> None:
    path = tmp_path / "map.txt"
    path.write_text(ROWS, newline="")
    rows = read_published_map(path)
    assert len(rows) == 5
    assert rows[2] == Row("phoning", "agent", "Contact:Phone-Write", "Entity")


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    path = tmp_path / "map.txt"
    path.write_text(ROWS, newline="")
    report = check_imsitu_map(path)
    assert [remark for remark in report.remarks if not remark.startswith("added")] == [
        "changed    carrying item: Movement:Transport Agent -> Movement:Transport Artifact",
        "left out   carrying place: Movement:Transport has no Place",
        "left out   steering tool: it is not a Vehicle",
        "unknown    yodelling agent",
    ]
    found = {check.what: check.found for check in report.deviations}
    assert found["verbs missing from ours"] == 1
    assert found["rows identical in ours"] == 1


def test_a_row_without_four_fields_is_named(tmp_path: Path) -> None:
    path = tmp_path / "map.txt"
    path.write_text(ROWS + "\ncarrying item")
    with pytest.raises(RmplError, match=r"map\.txt:6: not a row"):
        check_imsitu_map(path)


@pytest.mark.parametrize("copy", ["m2e2", "multimedia-ee"])
def test_both_published_copies_are_known(real_data: Callable[[str], Path], copy: str) -> None:
    report = check_imsitu_map(real_data("ace_imsitu_map") / f"ace_sr_mapping.{copy}.txt")
    assert report.is_release
    found = {check.what: check.found for check in report.checks}
    assert (found["rows"], found["verbs"], found["types, once corrected"]) == (227, 67, 8)
    fates = [remark.split()[0] for remark in report.remarks]
    assert fates.count("changed") == 4
    assert fates.count("left") == 26
    assert "unknown" not in fates
