"""The worked cases of the evaluation's specification: every count, exactly."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from rmpl.corpora.predictions import read_predictions
from rmpl.records import Document
from rmpl.scoring import score

CASES = Path(__file__).parents[3] / "shared" / "eval_cases"
FILES = sorted(CASES.glob("*.json")) if CASES.is_dir() else []

if not FILES:
    pytest.skip(f"no worked cases in {CASES}", allow_module_level=True)


def read(tmp_path: Path, lines: list[dict]) -> list[Document]:
    path = tmp_path / "documents.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return list(read_predictions(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("protocol", ["strict", "legacy"])
def test_a_worked_case_gives_its_counts(path: Path, protocol: str, tmp_path: Path) -> None:
    case = msgspec.json.decode(path.read_bytes())
    gold = read(tmp_path, case["gold"]["documents"])
    scores = score(gold, read(tmp_path, case["predictions"]), protocol)
    found = {task: counts.to_dict() for task, counts in scores.items()}
    for values in found.values():
        values.update({key: round(values[key], 4) for key in ("p", "r", "f1")})
    assert found == case["expected"][protocol]
