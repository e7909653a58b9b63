"""What a newcomer meets: help, versions, and one clear line for every mistake."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import rmpl
from rmpl.cli.main import app

COMMANDS = (
    "synthetic",
    "train",
    "predict",
    "score",
    "compare",
    "report",
    "check",
    "convert",
    "stats",
    "inspect",
    "plot",
    "app",
    "pretrain",
    "ablate",
    "reproduce",
)


@pytest.fixture
def run():
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("words", [["train", "tiny.yaml"], ["inspect", "jmee", "ace"]])
def test_what_needs_a_model_says_so_where_torch_is_not_installed(words):
    script = (
        "import sys; sys.modules['torch'] = None; sys.argv[0] = 'rmpl'\n"
        "from rmpl.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "rmpl: this needs torch; pip install 'rmpl[train]'\n"


def test_help_names_every_command_and_needs_no_torch():
    script = (
        "import sys; from rmpl.cli.main import app; from typer.testing import CliRunner\n"
        "print(CliRunner().invoke(app, ['--help']).output)\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize(
    ("command", "words", "name", "value"),
    [
        ("world", ["--seed", "8"], "seed", 8),
        ("stats", ["p", "--dataset", "jmee"], "corpus", "jmee"),
        ("stats", ["p", "--dataset=jmee"], "corpus", "jmee"),
        ("stats", ["--", "--dataset"], "path", Path("--dataset")),
        ("calibrate", ["run", "--documents", "9"], "limit", 9),
        ("extract", ["a", "--out", "b", "--drawn", "7"], "documents", 7),
        ("baseline export", ["m2e2", "--out", "rows"], "folder", Path("m2e2")),
    ],
)
def test_former_names_are_accepted_and_no_longer_shown(command, words, name, value):
    known = typer.main.get_command(app)
    for word in command.split():
        known = known.commands[word]
    with known.make_context(command, [*words]) as context:
        assert context.params[name] == value
        assert not any(f" {word} " in known.get_help(context) for word in words if "--d" in word)
    assert " world " not in CliRunner().invoke(app, ["--help"]).output


def test_the_version(run):
    assert run("--version").output.strip() == f"rmpl {rmpl.__version__}"


@pytest.mark.parametrize("words", [["--version"], ["train", "nowhere.yaml"], ["list", "tasks"]])
def test_it_is_a_module_too(run, words):
    line = [sys.executable, "-m", "rmpl", *words]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    same = run(*words)
    assert (done.returncode, done.stdout + done.stderr) == (same.exit_code, same.output)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--help" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "nowhere.yaml"), "nowhere.yaml: no such recipe"),
        (("train", "recipes/tiny.yaml", "--set", "stages.0.stepz=1"), "no such key"),
        (("train", "recipes/tiny.yaml", "--set", "stages.0.batch=0"), "stages.0.batch"),
        (("predict", "nowhere", "--data", "nowhere"), "no such file or folder"),
        (("convert", "predictions", "nowhere", "--out", "x.jsonl"), "no such file or folder"),
        (("inspect", "predictions", "nowhere"), "no such file or folder"),
        (("predict", "nowhere", "--data", ".", "--corpus", "news"), "no corpus named 'news'"),
        (("score", "nowhere.jsonl", "--gold", "nowhere"), "nowhere"),
        (("report", "nowhere", "--data", "nowhere"), "nowhere"),
        (("synthetic", "--out", "/proc/world", "--scale", "0.01"), "/proc"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(run, words, said, monkeypatch):
    monkeypatch.chdir(Path(rmpl.__file__).parents[2])
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1
    assert "Traceback" not in result.output


def test_debug_shows_where_a_mistake_was_noticed(run):
    result = run("--debug", "train", "nowhere.yaml")
    assert isinstance(result.exception, rmpl.errors.RmplError)


def test_a_truncated_picture_is_named(run, small_world, twin, tmp_path):
    world = tmp_path / "world"
    shutil.copytree(small_world / "m2e2", world)
    broken = min((world / "images").iterdir())
    broken.write_bytes(broken.read_bytes()[:40])
    result = run("predict", "nowhere", "--data", world)
    assert result.exit_code == 2
    assert broken.name in result.output


def test_stats_of_what_are_no_documents_is_a_mistake_not_a_table_of_zeros(run, small_world):
    result = run("stats", small_world / "ace" / "train.json")
    assert result.exit_code == 2
    assert "train.json" in result.output
    read = run("stats", small_world / "ace", "--corpus", "jmee", "--backbone", "none")
    assert read.exit_code == 0
    assert "words per sentence" in read.output
