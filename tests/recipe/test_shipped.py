"""Recipes that come with the package: found by name from any folder, listed, copied."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.experiments.grid import load_plan
from rmpl.recipe import shipped
from rmpl.recipe.recipe import load_recipe
from rmpl.recipe.shipped import copy_shipped, find_recipe, shipped_folder, shipped_recipes

TINY = Path("recipes/tiny.yaml")
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_shipped_recipe_is_read_from_any_folder():
    assert load_recipe(TINY) == load_recipe(ROOT / TINY)
    assert load_recipe(Path("recipes/qwen3_vl_2b.yaml")).name == "qwen3_vl_2b"  # it extends another
    assert load_plan(Path("recipes/ablations/tiny.yaml")).grid.name == "tiny"


def test_a_file_of_ones_own_comes_first():
    TINY.parent.mkdir()
    TINY.write_text((ROOT / TINY).read_text().replace("name: tiny", "name: mine"))
    assert find_recipe(TINY) == TINY
    assert load_recipe(TINY).name == "mine"


@pytest.mark.parametrize("path", ["tiny.yaml", "recipes/../recipes/tiny.yaml", "recipes/no.yaml"])
def test_nothing_else_is_taken_for_a_shipped_one(path):
    assert find_recipe(Path(path)) == Path(path)
    with pytest.raises(RmplError, match="rmpl recipes"):
        load_recipe(Path(path))


def test_every_recipe_is_listed_as_commands_take_it():
    found = list(shipped_recipes())
    assert {one.path for one in found} >= {str(TINY), "recipes/ablations/tiny.yaml"}
    assert all(one.about and find_recipe(Path(one.path)).is_file() for one in found)
    assert not [one for one in found if "launch" in one.path]
    result = CliRunner().invoke(app, ["recipes"])
    assert result.exit_code == 0
    assert result.output.count("\n") == len(found)


def test_they_are_copied_to_a_new_folder_only(tmp_path):
    result = CliRunner().invoke(app, ["recipes", "--out", "mine"])
    assert result.exit_code == 0, result.output
    assert load_recipe(tmp_path / "mine" / "qwen3_vl_2b.yaml").name == "qwen3_vl_2b"
    assert (tmp_path / "mine" / "launch" / "fsdp2.yaml").is_file()
    again = CliRunner().invoke(app, ["recipes", "--out", "mine"])
    assert again.exit_code == 2
    assert "nothing is written over" in again.output


def test_an_installed_package_has_them_inside(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "rmpl"
    package.mkdir(parents=True)
    monkeypatch.setattr(shipped, "__file__", str(package / "recipe" / "shipped.py"))
    with pytest.raises(RmplError, match="install rmpl again"):
        shipped_folder("recipes")
    (package / "recipes").mkdir()
    (package / "recipes" / "tiny.yaml").write_text("name: installed")
    assert find_recipe(TINY) == package / TINY
    copy_shipped("recipes", tmp_path / "copy")
    assert (tmp_path / "copy" / "tiny.yaml").read_text() == "name: installed"


def test_a_recipe_that_others_extend_is_not_run():
    pytest.importorskip("torch", reason="needs rmpl[train]")
    for command in ("train", "reproduce"):
        result = CliRunner().invoke(app, [command, "recipes/paper.yaml", "--dry-run"])
        assert result.exit_code == 2
        assert "names no model" in result.output
