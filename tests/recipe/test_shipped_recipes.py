"""Every recipe that is shipped: valid, launched as its header says, and looked ahead at offline."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("huggingface_hub", reason="needs rmpl[train]")

from rmpl.backbones import checkpoints
from rmpl.backbones.checkpoints import model_type_of
from rmpl.backbones.families import family_of
from rmpl.backbones.known import hub_id, known_checkpoints
from rmpl.cli.main import app
from rmpl.corpora.registry import CORPORA
from rmpl.recipe.recipe import load_recipe
from rmpl.tasks import TASKS

FOLDER = Path(__file__).parents[2] / "recipes"
CPU = {"tiny.yaml", "real_text.yaml"}
SKIPPED = {"embedded_base.yaml", "paper.yaml", *CPU}  # another schema; a base; for CPUs
FOUND = [*FOLDER.glob("*.yaml"), *(FOLDER / "ablations").glob("*.yaml")]
RECIPES = sorted(path for path in FOUND if path.name not in SKIPPED)
ABLATIONS = {"no_stage1", "no_relations", "joint", "stage1_only", "text_only", "images_only"}


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    monkeypatch.setenv("RMPL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(checkpoints, "ask_hub", lambda _: pytest.fail("asked the hub"))
    monkeypatch.setattr(checkpoints.huggingface_hub, "try_to_load_from_cache", lambda *_: None)


def named(path: Path) -> str:
    return str(path.relative_to(FOLDER).with_suffix(""))


def test_every_backbone_and_every_ablation_has_a_recipe():
    of_recipes = {hub_id(load_recipe(path).backbone.model) for path in RECIPES}
    seeing = {
        name
        for name, known in known_checkpoints().items()
        if family_of(known.model_type, name).reads_images
    }
    assert seeing == of_recipes
    assert {path.stem for path in RECIPES if path.parent != FOLDER} == ABLATIONS


@pytest.mark.parametrize("path", RECIPES, ids=named)
def test_a_header_says_how_to_launch_it_on_one_gpu_and_on_eight(path):
    head = path.read_text().splitlines()
    name = f"recipes/{named(path)}.yaml"
    assert f"#   rmpl train {name}" in head
    assert f"#   torchrun --nproc_per_node 8 --no-python rmpl train {name}" in head


@pytest.mark.parametrize("path", RECIPES, ids=named)
def test_a_recipe_is_valid_and_names_what_exists(path):
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.contamination_check is not None
    assert {source.task for stage in recipe.stages for source in stage.mixture} <= set(TASKS)
    family = family_of(model_type_of(recipe.backbone.model), recipe.backbone.model)
    bounds = (recipe.backbone.min_pixels, recipe.backbone.max_pixels)
    assert (family.pixels is not None) == all(bounds)
    # A step is the same 64 samples however many GPUs share it.
    assert {stage.batch * stage.accumulate for stage in recipe.stages} == {64}


@pytest.mark.parametrize("name", sorted(CPU))
def test_a_recipe_for_cpus_names_what_exists_and_how_to_train_it(name):
    recipe = load_recipe(FOLDER / name)
    assert f"{recipe.name}.yaml" == name
    assert re.search(rf"^#   rmpl .*rmpl train recipes/{name}|^#   rmpl train recipes/{name}$",
                     (FOLDER / name).read_text(), re.MULTILINE)  # fmt: skip
    sources = [source for stage in recipe.stages for source in stage.mixture]
    assert {source.task for source in sources} <= set(TASKS)
    assert {corpus.reader for corpus in recipe.corpora.values()} <= set(CORPORA)
    assert {name for source in sources for name in source.corpora} == set(recipe.corpora)


def mixtures(name):
    recipe = load_recipe(FOLDER / f"{name}.yaml")
    return {s.name: {source.task: source.weight for source in s.mixture} for s in recipe.stages}


def test_the_ablations_differ_from_the_whole_in_what_they_say():
    whole = mixtures("qwen2_5_vl_7b")
    first, second = whole["stage1"], whole["stage2"]
    assert mixtures("ablations/no_stage1") == {"stage2": second}
    assert mixtures("ablations/stage1_only") == {"stage1": first}
    without = {task: weight for task, weight in first.items() if task != "relations"}
    assert mixtures("ablations/no_relations") == {"stage1": without, "stage2": second}
    text = mixtures("ablations/text_only")
    assert {task for stage in text.values() for task in stage} == {
        "text-events",
        "text-emi",
        "text-are",
    }
    images = mixtures("ablations/images_only")
    assert {task for stage in images.values() for task in stage} == {
        "image-events",
        "image-emi",
        "image-are",
    }
    joint = mixtures("ablations/joint")["stage1"]
    total = sum(joint.values())
    for stage in (first, second):
        for task, weight in stage.items():
            # Half of the steps are each stage's, and as many steps are taken in all.
            assert joint[task] / total == pytest.approx(weight / sum(stage.values()) / 2)
    recipe = load_recipe(FOLDER / "ablations" / "joint.yaml")
    assert sum(s.steps for s in recipe.stages) == sum(
        s.steps for s in load_recipe(FOLDER / "qwen2_5_vl_7b.yaml").stages
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", RECIPES, ids=named)
def test_a_dry_run_needs_neither_weights_nor_a_network(path, small_world):
    recipe = load_recipe(path)
    words = ["train", path, "--data", small_world, "--dry-run"]
    for change in (
        "corpora.ace.reader=jmee",
        "corpora.mnre.path=mnre",
        f"contamination_check={small_world / 'm2e2'}",
    ):
        words += ["--set", change]
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    known = known_checkpoints()[hub_id(recipe.backbone.model)]
    assert f"{known.parameters:,} parameters" in result.output
    for stage in recipe.stages:
        assert f"{stage.name}: 2,000 steps of 64 samples" in result.output or stage.steps != 2000
        for source in stage.mixture:
            assert source.task in result.output
    assert result.output.count("peak GiB") == len(recipe.stages)
    # The tiny world's pictures are small, so that what must fit into 80 GB does.
    assert "too little memory" not in result.output
    assert "nothing was trained or written" in result.output
    totals = [float(t) for t in re.findall(r"^ 1 GPU +([\d.]+)", result.output, re.MULTILINE)]
    assert all(known.parameters * 2 / 2**30 < total < 80 for total in totals)
