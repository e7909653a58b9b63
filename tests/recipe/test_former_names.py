"""Recipes of version 0.1 named two keys otherwise; those, and runs made by them, are read."""

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import yaml

pytest.importorskip("torch", reason="needs rmpl[train]")

from rmpl.errors import RmplError
from rmpl.experiments.grid import load_plan
from rmpl.experiments.lock import deviations, read_lock
from rmpl.recipe.former_names import FormerNameWarning, former_names
from rmpl.recipe.recipe import Recipe, load_recipe
from rmpl.runs.folder import RunFolder
from rmpl.training.run import SAME_WEIGHTS

ROOT = Path(__file__).parents[2]
OLD = ROOT / "tests" / "data" / "version_0_1"
PAPER = ROOT / "recipes" / "qwen2_5_vl_7b.yaml"
IS_FORMER = "guard is the former name of contamination_check"


@pytest.fixture
def child(tmp_path: Path) -> Path:
    """A recipe of version 0.1 that extends one of today."""
    shutil.copy(PAPER, tmp_path / "base.yaml")
    shutil.copy(PAPER.with_name("paper.yaml"), tmp_path / "paper.yaml")
    path = tmp_path / "child.yaml"
    path.write_text("extends: base.yaml\nguard: null\nstages: {stage2: {split: 8}}\n")
    return path


def test_a_former_recipe_extends_one_of_today_and_says_so_once(child: Path) -> None:
    with pytest.warns(FormerNameWarning) as found:
        recipe = load_recipe(child)
    assert recipe.contamination_check is None
    assert [stage.micro_batches for stage in recipe.stages] == [4, 8]
    said = sorted(str(one.message) for one in found)
    assert said == [f"{child}: {IS_FORMER}", f"{child}: split is the former name of micro_batches"]


def test_a_recipe_of_today_extends_a_former_one(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text((OLD / "run" / "recipe.yaml").read_text())
    child = tmp_path / "child.yaml"
    child.write_text(
        "extends: old.yaml\ncontamination_check: null\nstages: {one: {micro_batches: 2}}\n"
    )
    with pytest.warns(FormerNameWarning):
        recipe = load_recipe(child)
    assert (recipe.contamination_check, recipe.stages[0].micro_batches) == (None, 2)


def test_overrides_by_former_names_work() -> None:
    with pytest.warns(FormerNameWarning) as found:
        recipe = load_recipe(PAPER, ["guard=there", "stages.1.split=16"])
    assert str(found[0].message) == f"guard=there: {IS_FORMER}"
    assert len(found) == 2
    assert recipe.contamination_check == "there"
    assert [stage.micro_batches for stage in recipe.stages] == [4, 16]
    assert recipe.corpora["ace"].split == "train"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_recipe(PAPER, ["corpora.ace.split=dev"]).corpora["ace"].split == "dev"


def test_both_names_are_refused(child: Path) -> None:
    child.write_text("extends: base.yaml\nguard: a\ncontamination_check: b\n")
    both = r"guard and contamination_check are both given; guard is the former name"
    with pytest.raises(RmplError, match=rf"child\.yaml: {both}"):
        load_recipe(child)
    with pytest.raises(RmplError, match=both):
        load_recipe(PAPER, ["contamination_check=b", "guard=a"])
    child.write_text("extends: base.yaml\nstages: {stage1: {split: 2, micro_batches: 4}}\n")
    with pytest.raises(RmplError, match=r"stages\.stage1\.split and stages\.stage1\.micro_batches"):
        load_recipe(child)


def test_the_command_line_says_it_in_one_line(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "rmpl.cli.main", "train", "recipes/tiny.yaml", "--dry-run"]
    words += ["--out", str(tmp_path / "run"), "--set", "stages.0.split=2", "--data", "nowhere"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=tmp_path)
    said = done.stderr.splitlines()
    told = [one for one in said if ": corpus " not in one]  # no data is there
    assert told == ["rmpl: stages.0.split=2: split is the former name of micro_batches"]


def test_a_run_of_version_0_1_is_read_without_a_word_about_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recipe = RunFolder(OLD / "run").read_recipe()
    assert (recipe.contamination_check, recipe.stages[0].micro_batches) == (None, 1)


def test_fingerprints_are_those_of_version_0_1() -> None:
    tree = yaml.safe_load((OLD / "run" / "recipe.yaml").read_text())
    recipe = Recipe.model_validate(tree)
    stage = {k: v for k, v in tree["stages"][0].items() if k not in {*SAME_WEIGHTS, "split"}}
    made = recipe.stages[0].model_dump_json(exclude=SAME_WEIGHTS)
    assert made == json.dumps(stage, separators=(",", ":"))
    assert former_names(recipe.model_dump(mode="json")) == tree


def test_new_keys_are_written_where_they_are_used_and_nowhere_else() -> None:
    tree = yaml.safe_load((OLD / "run" / "recipe.yaml").read_text())
    (name, *_) = tree["corpora"]
    tree["corpora"][name]["types"] = "all"
    tree["stages"][0]["mixture"][0]["candidates"] = 8
    written = Recipe.model_validate(tree).model_dump(mode="json")
    assert written["corpora"][name]["types"] == "all"
    assert "extents" not in written["corpora"][name]
    assert written["stages"][0]["mixture"][0]["candidates"] == 8
    assert "negatives" not in written["stages"][0]["mixture"][0]
    assert Recipe.model_validate(written) == Recipe.model_validate(tree)


def test_a_grid_and_a_lock_of_version_0_1_are_read(tmp_path: Path) -> None:
    grid = yaml.safe_load((ROOT / "recipes" / "ablations" / "tiny.yaml").read_text())
    shutil.copy(ROOT / "recipes" / "tiny.yaml", tmp_path / "base.yaml")
    grid["base"] = "base.yaml"
    grid["cells"]["old"] = {"about": "old", "changes": {"stages": {"stage1": {"split": 2}}}}
    (tmp_path / "grid.yaml").write_text(yaml.safe_dump(grid))
    with pytest.warns(FormerNameWarning):
        plan = load_plan(tmp_path / "grid.yaml")
    (cell,) = (cell for cell in plan.cells if cell.name == "old")
    assert cell.recipe.stages[0].micro_batches == 2
    lock = read_lock(OLD / "rmpl.lock.json")
    assert "split" not in lock.recipe["stages"][0]
    assert deviations(lock, lock) == []
