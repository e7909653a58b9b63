"""Adapters on a bare base: settings, schema and calibration are those beside them, or refused."""

import json
import shutil

import msgspec
import pytest
import yaml

from digests import without_digests
from rmpl.backbones.backbone import family_context, load_backbone
from rmpl.backbones.families import family_of
from rmpl.backbones.settings import SETTINGS, Settings, read_settings, write_settings
from rmpl.errors import RmplError
from rmpl.extraction.about import about_pretrained
from rmpl.extraction.extractor import Extractor
from rmpl.ontology import load_ontology
from rmpl.recipe.recipe import BackboneRecipe
from rmpl.runs.adapters import new_lora
from rmpl.runs.conventions import recipe_settings
from rmpl.runs.folder import RunFolder, StageFolder, Trained
from rmpl.runs.trained import conventions_of, load_any
from training.small_runs import recipe

TRAINED = Settings("full", "x", 10, 2048, 4096, "both")
CALIBRATION = {"format": "rmpl-calibration/1", "scales": {}, "threshold": 0.5}


@pytest.fixture(scope="module")
def bare(twin, tmp_path_factory):
    """A checkpoint without settings of its own, and an adapter for it."""
    folder = tmp_path_factory.mktemp("bare") / "model"
    shutil.copytree(twin, folder)
    (folder / SETTINGS).unlink()
    learnt = load_backbone(str(folder))
    learnt.model = new_lora(learnt.model, learnt.family, ["language"], rank=2, alpha=4)
    learnt.model.save_pretrained(folder.parent / "adapter")
    return folder


@pytest.fixture
def run(bare, tmp_path):
    return made_run(bare, tmp_path / "run", TRAINED)


def made_run(bare, folder, settings, adapters=("adapter",)):
    """Write a run of two stages with adapters, as training leaves it."""
    place = RunFolder(folder)
    folder.mkdir()
    schema = {"name": "mine", "events": {"Arrest": {"description": "", "text": ["Person"]}}}
    schema["events"]["Arrest"]["image"] = ["Person"]
    place.schema.write_text(yaml.safe_dump(schema))
    tree = recipe(bare, ontology="gone.yaml").model_dump(mode="json")
    place.recipe.write_text(yaml.safe_dump(tree))
    for stage in ("one", "two"):
        for name in adapters:
            shutil.copytree(bare.parent / "adapter", folder / stage / name)
        trained = Trained(str(bare), list(adapters), settings, "f")
        StageFolder(folder / stage).write_trained(trained)
    return folder


def test_an_adapter_brings_the_settings_and_the_schema_of_its_run(run, bare):
    adapter = run / "two" / "adapter"
    backbone, folder = load_any(str(bare), [adapter])
    assert (backbone.settings, folder) == (TRAINED, run)
    alone, _ = load_any(str(run))
    assert backbone.settings == alone.settings
    extractor = Extractor.from_pretrained(bare, adapters=[adapter])
    about = about_pretrained(bare, adapters=[adapter], schema=None, constrained=True)
    assert extractor.about == about
    assert about["schema"].name == "mine"


def test_the_calibration_is_that_of_the_whole_run(run, bare):
    for stage, has in (("one", False), ("two", True)):
        found = conventions_of(str(bare), [run / stage / "adapter"])
        assert (found.folder == run) is has
        assert found.settings == TRAINED


def test_an_adapter_alone_is_refused_unless_the_model_has_settings(bare, twin):
    alone = bare.parent / "adapter"
    with pytest.raises(RmplError, match="adapter: no settings beside this adapter"):
        load_any(str(bare), [alone])
    assert conventions_of(str(twin), [alone]).settings.box_step == 20


@pytest.mark.parametrize(("key", "value"), [("style", "brief"), ("max_pixels", 8192), ("pad", "")])
def test_adapters_of_different_settings_are_refused(run, bare, tmp_path, key, value):
    settings = msgspec.structs.replace(TRAINED, **{key: value})
    other = made_run(bare, tmp_path / "other", settings)
    adapters = [run / "two" / "adapter", other / "two" / "adapter"]
    with pytest.raises(RmplError, match=f"run/two/adapter was trained with {key} .* and .*other"):
        conventions_of(str(bare), adapters)
    with pytest.raises(RmplError, match=f"run was trained with {key}"):
        conventions_of(str(run), adapters[1:])


def test_adapters_of_different_schemas_are_refused(run, bare, tmp_path):
    other = made_run(bare, tmp_path / "other", TRAINED)
    adapters = [run / "two" / "adapter", other / "two" / "adapter"]
    assert conventions_of(str(bare), adapters).folder == other / "two"  # calibrated together never
    text = (other / "schema.yaml").read_text()
    (other / "schema.yaml").write_text(text.replace("Arrest", "Detain"))
    with pytest.raises(RmplError, match="were trained on different schemas"):
        conventions_of(str(bare), adapters)


def test_an_adapter_without_those_below_it_is_refused(bare, tmp_path):
    run = made_run(bare, tmp_path / "run", TRAINED, ("adapter-0", "adapter"))
    top, lower = run / "two" / "adapter", run / "two" / "adapter-0"
    with pytest.raises(RmplError, match="trained on top of adapter-0 beside it; give those first"):
        conventions_of(str(bare), [top])
    assert conventions_of(str(bare), [lower, top]).settings == TRAINED


def test_an_adapter_of_weights_that_its_run_trained_is_refused_on_others(run, bare):
    shutil.copytree(bare, run / "one" / "model")
    path = without_digests(run) / "two" / "trained.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "base": "../one/model"}))
    with pytest.raises(RmplError, match=r"was trained on .*run/one/model, not on"):
        conventions_of(str(bare), [run / "two" / "adapter"])
    found = conventions_of(str(run / "one" / "model"), [run / "two" / "adapter"])
    assert found.settings == TRAINED


def test_an_adapter_of_an_unfinished_stage_has_the_recipes_settings(run, bare):
    (run / "two" / "trained.json").unlink()
    found = conventions_of(str(bare), [run / "two" / "adapter"])
    assert (found.settings.style, found.settings.box_step) == ("brief", 20)


def test_captions_in_prompts_are_saved_with_a_model_and_only_where_they_are_used(tmp_path):
    plain = recipe_settings(BackboneRecipe())
    write_settings(plain, tmp_path)
    assert "captions" not in (tmp_path / SETTINGS).read_text()
    assert read_settings(tmp_path) == plain
    wanted = recipe_settings(BackboneRecipe(captions=True))
    write_settings(wanted, tmp_path)
    assert read_settings(tmp_path) == wanted
    family = family_of("llava", "llava")
    schema = load_ontology()
    assert family_context(family, wanted, schema).captions is True
    assert family_context(family, plain, schema).captions is False
