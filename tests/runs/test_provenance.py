"""What a run's folder says of where it comes from, and where else its curves go."""

import importlib.util
import json
import shutil
import subprocess

import pytest

from rmpl import __version__
from rmpl.errors import RmplError
from rmpl.runs import provenance
from rmpl.runs.curve import read_curve
from rmpl.training.loop.callbacks.tensorboard import reporters
from rmpl.training.run import Run
from training.small_runs import one_stage, recipe


@pytest.fixture(scope="module")
def trained(twin, small_world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    Run(one_stage(twin), folder, small_world).train()
    return folder


def test_a_run_says_where_it_comes_from(trained, twin, small_world):
    run = json.loads((trained / "run.json").read_text())
    assert run["seed"] == 7
    start = run["starts"][0]
    assert start["versions"]["rmpl"] == __version__
    assert {"torch", "transformers", "peft", "python"} <= start["versions"].keys()
    assert start["machine"]["processes"] == 1
    assert {"documents", "sha256"} == run["data"]["ace"].keys()
    stage = run["stages"]["one"]
    assert (stage["steps"], stage["samples_a_step"]) == (4, 4)
    assert stage["trained_parameters"].keys() == {"language", "projector", "vision"}
    sources = stage["sources"]
    assert sum(source["share"] for source in sources.values()) == pytest.approx(1, abs=1e-4)


def test_the_curve_tells_the_share_of_each_source_so_far(trained):
    points = read_curve(trained / "one" / "curve.jsonl")
    shares = [{n: v for n, v in p.items() if n.startswith("share/")} for p in points]
    assert all(sum(share.values()) == pytest.approx(1, abs=1e-4) for share in shares)
    assert sorted(shares[2].values()) == pytest.approx([1 / 3] * 3, abs=1e-4)


def test_data_is_known_by_what_is_in_it_not_by_where_it_lies(twin, small_world, tmp_path):
    def digests(folder):
        run = Run(recipe(twin), tmp_path, folder)
        for stage in run.recipe.stages:
            run.sources(stage)
        return run.corpora.fingerprints()

    moved = tmp_path / "moved"
    shutil.copytree(small_world, moved)
    assert digests(moved) == digests(small_world)
    path = moved / "ace" / "train.json"
    path.write_text(json.dumps(json.loads(path.read_text())[1:]))
    after = digests(moved)
    assert after["ace"] != digests(small_world)["ace"]
    assert after["swig"] == digests(small_world)["swig"]


def test_a_run_that_goes_on_with_another_version_says_so(twin, trained, small_world, monkeypatch):
    real = provenance.importlib.metadata.version
    monkeypatch.setattr(
        provenance.importlib.metadata, "version", lambda n: "9.9" if n == "peft" else real(n)
    )
    run = Run(one_stage(twin), trained, small_world)
    run.train()
    assert f"resumes with peft 9.9, was started with {real('peft')}" in run.notes
    written = json.loads((trained / "run.json").read_text())
    assert len(written["starts"]) == 2
    assert written["stages"].keys() == {"one"}


def test_the_commit_is_that_of_the_sources(tmp_path):
    def git(*what):
        subprocess.run(["git", "-C", str(tmp_path), *what], check=True, capture_output=True)

    assert provenance.commit(tmp_path) is None
    git("init", "-q")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one")
    head = provenance.commit(tmp_path)
    assert len(head) == 40
    (tmp_path / "file").write_text("2")
    assert provenance.commit(tmp_path) == f"{head} with changes"


has_tensorboard = importlib.util.find_spec("tensorboard") is not None


@pytest.mark.skipif(not has_tensorboard, reason="tensorboard is not installed")
def test_tensorboard_shows_the_curve(trained):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(trained / "one" / "tensorboard"))
    board.Reload()
    names = set(board.Tags()["scalars"])
    assert {"loss", "grad_norm", "seconds_left", "loss/relations(mnre)"} <= names
    assert [event.step for event in board.Scalars("loss")] == [1, 2, 3, 4]


def test_reporters_are_those_that_are_installed(monkeypatch):
    assert reporters([]) == []
    with monkeypatch.context() as patch:
        patch.setattr(importlib.util, "find_spec", lambda _: True)
        assert reporters(None) == ["tensorboard"]
        patch.setattr(importlib.util, "find_spec", lambda _: None)
        assert reporters(None) == []
        with pytest.raises(RmplError, match="tensorboard is not installed"):
            reporters(["tensorboard"])
    with pytest.raises(RmplError, match="report_to: nowhere"):
        reporters(["nowhere"])
