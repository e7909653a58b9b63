"""What a reproduction lacks: all of it at once, with where it comes from and where it goes."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rmpl.backbones import checkpoints
from rmpl.backbones.known import named_models
from rmpl.cli.main import app
from rmpl.experiments import reproduction
from rmpl.experiments.requirements import gpu_hours, requirements
from rmpl.recipe.recipe import load_recipe

ROOT = Path(__file__).parents[2]


def test_a_real_backbone_s_recipe_says_everything_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints.huggingface_hub, "try_to_load_from_cache", lambda *_: None)
    recipe = ROOT / "recipes" / "qwen2_5_vl_7b.yaml"
    words = ["reproduce", recipe, "--data", tmp_path, "--out", tmp_path / "run"]
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 2
    for said in (
        "MISSING: ace (ace)",
        "from: the Linguistic Data Consortium",
        f"put into {tmp_path}/swig: train.json",
        "MISSING: mnre (mnre)",
        "MISSING: the benchmark (m2e2)",
        "17 GB to download",
        "about 3.4 hours on one H100",
    ):
        assert said in result.output
    assert result.output.splitlines()[-1].startswith("rmpl: ")
    assert not (tmp_path / "run").exists()


def test_missing_pictures_are_counted_and_do_not_stop_what_is_text(small_world, tmp_path):
    world = tmp_path / "world"
    shutil.copytree(small_world, world)
    shutil.rmtree(world / "m2e2" / "images")
    recipe = load_recipe(ROOT / "recipes" / "tiny.yaml")
    found = {one.what: one for one in requirements(recipe, world, world / "m2e2", tmp_path)}
    assert found["swig (swig)"].is_met
    benchmark = found["the benchmark (m2e2)"]
    assert (benchmark.is_met, benchmark.blocks) == (False, False)
    assert "images missing" in benchmark.found
    assert any(line.startswith("from: annotations") for line in benchmark.remedy)


def test_the_hours_are_those_of_the_page_that_shows_their_arithmetic():
    page = (ROOT / "docs" / "backbones.md").read_text()
    for name, model in named_models().items():
        if model.reads == "text":
            continue
        known_as = (name, model.hub)
        paths = sorted((ROOT / "recipes").glob("*.yaml"))
        names = [p for p in paths if any(f"model: {one}" in p.read_text() for one in known_as)]
        row = re.search(
            rf"^\| `{names[0].stem}` \|.* \| ([\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE
        )
        assert row is not None
        assert gpu_hours(name) == gpu_hours(model.hub) == (float(row[1]), float(row[2]))


@pytest.mark.parametrize("model", ["embedded", "Qwen/Qwen2.5-VL-7B-Instruct"])
def test_the_generated_world_is_written_for_the_embedded_model_only(model, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(reproduction, "build_world", lambda path, **_: written.append(path))
    recipe = load_recipe(ROOT / "recipes" / "tiny.yaml", [f"backbone.model={model}"])
    made = reproduction.prepare_data(recipe, tmp_path / "world", lambda *_: None)
    assert made == (model == "embedded") == bool(written)
    assert not reproduction.prepare_data(recipe, tmp_path, lambda *_: None)
