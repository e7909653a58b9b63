"""Who is warned that a model knows only the synthetic corpus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmpl.corpora.origin import mark
from rmpl.runs.notices import ONLY_SYNTHETIC, notice_of

ROOT = Path(__file__).parents[2]


def run_of(folder: Path, backbone: str, *origins: bool) -> Path:
    """Write what is read of a run: its recipe, and whether each corpus of it is synthetic."""
    stage = folder / "stage1"
    stage.mkdir(parents=True)
    recipe = (ROOT / "recipes" / "tiny.yaml").read_text()
    recipe = recipe.replace("model: embedded", f"model: {backbone}")
    (folder / "recipe.yaml").write_text(recipe)
    read = {str(number): {"synthetic": one, "terms": "none"} for number, one in enumerate(origins)}
    if origins:
        (folder / "run.json").write_text(json.dumps({"origins": read}))
    return folder


def test_the_embedded_model_and_its_runs_and_stages_are_warned_of(tmp_path):
    run = run_of(tmp_path / "run", "embedded", True, True)
    for model in ("embedded", run, str(run / "stage1")):
        assert notice_of(model) == ONLY_SYNTHETIC


@pytest.mark.parametrize("origins", [(True, False), (False,)])
def test_a_run_on_other_data_knows_more(tmp_path, origins):
    assert notice_of(run_of(tmp_path / "run", "embedded", *origins)) is None


def test_other_models_are_not_warned_of(tmp_path):
    other = run_of(tmp_path / "run", "Qwen/Qwen2.5-VL-3B-Instruct")
    broken = run_of(tmp_path / "broken", "embedded")
    (broken / "recipe.yaml").write_text("{")
    for model in (other, broken, "real-text", "Qwen/Qwen2.5-VL-3B-Instruct", tmp_path, "/nowhere"):
        assert notice_of(model) is None


def test_its_own_corpus_is_no_reason_to_warn(tmp_path):
    run = run_of(tmp_path / "run", "embedded")
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    mark(own)
    assert notice_of(run, [own]) is None
    assert notice_of(run, [own, other]) == ONLY_SYNTHETIC
