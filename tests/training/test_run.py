"""Runs on a very small model with random weights: what is kept, resumed, refused and repeated."""

import json
import shutil
import threading

import msgspec
import pytest

from rmpl.backbones import image_cache
from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.ontology import Ontology, load_ontology
from rmpl.recipe.recipe import BackboneRecipe, Recipe, load_recipe
from rmpl.runs import initialisation
from rmpl.runs.curve import read_curve
from rmpl.tasks.trigger_words import TriggerWords
from rmpl.training import stage_run
from rmpl.training.data import samples as samples_module
from rmpl.training.data import training_data
from rmpl.training.loop import stage as stage_module
from rmpl.training.run import Run, load_trained, read_trained
from training.small_runs import ADAPTER, one_stage, recipe, same, weights


@pytest.fixture(scope="module")
def trained(twin, small_world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "trained"
    Run(recipe(twin), folder, small_world).train()
    return folder


def test_a_run_leaves_weights_curves_and_the_recipe(trained):
    assert Recipe.model_validate(load_recipe(trained / "recipe.yaml").model_dump())
    for stage in ("one", "two"):
        assert (trained / stage / "curve.jsonl").read_text().count("\n") == 4
        assert not list((trained / stage).glob("checkpoint-*"))
    assert not same(weights(trained / "one"), weights(trained / "two"))
    assert load_trained(trained).settings.box_step == 20


def test_a_finished_stage_is_not_trained_again(trained, twin, small_world, monkeypatch):
    monkeypatch.setattr(stage_run, "train_stage", lambda *_, **__: pytest.fail("trained again"))
    Run(recipe(twin), trained, small_world).train()


def test_another_recipe_or_seed_does_not_overwrite_a_stage(trained, twin, small_world):
    with pytest.raises(RmplError, match=r"another recipe.*seed is 8, was"):
        Run(recipe(twin, seed=8), trained, small_world).train()


def test_one_training_at_a_time_writes_into_a_folder(trained, twin, small_world):
    refused = []

    def second():
        try:
            Run(recipe(twin), trained, small_world).train()
        except RmplError as error:
            refused.append(str(error))

    def report(*_):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    before = sorted(trained.rglob("*"))
    Run(recipe(twin), trained, small_world).train(report)
    assert len(refused) == 2  # at each stage
    assert all("is being written by another process" in said for said in refused)
    assert sorted(trained.rglob("*")) == before


def test_an_adapter_outside_of_its_stage_is_refused(trained, tmp_path):
    (tmp_path / "trained.json").write_bytes((trained / "one" / "trained.json").read_bytes())
    record = json.loads((tmp_path / "trained.json").read_text())
    del record["sha256"]
    for name in ("../x", "/x", "..", "", "a/b", "a\n"):
        (tmp_path / "trained.json").write_text(json.dumps({**record, "adapters": [name]}))
        with pytest.raises(RmplError, match="not named like a folder beside this file"):
            read_trained(tmp_path)


def test_a_run_that_was_killed_goes_on_to_the_same_weights(
    trained, twin, small_world, tmp_path, monkeypatch
):
    class KilledError(Exception):
        pass

    def stop_after_the_first_checkpoint(stage, step, *_):
        if stage == "two" and step == 3:
            raise KilledError

    folder = tmp_path / "killed"
    with pytest.raises(KilledError):
        Run(recipe(twin), folder, small_world).train(stop_after_the_first_checkpoint)
    assert (folder / "two" / "checkpoint-2").is_dir()
    assert not (folder / "two" / "trained.json").exists()
    Run(recipe(twin), folder, small_world).train()
    assert same(weights(folder / "two"), weights(trained / "two"))
    assert (folder / "two" / "curve.jsonl").read_text() == (
        trained / "two" / "curve.jsonl"
    ).read_text()


def test_training_everything_saves_a_model_that_the_next_stage_finds(twin, small_world, tmp_path):
    tree = recipe(twin).model_dump(mode="json")
    tree["stages"][0]["adapter"] = {**ADAPTER, "kind": "full"}
    folder = tmp_path / "full"
    Run(Recipe.model_validate(tree), folder, small_world).train()
    assert (folder / "one" / "model" / "model.safetensors").is_file()
    assert read_trained(folder / "two").base == "../one/model"
    assert load_trained(folder).model is not None


def test_the_evaluation_corpus_is_refused(twin, small_world, tmp_path):
    tree = recipe(twin).model_dump(mode="json")
    tree["corpora"]["ace"] = {"reader": "m2e2", "path": "m2e2"}
    with pytest.raises(RmplError, match="evaluation only"):
        Run(Recipe.model_validate(tree), tmp_path / "leak", small_world).train()


def test_data_that_is_not_there_is_named_before_anything_is_written(twin, small_world, tmp_path):
    tree = recipe(twin).model_dump(mode="json")
    tree["corpora"]["swig"]["path"] = "nowhere"
    with pytest.raises(RmplError, match=r"corpus swig: .*nowhere: no such file"):
        Run(Recipe.model_validate(tree), tmp_path / "run", small_world).train()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, r"stage two: source text-emi\(ace\) has no samples"),
        ({"evaluate": {"every": 1}}, "stage two is to be evaluated, but no sample is held out"),
    ],
)
def test_a_later_stage_without_data_stops_before_the_first_one(
    changes, said, twin, small_world, tmp_path
):
    tree = recipe(twin, held_out=1e-9 if changes else 0).model_dump(mode="json")
    tree["stages"][1] |= changes
    if not changes:
        tree["stages"][1]["mixture"][0]["keep"] = 1e-9
    run = Run(Recipe.model_validate(tree), tmp_path / "run", small_world)
    with pytest.raises(RmplError, match=said):
        run.train()
    assert not (tmp_path / "run").exists()


def test_documents_that_overlap_with_the_benchmark_are_left_out_and_reported(
    twin, small_world, tmp_path
):
    sentences = json.loads((small_world / "m2e2" / "text_only_event.json").read_text())
    leaked = json.loads((small_world / "ace" / "train.json").read_text())
    sentence = max(sentences, key=lambda one: len(one["words"]))
    keys = leaked[0].keys() & sentence.keys()
    world = tmp_path / "world"
    shutil.copytree(small_world, world)
    mixed = [*leaked, {**leaked[0], **{key: sentence[key] for key in keys}}]
    (world / "ace" / "train.json").write_text(json.dumps(mixed))
    checked = Run(
        recipe(twin, contamination_check=str(small_world / "m2e2")), tmp_path / "checked", world
    )
    assert len(checked.corpora.documents("ace")) == len(leaked)
    assert "overlap with the test data" in " ".join(checked.readings["ace"].lines())


def test_a_folder_without_a_finished_stage_is_refused(tmp_path):
    with pytest.raises(RmplError, match="no finished stage"):
        load_trained(tmp_path)


def plainly(mixture, index):
    sample = mixture._mixture[index]
    return mixture._backbone.encode(sample.prompt, sample.target)


def test_a_frozen_tower_sees_each_picture_once_and_learns_the_same(
    twin, small_world, tmp_path, monkeypatch
):
    tree = recipe(twin).model_dump(mode="json")
    adapter = {"kind": "full", "parts": ["language"]}
    tree["stages"] = [{**tree["stages"][0], "steps": 6, "adapter": adapter}]
    seen = []
    made = image_cache.image_features
    monkeypatch.setattr(image_cache, "image_features", lambda *a: seen.append(1) or made(*a))
    Run(Recipe.model_validate(tree), tmp_path / "once", small_world).train()
    pictures = sum(1 for folder in ("swig", "mnre") for _ in (small_world / folder).rglob("*.jpg"))
    assert 0 < len(seen) <= pictures
    monkeypatch.setattr(samples_module.EncodedMixture, "_encode", plainly)
    Run(Recipe.model_validate(tree), tmp_path / "always", small_world).train()
    one, other = (
        [point["loss"] for point in read_curve(tmp_path / name / "one" / "curve.jsonl")]
        for name in ("once", "always")
    )
    assert one == pytest.approx(other, abs=1e-3)


def test_a_batch_in_two_passes_teaches_the_same(trained, twin, small_world, tmp_path):
    tree = one_stage(twin, micro_batches=2)
    Run(tree, tmp_path / "split", small_world).train()
    one, other = (
        [point["loss"] for point in read_curve(folder / "one" / "curve.jsonl")]
        for folder in (trained, tmp_path / "split")
    )
    assert one == pytest.approx(other, abs=1.1e-5)


def test_the_curve_tells_the_loss_of_each_source(trained):
    points = read_curve(trained / "one" / "curve.jsonl")
    told = {name for point in points for name in point if name.startswith("loss/")}
    assert told == {"loss/text-events(ace)", "loss/image-events(swig)", "loss/relations(mnre)"}
    # One step, one batch, one source: its loss is the step's.
    assert all(point["loss"] in point.values() for point in points)
    assert all(sum(n.startswith("loss/") for n in point) == 1 for point in points)


def test_how_often_to_save_may_change_when_a_stage_goes_on(trained, twin, small_world, monkeypatch):
    monkeypatch.setattr(stage_run, "train_stage", lambda *_, **__: pytest.fail("trained again"))
    tree = recipe(twin).model_dump(mode="json")
    tree["stages"][0] |= {"save_every": 1, "micro_batches": 4}
    Run(Recipe.model_validate(tree), trained, small_world).train()


def test_batches_by_length_learn_the_same_from_any_number_of_passes(twin, small_world, tmp_path):
    losses = {}
    for name, changes in {"whole": {}, "halves": {"micro_batches": 2}}.items():
        tree = one_stage(twin, by_length=True, steps=6, **changes)
        Run(tree, tmp_path / name, small_world).train()
        curve = read_curve(tmp_path / name / "one" / "curve.jsonl")
        losses[name] = [point["loss"] for point in curve]
    assert losses["whole"] == pytest.approx(losses["halves"], abs=1.1e-5)


def test_the_recipes_own_parts_reach_what_is_built_of_them(
    twin, small_world, tmp_path, monkeypatch
):
    """A new key of an adapter, an optimizer or a stage is one edit: nothing copies them."""
    seen = {}

    def noted(module, name):
        real = getattr(module, name)

        def call(*args, **kwargs):
            seen[name] = [*args, *kwargs.values()]
            return real(*args, **kwargs)

        monkeypatch.setattr(module, name, call)

    noted(initialisation, "adapter_config")
    noted(stage_module, "make_optimizer")
    noted(stage_run, "Schedule")
    noted(training_data, "TrainingData")
    tree = one_stage(twin, steps=1)
    Run(tree, tmp_path / "run", small_world).train()
    (stage,) = tree.stages
    wanted = {
        "adapter_config": stage.adapter,
        "make_optimizer": stage.optimizer,
        "Schedule": stage,
        "TrainingData": tree.corpora,
    }
    for name, part in wanted.items():
        assert any(one is part for one in seen[name]), name


def test_settings_are_keys_of_the_recipes_backbone_with_the_same_defaults():
    defaults = msgspec.structs.asdict(Settings())
    recipe = BackboneRecipe().model_dump(include=set(defaults))
    # What neither writes where it is not used; trigger words are learnt from the data.
    assert defaults == {**recipe, "captions": msgspec.UNSET, "trigger_words": msgspec.UNSET}
    loading = {"model", "weights", "attention"}
    assert set(BackboneRecipe.model_fields) - loading == set(defaults) - {"trigger_words"}


def test_a_run_keeps_the_triggers_that_it_was_trained_to_classify(twin, small_world, tmp_path):
    mixture = [{"task": "text-trigger", "corpora": ["ace"]}]
    recipe = one_stage(twin, held_out=0.3, mixture=mixture, steps=2)
    run = Run(recipe, tmp_path / "run", small_world)
    run.train()
    words = read_trained(tmp_path / "run" / "one").settings.trigger_words
    documents = run.corpora.trained_documents("ace")
    assert words == TriggerWords.of(documents, load_ontology().events).by_type
    assert words.keys() == load_ontology().events.keys()
    backbone = load_trained(tmp_path / "run")
    assert backbone.context(load_ontology()).trigger_words.by_type == words
    other = Ontology("other", {"Weather:Storm": next(iter(load_ontology().events.values()))})
    assert backbone.context(other).trigger_words is None


def test_readers_keep_the_types_of_the_recipes_own_schema(twin, small_world, tmp_path):
    schema = tmp_path / "attacks.yaml"
    schema.write_text(
        "name: attacks\nevents:\n"
        '  "Conflict:Attack": {description: violence, text: [Target], image: [Target]}\n'
    )
    data = Run(one_stage(twin), tmp_path, small_world).corpora
    own = Recipe.model_validate({**one_stage(twin).model_dump(), "ontology": str(schema)})
    narrow = Run(own, tmp_path, small_world).corpora
    for name, medium in (("ace", "text_events"), ("swig", "image_events")):
        whole = [e for d in data.documents(name) for e in getattr(d, medium)]
        found = [e for d in narrow.documents(name) for e in getattr(d, medium)]
        attacks = [e for e in whole if e.event_type == "Conflict:Attack"]
        kept = [e for e in found if not e.event_type.startswith("situation:")]
        assert len(whole) > len(attacks) == len(kept) > 0
        assert {e.event_type for e in kept} == {"Conflict:Attack"}
        assert {a.role for e in kept for a in e.arguments} == {"Target"}
