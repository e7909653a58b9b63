"""Documents through a tool's files and back: exactly what they were."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("nupunkt")

from annotations.invented import documents, submitted
from rmpl.annotations.writers import write_annotations
from rmpl.corpora.registry import read_corpus
from rmpl.io.read_report import ReadReport
from rmpl.ontology import load_ontology
from rmpl.records import Document


def through(tool: str, given: list[Document], folder: Path) -> tuple[list[Document], ReadReport]:
    """Return documents written for a tool and read again, as an annotator leaves them unchanged."""
    out = folder / tool
    write_annotations(given, tool, out, load_ontology("m2e2"), ReadReport())
    path = out
    if tool == "label_studio":
        (folder / "export").mkdir(exist_ok=True)
        path = submitted(out / "tasks.json", folder / "export" / "export.json")
    report = ReadReport()
    return list(read_corpus(tool, path, report=report)), report


@pytest.mark.parametrize("tool", ["brat", "label_studio", "coco"])
def test_unchanged_documents_come_back_as_they_were(tmp_path: Path, tool: str) -> None:
    given = documents(tmp_path)
    again, report = through(tool, given, tmp_path)
    assert sorted(again, key=lambda one: one.id) == sorted(given, key=lambda one: one.id)
    assert not report.left_out
    assert not report.warnings


def test_from_brat_to_label_studio_and_back_to_brat(tmp_path: Path) -> None:
    given = documents(tmp_path)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    first, _ = through("brat", given, tmp_path / "one")
    second, _ = through("label_studio", first, tmp_path / "one")
    third, _ = through("brat", second, tmp_path / "two")
    assert sorted(third, key=lambda one: one.id) == sorted(given, key=lambda one: one.id)
    files = sorted(one.name for one in (tmp_path / "one" / "brat").iterdir())
    assert len([one for one in files if one.endswith(".ann")]) == len(given) >= 20
    for name in files:
        if name != "documents.jsonl":  # whose order is that of the files
            one, two = (tmp_path / folder / "brat" / name for folder in ("one", "two"))
            assert one.read_bytes() == two.read_bytes()
