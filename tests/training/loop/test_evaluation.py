"""Evaluation on held-out samples, checkpoint selection and early stopping."""

import msgspec
import pytest
from safetensors.torch import load_file

from rmpl.errors import RmplError
from rmpl.recipe.recipe import Recipe
from rmpl.training.data.training_data import Corpus, TrainingData
from rmpl.training.loop import evaluation as held_out_module
from rmpl.training.loop.evaluation import CheckpointSelection, Evaluation
from rmpl.training.run import Run
from training.small_runs import one_stage, recipe, same, weights


def held(twin, evaluate, *, held_out=0.3, **changes) -> Recipe:
    mixture = [
        {"task": "text-events", "corpora": ["ace"]},
        {"task": "image-events", "corpora": ["swig"]},
    ]
    return one_stage(twin, held_out=held_out, mixture=mixture, evaluate=evaluate, **changes)


def measured(folder):
    lines = (folder / "one" / "held_out.jsonl").read_text().splitlines()
    return [msgspec.json.decode(line, type=Evaluation) for line in lines]


@pytest.fixture
def scripted(monkeypatch):
    """Let measurements come out as wanted, whatever the model has learnt."""

    def script(values):
        def evaluate(self, model, step, *, rank, device):
            return Evaluation(step, 1.0, values[step], {})

        monkeypatch.setattr(held_out_module.Evaluator, "evaluate", evaluate)

    return script


def test_held_out_documents_are_in_no_stage(small_world):
    corpora = {
        "ace": Corpus("jmee", small_world / "ace"),
        "swig": Corpus("swig", small_world / "swig"),
    }
    whole, data = TrainingData(corpora), TrainingData(corpora, held_out=0.3, seed=1)
    for name in corpora:
        ids = {document.id for document in whole.documents(name)}
        out = {document.id for document in data.documents(name) if data._is_held_out(document)}
        assert 0 < len(out) < len(ids) / 2


def test_nothing_learnt_is_measured_and_the_other_way_round(twin, small_world, tmp_path):
    run = Run(held(twin, {"every": 2, "samples": 4}), tmp_path, small_world)
    stage = run.recipe.stages[0]
    learnt = {sample.id for source in run.sources(stage) for sample in source.samples}
    context = run.context()
    for source in stage.mixture:
        samples = run.corpora.samples(source, context, held_out=True)
        assert samples
        assert not learnt & {sample.id for sample in samples}


@pytest.mark.slow
def test_a_stage_is_measured_by_the_tasks_own_score(twin, small_world, tmp_path):
    Run(held(twin, {"every": 2, "samples": 4}), tmp_path / "run", small_world).train()
    found = measured(tmp_path / "run")
    assert [one.step for one in found] == [2, 4]
    for one in found:
        assert 0 < one.loss < 20
        assert 0 <= one.score <= 100
        assert set(one.by_source) == {
            f"{what}/{name}"
            for what in ("loss", "score")
            for name in ("text-events(ace)", "image-events(swig)")
        }


@pytest.mark.slow
def test_measuring_changes_nothing_of_what_is_learnt(twin, small_world, tmp_path):
    adapter = {"rank": 4, "dropout": 0.1, "parts": ["language"]}
    tree = held(twin, {"every": 1, "by": "loss", "samples": 4}, adapter=adapter)
    Run(tree, tmp_path / "measured", small_world).train()
    assert measured(tmp_path / "measured")[-1].loss < measured(tmp_path / "measured")[0].loss
    Run(held(twin, None, adapter=adapter), tmp_path / "not", small_world).train()
    assert same(weights(tmp_path / "measured" / "one"), weights(tmp_path / "not" / "one"))


@pytest.mark.slow
def test_the_best_step_is_kept_not_the_last(twin, small_world, tmp_path, scripted):
    scripted({1: 10.0, 2: 30.0, 3: 20.0, 4: 30.0})
    seen = {}

    def keep(stage, step, *_):
        for path in (tmp_path / "run" / "one").glob("checkpoint-*/adapter_model.safetensors"):
            seen[path.parent.name] = load_file(path)

    Run(held(twin, {"every": 1}), tmp_path / "run", small_world).train(keep)
    kept = weights(tmp_path / "run" / "one")
    assert same(kept, seen["checkpoint-2"])
    assert not same(kept, seen["checkpoint-3"])


@pytest.mark.slow
def test_a_stage_stops_when_nothing_gets_better_and_stays_stopped(
    twin, small_world, tmp_path, scripted, monkeypatch
):
    scripted({1: 10.0, 2: 30.0, 3: 20.0, 4: 25.0})
    tree = held(twin, {"every": 1, "patience": 2}, steps=50)
    with monkeypatch.context() as patch:
        patch.setattr(
            "rmpl.training.stage_run.copy_weights", lambda *_: (_ for _ in ()).throw(KeyError)
        )
        with pytest.raises(KeyError):
            Run(tree, tmp_path / "run", small_world).train()
    assert [one.step for one in measured(tmp_path / "run")] == [1, 2, 3, 4]
    names = {path.name for path in (tmp_path / "run" / "one").glob("checkpoint-*")}
    assert names == {"checkpoint-2", "checkpoint-4"}
    # Killed before its weights were kept, it does not train on.
    Run(tree, tmp_path / "run", small_world).train()
    assert [one.step for one in measured(tmp_path / "run")] == [1, 2, 3, 4]


def test_the_record_forgets_what_a_killed_run_measured(tmp_path):
    path = tmp_path / "held_out.jsonl"
    selection = CheckpointSelection(path, by="loss", patience=1)
    for step, loss in ((2, 3.0), (4, 1.0), (6, 2.0)):
        selection.add(Evaluation(step, loss, None, {}), writes=True)
    assert (selection.best, selection.is_over) == (4, True)
    with path.open("a") as file:
        file.write('{"step": 8, "lo')
    again = CheckpointSelection(path, by="loss", patience=1)
    again.resume(2, writes=True)
    assert (again.best, again.is_over) == (2, False)
    assert path.read_text().count("\n") == 1


def test_measuring_needs_something_held_out(twin, small_world, tmp_path):
    with pytest.raises(ValueError, match="to be evaluated, but held_out is 0"):
        held(twin, {"every": 1}, held_out=0.0)
    tiny = held(twin, {"every": 1}, held_out=1e-9)
    with pytest.raises(RmplError, match="no sample is held out"):
        Run(tiny, tmp_path / "run", small_world).train()


def test_the_benchmark_is_never_measured_on(twin, small_world, tmp_path):
    tree = recipe(twin, held_out=0.5).model_dump(mode="json")
    tree["corpora"]["ace"] = {"reader": "m2e2", "path": "m2e2"}
    with pytest.raises(RmplError, match="evaluation only"):
        Run(Recipe.model_validate(tree), tmp_path / "run", small_world).train()
