"""Is a folder the released M2E2: every deviation is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rmpl.corpora.m2e2.files import IMAGE_IDS, IMAGE_ONLY, LINKS
from rmpl.corpora.m2e2.release import SHA256, check_m2e2
from rmpl.errors import RmplError

M2E2 = Path(__file__).parents[4] / "shared" / "data" / "m2e2"
real = pytest.mark.skipif(not M2E2.is_dir(), reason=f"no M2E2 in {M2E2}")


def test_an_empty_folder_misses_every_file(tmp_path: Path) -> None:
    report = check_m2e2(tmp_path)
    assert not report.is_release
    assert {check.found for check in report.deviations} >= {"no such file"}
    assert len(report.deviations) == len(SHA256) + 1
    assert report.lines()[-1].endswith("deviations from M2E2 v0.1")


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(RmplError, match="no such folder"):
        check_m2e2(tmp_path / "none")


def test_a_malformed_file_is_a_deviation(tmp_path: Path) -> None:
    for name in SHA256:
        (tmp_path / name).write_text("{", encoding="utf-8")
    assert any(check.what == "all files are readable" for check in check_m2e2(tmp_path).deviations)


@real
def test_the_release_is_whole_and_its_oddities_are_known() -> None:
    report = check_m2e2(M2E2)
    assert report.deviations == []
    assert report.is_release
    assert sum(check.known for check in report.checks) == 10
    assert "complete" in report.lines()[-1]


@real
def test_a_changed_release_is_told_by_what_changed(tmp_path: Path) -> None:
    for path in M2E2.iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    images = json.loads((tmp_path / IMAGE_ONLY).read_text("utf-8"))
    images.popitem()
    (tmp_path / IMAGE_ONLY).write_text(json.dumps(images), encoding="utf-8")
    rows = (tmp_path / LINKS).read_text("utf-8").splitlines(keepends=True)
    (tmp_path / LINKS).write_text("".join(rows[1:]), encoding="utf-8")
    (tmp_path / IMAGE_IDS).unlink()
    found = {check.what: check.found for check in check_m2e2(tmp_path).deviations}
    assert found["image events"] == 390
    assert found["links"] == 308
    assert found["images"] == 0
    assert "sentences, merged by id" not in found
