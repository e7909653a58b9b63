import os
from pathlib import Path

import pytest

from rmpl.errors import RmplError
from rmpl.recipe.recipe import load_recipe
from rmpl.tasks import TASKS

RECIPES = Path(__file__).parents[2] / "recipes"
TINY = RECIPES / "tiny.yaml"


def test_the_shipped_recipe_is_valid_and_names_tasks_that_exist():
    recipe = load_recipe(TINY)
    assert [stage.name for stage in recipe.stages] == ["stage1", "stage2"]
    assert recipe.stages[1].start == "stage1"
    assert {s.task for stage in recipe.stages for s in stage.mixture} <= set(TASKS)


def test_overrides_change_single_keys():
    recipe = load_recipe(TINY, ["seed=3", "stages.0.steps=5", "backbone.style=full"])
    assert (recipe.seed, recipe.stages[0].steps, recipe.backbone.style) == (3, 5, "full")
    assert recipe.stages[1].steps == load_recipe(TINY).stages[1].steps


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("stages.0.stepz=3", "stages.0.stepz: no such key"),
        ("stages.0.steps=-1", "stages.0.steps"),
        ("stages.0.start=stage9", "no earlier stage"),
        ("stages.1.name=stage1", "two stages"),
        ("stages.0.mixture.0.corpora=[nowhere]", "mixes corpus nowhere"),
        ("precision=fp8", "precision"),
        ("stages.0.optimizer.name=lion", r"optimizer\.name: input should be 'adamw' or 'muon'"),
        ("stages.0.epochs=2", "steps or epochs"),
        ("stages.0.steps=null", "steps or epochs"),
        ("stages.0.micro_batches=3", "split into 3"),
        ("stages.0.adapter.parts=[]", "stages.0.adapter.parts"),
        ("stages.1.by=stack", "stacks full"),
        ("stages.7.steps=1", "does not fit"),
        ("seed", "no '='"),
        ("name=../../x", "name: string should match pattern"),
        ("name=/tmp/x", "name: string should match pattern"),
        ("name=..", "name: string should match pattern"),
        ("name=", "name"),
        ("stages.0.name=../x", "stages.0.name: string should match pattern"),
    ],
)
def test_a_wrong_key_or_value_is_named(override, named):
    with pytest.raises(RmplError, match=named):
        load_recipe(TINY, [override])


def test_a_file_that_is_no_recipe_is_refused(tmp_path):
    with pytest.raises(RmplError, match="no such recipe"):
        load_recipe(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    for text in ("a: [", "just words", ""):
        broken.write_text(text)
        with pytest.raises(RmplError, match=r"broken\.yaml"):
            load_recipe(broken)


def test_a_recipe_is_a_regular_file_of_a_recipe_s_size(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(RmplError, match="not a regular file"):
        load_recipe(tmp_path / "pipe.yaml")
    (tmp_path / "zeros.yaml").symlink_to("/dev/zero")
    with pytest.raises(RmplError, match="not a regular file"):
        load_recipe(tmp_path / "zeros.yaml")
    with (tmp_path / "large.yaml").open("wb") as file:
        file.truncate(2**24 + 1)
    with pytest.raises(RmplError, match="more than 16 MB"):
        load_recipe(tmp_path / "large.yaml")


LORA = ["stages.0.adapter={kind: lora}", "stages.1.adapter={kind: lora}"]


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("stages.1.adapter.rank=8", "describes another"),
        ("stages.1.adapter.kind=dora", "describes another"),
        ("stages.0.optimizer.learning_rates={vision: 0.1}", "learning rate for vision"),
        (
            "stages.1={name: b, start: stage1, by: merge, steps: 1, adapter: {kind: qlora}, "
            "mixture: [{task: relations, corpora: [mnre]}]}",
            "4-bit weights",
        ),
        (
            "stages.1={name: b, start: stage1, by: stack, steps: 1, adapter: {kind: dora}, "
            "mixture: [{task: relations, corpora: [mnre]}]}",
            "stacks dora",
        ),
    ],
)
def test_adapters_that_do_not_go_together_are_named(override, named):
    assert load_recipe(TINY, LORA).stages[1].adapter.rank == 16
    with pytest.raises(RmplError, match=named):
        load_recipe(TINY, [*LORA, override])


def test_epochs_are_steps_over_the_samples_of_all_sources():
    changes = ["stages.0.steps=null", "stages.0.epochs=1.5", "stages.0.batch=16"]
    stage = load_recipe(TINY, changes).stages[0]
    assert stage.steps_over(160) == 15
    assert stage.steps_over(161) == 16
    assert load_recipe(TINY, ["stages.0.steps=7"]).stages[0].steps_over(160) == 7
