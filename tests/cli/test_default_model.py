"""Which model a command uses without --model, and what it says of it."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rmpl.cli.default_model import DEMO, default_model, default_models
from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.runs import shipped


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Stand in for a machine with or without the base model and the demo's run."""
    monkeypatch.chdir(tmp_path)

    def make(*, base: bool, demo: bool):
        monkeypatch.setattr(shipped, "is_ready", lambda: base)
        if demo:
            (tmp_path / DEMO).mkdir(parents=True)

    return make


def test_the_packages_own_run_is_preferred(machine, capsys):
    machine(base=True, demo=True)
    assert default_model() == "real-text"
    assert capsys.readouterr().err == "no --model: using real-text, which reads text only\n"
    assert default_models() == ["real-text", str(DEMO)]
    assert "synthetic corpus" in capsys.readouterr().err


def test_without_its_base_the_way_to_it_is_said_and_the_demo_is_used(machine, capsys):
    machine(base=False, demo=True)
    assert default_model() == str(DEMO)
    said = capsys.readouterr().err
    assert "rmpl models get smollm2-135m" in said
    assert "its output on real text and photographs is useless" in said


def test_with_neither_it_is_one_line(machine):
    machine(base=False, demo=False)
    for choose in (default_model, default_models):
        with pytest.raises(RmplError, match="none on this machine; rmpl models get smollm2-135m"):
            choose()


@pytest.mark.parametrize(
    ("words", "warns"),
    [
        (["extract", "{news}", "--out", "{out}", "--model", "embedded"], True),
        (["predict", "{run}", "--data", "{world}/m2e2", "--out", "{out}"], False),
    ],
)
def test_the_embedded_model_is_warned_of_whoever_names_it(words, warns, small_world, tmp_path):
    """The model is not there, or not loaded: the warning comes first."""
    run = tmp_path / "run"
    (run / "stage2").mkdir(parents=True)
    shutil.copy(Path(__file__).parents[2] / "recipes" / "tiny.yaml", run / "recipe.yaml")
    news = tmp_path / "news.txt"
    news.write_text("Police arrested Ana Reyes in Lima.\n")
    places = {"news": news, "run": run, "world": small_world, "out": tmp_path / "out.jsonl"}
    words = [word.format(**places) for word in words]
    if warns:
        words[words.index("--model") + 1] = str(run)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert ("knows only its synthetic corpus" in result.stderr) == warns
