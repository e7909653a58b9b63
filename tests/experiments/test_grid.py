"""Grids: one budget for all cells, misspelt keys refused, the shipped grid does what it says."""

from pathlib import Path

import pytest
import yaml

from rmpl.errors import RmplError
from rmpl.experiments.grid import load_plan
from rmpl.recipe.recipe import load_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
BASE = {
    "name": "base",
    "corpora": {"ace": {"reader": "jmee", "path": "ace"}, "swig": {"reader": "swig", "path": "s"}},
    "stages": [
        {
            "name": "one",
            "steps": 10,
            "mixture": [
                {"task": "text-events", "corpora": ["ace"], "weight": 3},
                {"task": "image-events", "corpora": ["swig"]},
            ],
        },
        {
            "name": "two",
            "start": "one",
            "steps": 30,
            "mixture": [{"task": "text-emi", "corpora": ["ace"]}],
        },
    ],
}


@pytest.fixture
def plan(tmp_path):
    def load(cell, *overrides, **changes):
        (tmp_path / "base.yaml").write_text(yaml.safe_dump(BASE))
        cells = {"rmpl": {"about": "whole"}, "other": {"about": "changed", **cell}}
        grid = {"name": "g", "base": "base.yaml", "seeds": [1, 2, 3, 4, 5], "cells": cells}
        (tmp_path / "grid.yaml").write_text(yaml.safe_dump({**grid, **changes}))
        return load_plan(tmp_path / "grid.yaml", overrides)

    return load


def stages(plan, name="other"):
    (cell,) = (cell for cell in plan.cells if cell.name == name)
    return {stage.name: stage for stage in cell.recipe.stages}


def test_a_filled_stage_takes_the_steps_that_others_leave(plan):
    found = plan({"changes": {"stages": {"one": None, "two": {"start": "base"}}}, "fill": "two"})
    assert found.budget == (40, 640)
    assert {name: stage.steps for name, stage in stages(found).items()} == {"two": 40}
    assert {name: stage.steps for name, stage in stages(found, "rmpl").items()} == {
        "one": 10,
        "two": 30,
    }


def test_one_stage_has_the_samples_of_both(plan):
    (joint,) = stages(plan({"one_stage": True})).values()
    total = sum(source.weight for source in joint.mixture)
    shares = {source.task: source.weight / total for source in joint.mixture}
    assert shares == {
        "text-events": pytest.approx(10 / 40 * 3 / 4),
        "image-events": pytest.approx(10 / 40 / 4),
        "text-emi": pytest.approx(30 / 40),
    }
    assert (joint.steps, joint.start) == (40, "base")


def test_weights_are_multiplied_wherever_a_task_is_mixed(plan):
    found = plan({"times": {"text-events": 2, "text-emi": 3}})
    weights = {s.task: s.weight for stage in stages(found).values() for s in stage.mixture}
    assert weights == {"text-events": 6, "image-events": 1, "text-emi": 3}
    assert found.budget == (40, 640)


def test_overrides_change_every_cell(plan):
    found = plan({"one_stage": True}, "stages.1.steps=5", "stages.0.batch=8", "stages.1.batch=8")
    assert found.budget == (15, 120)
    assert stages(found)["joint"].steps == 15


@pytest.mark.parametrize(
    ("cell", "changes", "said"),
    [
        ({"changes": {"stages": {"one": None, "two": {"start": "base"}}}}, {}, "30 steps and 480"),
        ({"changes": {"stages": {"two": {"batch": 8}}}}, {}, "40 steps and 400 samples"),
        ({"changes": {"stages": {"two": {"steps": None, "epochs": 1}}}}, {}, "epochs"),
        ({"changes": {"stages": {"three": None}}}, {}, r"cells\.other: stages\.three"),
        ({"changes": {"stages": {"two": {"stepz": 1}}}}, {}, "stepz: no such key"),
        ({"chagnes": {}}, {}, r"cells\.other\.chagnes: no such key.*ablations\.md"),
        ({"times": {"relations": 2}}, {}, "no stage has this task.*text-events"),
        ({"fill": "three"}, {}, "three: no such stage.*one, two"),
        ({"media": ["sound"]}, {}, r"cells\.other\.media"),
        ({}, {"seeds": [1, 2, 3]}, "seeds"),
        ({}, {"seeds": [1, 2, 3, 4, 4]}, "a seed is listed twice"),
        ({}, {"reference": "whole"}, "not one of the cells"),
        ({}, {"base": "nowhere.yaml"}, "nowhere.yaml: no such recipe"),
    ],
)
def test_a_grid_that_would_compare_the_unlike_is_refused(plan, cell, changes, said):
    with pytest.raises(RmplError, match=said):
        plan(cell, **changes)


@pytest.mark.parametrize("name", ["../x", "/x", "..", "a/b"])
def test_names_that_lead_elsewhere_are_refused(plan, name):
    with pytest.raises(RmplError, match="name: string should match pattern"):
        plan({}, name=name)
    with pytest.raises(RmplError, match="string should match pattern"):
        plan({}, cells={"rmpl": {"about": "whole"}, name: {"about": "elsewhere"}})


def test_the_shipped_grid_is_of_one_budget_and_its_cells_are_what_they_are_called():
    found = load_plan(RECIPES / "ablations" / "tiny.yaml")
    base = load_recipe(RECIPES / "tiny.yaml")
    cells = {cell.name: cell for cell in found.cells}
    assert cells["rmpl"].recipe.stages == base.stages
    assert found.budget.steps == sum(stage.steps or 0 for stage in base.stages)
    tasks = {
        name: {source.task for stage in cell.recipe.stages for source in stage.mixture}
        for name, cell in cells.items()
    }
    assert "relations" not in tasks["no_relations"]
    assert all(task.startswith("text") for task in tasks["text_only"])
    assert not any(task.startswith("text") for task in tasks["images_only"])
    assert tasks["joint"] == tasks["rmpl"]
    assert len(cells["joint"].recipe.stages) == 1
    assert cells["text_only"].settings == ("text",)
    assert len(found.grid.seeds) >= 5
