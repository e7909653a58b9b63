"""Reproducing a recipe: one command, a lock file, and what differs from it."""

import json
import re

import pytest
import yaml
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.experiments import reproduction
from training import small_runs

pytestmark = pytest.mark.slow


def reproduce(recipe, world, out, *words):
    line = ["reproduce", recipe, "--data", world, "--out", out, "--limit", 1, *words]
    return CliRunner().invoke(app, [str(word) for word in line])


@pytest.fixture(scope="module")
def recipe(twin, tmp_path_factory):
    tree = small_runs.recipe(twin).model_dump(mode="json", exclude_none=True)
    tree["stages"] = [{**tree["stages"][0], "steps": 1, "batch": 2}]
    path = tmp_path_factory.mktemp("recipes") / "small.yaml"
    path.write_text(yaml.safe_dump(tree))
    return path


@pytest.fixture(scope="module")
def done(recipe, small_world, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "first"
    result = reproduce(recipe, small_world, out)
    assert result.exit_code == 0, result.output
    return out, result.output


def test_one_command_goes_from_the_data_to_the_row_of_the_table(done):
    out, said = done
    assert "available: ace (jmee)" in said
    assert "available: the benchmark (m2e2)" in said
    assert "test, strict" in said
    assert "WASE (ACL 2020), own scorer" in said
    assert "these scores cannot be compared with published ones" in said
    # Beside the run stands the baseline that needs no model, with a paired test.
    assert re.search(r"lexicon: \d+ words of the same corpora, no model\nstrict +P +R +F1", said)
    assert re.search(r"strict, F1 +\w+ +lexicon +difference.*\n  text_emi +[\d.]+ +[1-9]", said)
    lock = json.loads((out / "rmpl.lock.json").read_text())
    assert lock["recipe"]["seed"] == 7
    assert lock["data"].keys() == {"ace", "swig", "mnre"}
    assert lock["world"]["seed"] == 5
    assert lock["benchmark"]["documents"] == 1
    assert set(lock["scores"]) == {"strict", "legacy"}
    assert "| strict | text_emi |" in (out / "README.md").read_text()


def test_another_run_of_the_same_recipe_has_the_same_figures(done, recipe, small_world, tmp_path):
    out, _ = done
    again = reproduce(recipe, small_world, tmp_path / "run", "--verify", out / "rmpl.lock.json")
    assert again.exit_code == 0, again.output
    assert ": 0 of 43 figures differ" in again.output
    assert "cause:" not in again.output


def test_figures_and_causes_that_differ_are_named(done, recipe, small_world, tmp_path, monkeypatch):
    out, _ = done
    lock = json.loads((out / "rmpl.lock.json").read_text())
    lock["scores"]["strict"]["text_emi"]["n_gold"] = 999
    lock["versions"]["torch"] = "1.0"
    other = tmp_path / "other.lock.json"
    other.write_text(json.dumps(lock))
    # What is finished is not done again.
    monkeypatch.setattr(reproduction, "extract", lambda *_, **__: pytest.fail("extracted again"))
    result = reproduce(recipe, small_world, out, "--verify", other)
    assert result.exit_code == 1, result.output
    assert "cause: versions.torch: 1.0 in the lock file" in result.output
    assert "figure: scores.strict.text_emi.n_gold: 999 in the lock file" in result.output
    assert ": 1 of 43 figures differ" in result.output


def test_what_is_no_lock_file_is_refused_before_anything_is_trained(recipe, small_world, tmp_path):
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    result = reproduce(recipe, small_world, tmp_path / "out", "--verify", wrong)
    assert result.exit_code == 2
    assert "not a lock file" in result.output
    assert not (tmp_path / "out").exists()
