"""The worked cases of the evaluation's specification: every count, exactly."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from rmpl.predictions.file import read_predictions
from rmpl.records import Document
from rmpl.scoring import Counts, score

CASES = Path(__file__).parents[3] / "shared" / "eval_cases"
FILES = sorted(CASES.glob("*.json")) if CASES.is_dir() else []

if not FILES:
    pytest.skip(f"no worked cases in {CASES}", allow_module_level=True)


VARIANTS = {
    "text_emi_start_only": ("start-only", "text_emi"),
    "text_emi_event_sentences_only": ("event-sentences-only", "text_emi"),
    "text_emi_type_only": ("type-only", "text_emi"),
    "text_emi_type_only_event_sentences": ("type-only-event-sentences", "text_emi"),
    "image_emi_event_images_only": ("event-images-only", "image_emi"),
    "image_emi_gold_of_predicted_images_only": ("predicted-images-only", "image_emi"),
    "image_are_camel": ("without-props", "image_are"),
    "image_are_unicl_role_sets": ("role-sets", "image_are"),
    "image_are_wase_obj": ("iou-or-inside", "image_are"),
    "text_are_starts_only": ("start-only", "text_are"),
    "text_are_no_event_type": ("untyped-arguments", "text_are"),
    "mm_emi_mentions_395": ("linked-mentions", "mm_emi"),
    "mm_emi_gold_pairs_given_either": ("pairs-given-either", "mm_emi"),
    "mm_emi_gold_pairs_given_both": ("pairs-given-both", "mm_emi"),
}


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
    assert {task: _rounded(counts) for task, counts in scores.items()} == case["expected"][protocol]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_variant_of_a_worked_case_is_a_preset(path: Path, tmp_path: Path) -> None:
    case = msgspec.json.decode(path.read_bytes())
    gold = read(tmp_path, case["gold"]["documents"])
    predicted = read(tmp_path, case["predictions"])
    found = {
        variant: _rounded(score(gold, predicted, VARIANTS[variant][0])[VARIANTS[variant][1]])
        for variant in case["expected"]["variants"]
    }
    assert found == case["expected"]["variants"]


def _rounded(counts: Counts) -> dict:
    return {
        key: round(value, 4) if isinstance(value, float) else value
        for key, value in counts.to_dict().items()
    }
