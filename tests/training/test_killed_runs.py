"""Real processes, really killed: the run goes on to the same weights, bit for bit."""

import json
import multiprocessing
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest
import transformers
import yaml
from safetensors.torch import load_file

from rmpl.errors import RmplError
from rmpl.io.files import write_file
from rmpl.runs.checkpoints import last_checkpoint
from rmpl.training.loop import trainer as trainer_module
from rmpl.training.run import Run
from shared import built_once
from training.small_runs import killed_run, one_stage, same, weights

STEPS = 6

MOMENTS = {
    "before anything is saved": ("transformers.trainer:Trainer.training_step", 1, False),
    "in a step after a checkpoint": ("transformers.trainer:Trainer.training_step", 4, True),
    "with the weights of a checkpoint written": (
        "transformers.trainer:Trainer._save_optimizer_and_scheduler",
        2,
        False,
    ),
    "with its optimizer written": ("transformers.trainer:Trainer._save_rng_state", 2, False),
    "with all its files written": ("rmpl.training.loop.trainer:seal", 2, False),
    "with its name given and the older one there": ("rmpl.training.loop.trainer:seal", 2, True),
    "in the last checkpoint": ("rmpl.training.loop.trainer:seal", 3, False),
    "with the stage's weights written": ("rmpl.training.stage_run:flush", 1, False),
    "with the stage finished and its checkpoints there": (
        "rmpl.training.stage_run:StageRun._clear",
        1,
        False,
    ),
}


@pytest.fixture(scope="module")
def tree(twin):
    adapter = {"rank": 4, "alpha": 8, "dropout": 0.1, "parts": ["language", "vision"]}
    return one_stage(twin, steps=STEPS, save_every=2, adapter=adapter)


@pytest.fixture(scope="module")
def whole(tree, small_world, tmp_path_factory):
    """The same run, never stopped."""
    return built_once(
        tmp_path_factory, "whole_run", lambda folder: Run(tree, folder, small_world).train()
    )


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    # The server does not have pytest's path: what it finds on its own is what takes long.
    context.set_forkserver_preload(["rmpl.training.run"])
    return context


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_at_any_moment_goes_on_to_the_same_weights(
    moment, processes, tree, small_world, whole, tmp_path
):
    folder = tmp_path / "run"
    process = processes.Process(
        target=killed_run, args=(tree, folder, small_world, *MOMENTS[moment])
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    Run(tree, folder, small_world).train()
    assert same(weights(folder / "one"), weights(whole / "one"))
    assert (folder / "one" / "curve.jsonl").read_text() == (
        whole / "one" / "curve.jsonl"
    ).read_text()
    assert not list((folder / "one").glob("checkpoint-*"))
    assert not (folder / "one" / "unfinished").exists()


@pytest.mark.slow
def test_ctrl_c_saves_the_step_and_the_run_goes_on_to_the_same_weights(
    tree, small_world, whole, tmp_path, capsys
):
    folder = tmp_path / "run"
    saved_every = 2

    def stop(stage, step, *_):
        if step == saved_every:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            Run(tree, folder, small_world).train(stop)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert "stopping after this step, which is saved" in capsys.readouterr().err
    assert [one.name for one in (folder / "one").glob("checkpoint-*")] == ["checkpoint-3"]
    Run(tree, folder, small_world).train()
    assert same(weights(folder / "one"), weights(whole / "one"))


@pytest.mark.slow
def test_the_command_killed_from_outside_goes_on_to_the_same_weights(
    tree, small_world, whole, tmp_path
):
    written, folder = tmp_path / "recipe.yaml", tmp_path / "run"
    written.write_text(yaml.safe_dump(tree.model_dump(mode="json")))
    command = [sys.executable, "-m", "rmpl.cli.main", "train", str(written), "--out", str(folder)]
    command += ["--data", str(small_world)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(folder.glob("one/checkpoint-*")):
            time.sleep(0.01)
        process.kill()
    assert not (folder / "one" / "trained.json").exists()
    subprocess.run(command, check=True, capture_output=True)
    assert same(weights(folder / "one"), weights(whole / "one"))


@pytest.mark.slow
def test_a_whole_model_trained_by_muon_and_measured_goes_on_to_the_same_weights(
    processes, twin, small_world, tmp_path, caplog
):
    """As the shipped recipe of the embedded model: a frozen tower's features are kept, too."""
    tree = one_stage(
        twin,
        held_out=0.3,
        steps=STEPS,
        save_every=2,
        by_length=True,
        adapter={"kind": "full", "parts": ["language"]},
        optimizer={"name": "muon", "learning_rate": 0.002, "warmup": 2, "weight_decay": 0.1},
        evaluate={"every": 3, "by": "loss", "samples": 4},
    )
    Run(tree, tmp_path / "whole", small_world).train()
    place = ("transformers.trainer:Trainer.training_step", 5, True)
    process = processes.Process(
        target=killed_run, args=(tree, tmp_path / "killed", small_world, *place)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert (tmp_path / "killed" / "one" / "checkpoint-4").is_dir()
    transformers.utils.logging.enable_propagation()
    Run(tree, tmp_path / "killed", small_world).train()
    transformers.utils.logging.disable_propagation()
    assert "missing keys" not in caplog.text  # the output layer is tied to the embeddings
    models = [tmp_path / name / "one" / "model" for name in ("whole", "killed")]
    assert same(*(load_file(model / "model.safetensors") for model in models))
    for name in ("curve.jsonl", "held_out.jsonl"):
        one, other = ((model.parent / name).read_text() for model in models)
        assert one == other


@pytest.fixture
def stopped(tree, small_world, tmp_path, monkeypatch):
    """A run stopped after its second checkpoint, with both of them still there."""

    class StoppedError(Exception):
        pass

    folder = tmp_path / "stopped"
    kept = tmp_path / "kept"

    def stop(stage, step, *_):
        if step == 3:
            shutil.copytree(folder / "one" / "checkpoint-2", kept)
        if step == 5:
            raise StoppedError

    with pytest.raises(StoppedError):
        Run(tree, folder, small_world).train(stop)
    kept.rename(folder / "one" / "checkpoint-2")
    return folder


@pytest.mark.slow
def test_a_torn_checkpoint_is_ignored_and_named(stopped, tree, small_world, whole):
    torn = stopped / "one" / "checkpoint-4" / "optimizer.pt"
    torn.write_bytes(torn.read_bytes()[:100])
    assert last_checkpoint(stopped / "one").name == "checkpoint-2"
    run = Run(tree, stopped, small_world)
    run.train()
    assert "checkpoint-4: ignored, optimizer.pt: 100 bytes instead of" in " ".join(run.notes)
    assert same(weights(stopped / "one"), weights(whole / "one"))


@pytest.mark.slow
def test_a_full_disk_stops_the_run_with_the_last_checkpoint_whole(
    tree, small_world, whole, tmp_path
):
    folder = tmp_path / "run"
    big = 0

    def fill_the_disk(stage, step, *_):
        nonlocal big
        if step == 3:
            sizes = [p.stat().st_size for p in (folder / "one" / "checkpoint-2").iterdir()]
            big = max(sizes)
            resource.setrlimit(resource.RLIMIT_FSIZE, (big // 2, unlimited[1]))

    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(RmplError, match=r"disk is full.*checkpoint-2 is whole"):
            Run(tree, folder, small_world).train(fill_the_disk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert last_checkpoint(folder / "one").name == "checkpoint-2"
    assert not (folder / "one" / "unfinished").exists()
    Run(tree, folder, small_world).train()
    assert same(weights(folder / "one"), weights(whole / "one"))


@pytest.mark.slow
def test_no_room_for_the_finished_weights_leaves_the_last_checkpoint(
    tree, small_world, whole, tmp_path, monkeypatch
):
    folder = tmp_path / "run"

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("rmpl.training.stage_run.flush", full)
        with pytest.raises(RmplError, match="disk is full"):
            Run(tree, folder, small_world).train()
    assert last_checkpoint(folder / "one").name == f"checkpoint-{STEPS}"
    Run(tree, folder, small_world).train()
    assert same(weights(folder / "one"), weights(whole / "one"))


def test_other_errors_of_writing_are_not_taken_for_a_full_disk(tmp_path):
    with (
        pytest.raises(PermissionError),
        trainer_module.writing(tmp_path, "kept"),
    ):
        raise PermissionError(13, "Permission denied")


def test_a_file_is_there_in_full_or_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    write_file(path, json.dumps({"old": 1}))
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: pytest.fail("killed here"))
    with pytest.raises(pytest.fail.Exception):
        write_file(path, json.dumps({"new": 2}))
    assert json.loads(path.read_text()) == {"old": 1}
