"""A run is found, with its model and schema, from any working folder and after it was pushed."""

import shutil
from importlib import resources

import pytest
import yaml

from digests import without_digests
from rmpl.errors import RmplError
from rmpl.extraction.extractor import Extractor
from rmpl.recipe.recipe import Recipe, load_recipe
from rmpl.runs import trained as trained_module
from rmpl.runs.export import export
from rmpl.runs.hub import pack
from rmpl.runs.trained import load_trained, ontology_of
from rmpl.training.run import Run
from training.small_runs import one_stage

TEXT = {"task": "text-events", "corpora": ["ace"]}


@pytest.fixture(scope="module")
def place(twin, small_world, tmp_path_factory):
    """A working folder with a run whose recipe names its model and schema relatively."""
    folder = tmp_path_factory.mktemp("place")
    shutil.copytree(twin, folder / "models" / "twin")
    packaged = (resources.files("rmpl.ontology") / "m2e2.yaml").read_text()
    (folder / "my.yaml").write_text(packaged.replace("name: m2e2", "name: mine"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        tree = one_stage("models/twin", steps=1, mixture=[TEXT]).model_dump(mode="json")
        recipe = Recipe.model_validate({**tree, "ontology": "my.yaml"})
        Run(recipe, folder / "run", small_world).train()
    return folder


@pytest.fixture
def elsewhere(place, tmp_path, monkeypatch):
    """A copy of the place's run, its schema gone, and another working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trained_module, "ask_hub", lambda *_: pytest.fail("the hub is asked"))
    return shutil.copytree(place / "run", tmp_path / "run")


def test_a_run_loads_from_any_folder_with_its_own_schema(elsewhere, place):
    assert load_trained(elsewhere).settings.box_step == 20
    assert ontology_of(elsewhere).name == ontology_of(elsewhere / "one").name == "mine"
    written = load_recipe(elsewhere / "recipe.yaml")
    assert written.backbone.model == str(place / "models" / "twin")
    assert written.ontology == str(place / "my.yaml")


def test_it_extracts_its_own_types_from_any_working_folder(
    elsewhere, place, tmp_path, brief_answers
):
    """As a copy, named relatively, and as others get it: exported, its base beside it."""
    pytest.importorskip("nupunkt")
    export(elsewhere, tmp_path / "hub" / "run")
    shutil.copytree(place / "models" / "twin", tmp_path / "hub" / "twin")
    record = tmp_path / "hub" / "run" / "one" / "trained.json"
    assert str(place) in record.read_text()  # on this machine its base is the place's own
    pushed = next(one for one in pack(elsewhere).uploads if one.name == "one/trained.json")
    record.write_bytes(pushed.source)
    assert str(place) not in record.read_text()
    found = []
    for run in (elsewhere, "run", elsewhere / "one", tmp_path / "hub" / "run"):
        extractor = Extractor.from_pretrained(run)
        assert extractor.about["schema"].name == "mine"
        found.append(extractor.extract("Police arrested Ana in Lima.").to_json())
    assert len(set(found)) == 1


def test_its_schema_is_pushed_and_exported_with_it(elsewhere, place, tmp_path):
    (upload,) = [one for one in pack(elsewhere).uploads if one.name == "schema.yaml"]
    assert upload.source == (place / "my.yaml").read_bytes()
    export(elsewhere, tmp_path / "out")
    assert ontology_of(tmp_path / "out").name == "mine"
    public = (tmp_path / "out" / "recipe.yaml").read_text()
    assert yaml.safe_load(public)["ontology"] == "schema.yaml"
    assert str(place) not in public


def test_a_run_without_the_copy_uses_the_schema_that_its_recipe_names(elsewhere, place):
    (elsewhere / "schema.yaml").unlink()
    assert ontology_of(elsewhere).name == "mine"
    assert "schema.yaml" in {one.name for one in pack(elsewhere).uploads}
    tree = load_recipe(without_digests(elsewhere) / "recipe.yaml").model_dump(mode="json")
    (elsewhere / "recipe.yaml").write_text(yaml.safe_dump({**tree, "ontology": "gone.yaml"}))
    with pytest.raises(RmplError, match=r"gone\.yaml"):
        ontology_of(elsewhere)
    assert "the schema gone.yaml is not in the run: others need it, too" in pack(elsewhere).notes


@pytest.mark.parametrize("is_copied", [True, False])
def test_a_schema_that_is_not_the_one_trained_by_is_refused(elsewhere, place, is_copied):
    schema = elsewhere / "schema.yaml" if is_copied else place / "my.yaml"
    was = schema.read_text()
    try:
        schema.write_text(was.replace("Arrest", "Detain"))
        if not is_copied:
            (elsewhere / "schema.yaml").unlink()
        with pytest.raises(RmplError, match=f"{schema.name}: not the schema that was trained by"):
            ontology_of(elsewhere)
        assert ontology_of(without_digests(elsewhere)).name == "mine"
    finally:
        schema.write_text(was)


def test_it_goes_on_from_its_own_recipe_and_after_a_relative_path(place, small_world, monkeypatch):
    Run(load_recipe(place / "run" / "recipe.yaml"), place / "run", small_world).train()
    monkeypatch.chdir(place)
    started = place / "run" / "one" / "started.txt"
    new = started.read_text()
    run = Run(one_stage("models/twin", steps=1, mixture=[TEXT]), place / "run", small_world)
    stage, backbone = run.recipe.stages[0], one_stage("models/twin").backbone
    started.write_text(run._fingerprint(stage, "base", run.sources(stage), backbone))
    assert started.read_text() != new
    run.train()  # as an earlier version has started it


def test_a_relative_base_of_earlier_versions_is_looked_for_above_the_run(place, monkeypatch):
    monkeypatch.chdir("/")
    old = shutil.copytree(place / "run", place / "old")
    path = without_digests(old) / "one" / "trained.json"
    path.write_text(path.read_text().replace(str(place / "models" / "twin"), "models/twin"))
    assert load_trained(old).settings.box_step == 20
