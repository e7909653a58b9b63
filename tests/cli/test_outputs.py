"""A second command that would write what another process is writing is refused before its work."""

from __future__ import annotations

import contextlib
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.io.locks import writing_file, writing_folder

pytest.importorskip("fcntl", reason="no locks on this system")

RECIPE = """
name: one
backbone: {model: embedded}
corpora: {ace: {reader: jmee, path: ace}}
stages: [{name: one, steps: 1, mixture: [{task: text-emi, corpora: [ace]}]}]
"""


@contextlib.contextmanager
def held(lock):
    """Let another thread hold a lock: it is refused like another process."""
    holding, ended = threading.Event(), threading.Event()

    def hold():
        with lock:
            holding.set()
            ended.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(60)
    try:
        yield
    finally:
        ended.set()
        thread.join()


FILES = [
    "predict RUN --data no --out OUT",
    "link no.jsonl --model no --out OUT",
    "score no.jsonl --gold no --json OUT",
    "score no.jsonl --gold no --errors-json OUT",
    "score no.jsonl --gold no --html OUT",
    "compare no.jsonl no.jsonl --gold no --json OUT",
    "report RUN --data no --out OUT",
    "convert m2e2 no --out OUT.jsonl",
    "inspect m2e2 no --out OUT",
    "extract no --out no.jsonl --html OUT",
    "extract no --out OUT.csv",
    "table no.jsonl --out OUT.csv",
    "table no.jsonl --out OUT.graphml",
    "ablate recipes/ablations/tiny.yaml --data no --json OUT",
    "calibrate RUN",
]
FOLDERS = [
    "plot SCORES --out OUT",
    "pretrain no.yaml --out no --work OUT",
    "train RUN/recipe.yaml --data no --out OUT",
    "reproduce RUN/recipe.yaml --data WORLD --benchmark WORLD/m2e2 --out OUT",
    "baseline export WORLD/m2e2 --out OUT",
]
WHOLE = ["world --out OUT", "recipes --out OUT"]


@pytest.fixture
def run(tmp_path: Path, small_world: Path):
    """Return what runs a command, with the places in it put in."""
    places = {"OUT": tmp_path / "out", "RUN": tmp_path / "run", "WORLD": small_world}
    places["SCORES"] = tmp_path / "scores.json"
    places["SCORES"].write_text('{"strict": {"text_emi": {"f1": 50.0}}}')
    places["RUN"].mkdir()
    (places["RUN"] / "recipe.yaml").write_text(RECIPE)

    def command(line: str):
        for name, place in places.items():
            line = line.replace(name, str(place))
        result = CliRunner().invoke(app, line.split())
        return result.exit_code, result.output

    return command


def refused(found: tuple[int, str]) -> bool:
    code, said = found
    *_, last = said.strip().splitlines()
    return code == 2 and "is being written by another process; wait" in last


@pytest.mark.parametrize("line", FILES)
def test_a_file_is_written_by_one_process(run, tmp_path, line):
    name = "run/calibration.json" if line == "calibrate RUN" else line.split()[-1].lower()
    with held(writing_file(tmp_path / name)):
        found = run(line)
        assert refused(found), found


@pytest.mark.parametrize("line", FOLDERS)
def test_a_folder_is_written_by_one_process(run, tmp_path, line):
    with held(writing_folder(tmp_path / "out")):
        found = run(line)
        assert refused(found), found


@pytest.mark.parametrize("line", WHOLE)
def test_a_folder_that_comes_as_a_whole_is_written_by_one_process(run, tmp_path, line):
    with held(writing_file(tmp_path / "out", folder=True)):
        found = run(line)
        assert refused(found), found


INPUTS = [
    "predict RUN --data WORLD/m2e2 --out WORLD/m2e2/crossmedia_coref.txt",
    "predict RUN --data GOLD --corpus documents --out GOLD",
    "predict RUN --data GOLD --corpus documents --out RUN/recipe.yaml",
    "link GOLD --model no --out GOLD",
    "link GOLD --model no --out LINK",
    "convert documents GOLD --out GOLD",
    "score GOLD --gold no --json GOLD",
    "score no.jsonl --gold GOLD --errors-json HARD",
    "score no.jsonl --gold WORLD/m2e2 --html WORLD/m2e2/image_only_event.json",
    "compare GOLD no.jsonl --gold no --json GOLD",
    "report GOLD --data WORLD/m2e2 --out GOLD",
    "report RUN --data GOLD --corpus documents --out GOLD",
    "inspect documents GOLD --out GOLD",
    "ablate recipes/ablations/tiny.yaml --data WORLD --json WORLD/m2e2/image_only_event.json",
    "extract GOLD --out new.jsonl --html GOLD",
    "extract NEWS --out new.jsonl --html NEWS/page.html",
    "extract GOLD --out GOLD --resume",
    "extract GOLD --out STEM.csv",
    "extract NEWS --out NEWS/own.csv",
]


@pytest.mark.parametrize("line", INPUTS)
def test_an_output_that_is_an_input_is_refused_before_any_work(run, tmp_path, small_world, line):
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"doc_id": "1"}\n')
    (tmp_path / "link.jsonl").symlink_to(gold)
    (tmp_path / "hard.jsonl").hardlink_to(gold)
    (tmp_path / "news").mkdir()
    (tmp_path / "news/own.csv").write_text("text\nPolice came.")
    (tmp_path / "news/page.html").write_text("<p>Police arrested Ana Reyes in Lima.</p>")
    for name in ("gold", "link", "hard"):
        line = line.replace(name.upper(), f"{tmp_path}/{name}.jsonl")
    line = line.replace("STEM", f"{tmp_path}/gold")
    code, said = run(line.replace("NEWS", f"{tmp_path}/news"))
    assert code == 2
    assert "is an input of this command, which would be overwritten; choose another" in said
    assert gold.read_text() == '{"doc_id": "1"}\n'


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--out TAKEN", "already exists; continue it with --resume"),
        ("--out TAKEN --resume --min-score nan", "a minimum score of nan; give a number from 0"),
        ("--out /dev/full", "not a regular file"),
        ("--out - --html OUT", "--html with standard output"),
        ("--out - --resume", "--resume with standard output"),
        ("--out OUT.txt", "no output has the suffix .txt; name a file .jsonl, .jsonl.gz, .csv,"),
        ("--out OUT", "no output has the suffix (none); name a file"),
        ("--out OUT.xlsx", ".xlsx needs openpyxl; pip install 'rmpl[excel]'"),
        ("--out FOLDER.csv", "is a folder; name a file"),
        ("--out TAKEN/x.csv", "cannot be made"),
        ("--out TAKEN.csv --resume", "already exists; choose another name"),
        ("--out STEM.graphml", "taken.jsonl: already exists, and is where the events of"),
    ],
)
def test_extract_refuses_its_output_before_the_model_is_loaded(
    run, tmp_path, options, said, monkeypatch
):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    taken, text = tmp_path / "taken.jsonl", tmp_path / "a.txt"
    for one in (taken, text, tmp_path / "taken.jsonl.csv"):
        one.write_text("Police came.")
    (tmp_path / "folder.csv").mkdir()
    before = sorted(tmp_path.rglob("*"))
    options = options.replace("TAKEN", str(taken)).replace("STEM", str(taken.with_suffix("")))
    options = options.replace("FOLDER", str(tmp_path / "folder"))
    code, told = run(f"extract {text} --model no-such-model {options}")
    assert code == 2
    assert said in told
    assert sorted(tmp_path.rglob("*")) == before


def test_outputs_in_a_folder_that_is_read_may_be_written_again(run, tmp_path):
    """What these commands wrote there is none of its inputs; two outputs need two names."""
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"doc_id": "1", "text_events": []}\n')
    for _ in range(2):
        (tmp_path / "run/predictions.jsonl").write_text('{"doc_id":"1"}\n')
        for line in ("--json RUN/a.json --errors-json RUN/b.json", "--html RUN/c.html"):
            code, said = run(f"score {gold} --gold {gold} {line}")
            assert code == 0, said
        for out in ("predictions.jsonl", "a.json", "b.json", "c.html"):
            code, said = run(f"predict RUN --data no --out RUN/{out}")
            assert "is an input" not in said
    code, said = run(f"score {gold} --gold {gold} --json OUT --errors-json OUT")
    assert (code, "two outputs of one name" in said) == (2, True)


def test_a_command_that_ends_lets_go_and_leaves_nothing_behind(run, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    for line in ("score no.jsonl --gold no --json OUT", "predict RUN --data no --out OUT"):
        code, said = run(line)
        assert code == 2
        assert "another process" not in said
    with held(writing_file(tmp_path / "out")):
        pass
    assert sorted(tmp_path.rglob("*")) == before
    code, said = run("plot SCORES --out OUT")
    assert code == 0, said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scores-strict.svg"]


def test_missing_folders_of_outputs_are_made_and_removed_again_when_nothing_comes(run, tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"doc_id": "1", "text_events": [], "image_events": [], "links": []}\n')
    code, said = run(f"score {gold} --gold no.jsonl --json OUT/new/scores.json")
    assert code == 2, said
    assert not (tmp_path / "out").exists()
    code, said = run(f"score {gold} --gold {gold} --json OUT/new/scores.json")
    assert code == 0, said
    assert [path.name for path in (tmp_path / "out" / "new").iterdir()] == ["scores.json"]


def test_a_name_in_scores_leads_nowhere_else(run, tmp_path):
    (tmp_path / "scores.json").write_text('{"../../x": {"text_emi": {"f1": 50.0}}}')
    code, said = run("plot SCORES --out OUT")
    assert code == 0, said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scores-.._.._x.svg"]


def test_scores_can_be_written_to_a_full_device_in_one_line(run, tmp_path):
    """The disk being full is told, and a device is not replaced by a file."""
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"doc_id": "1", "text_events": [], "image_events": [], "links": []}\n')
    code, said = run(f"score {gold} --gold {gold} --json /dev/full")
    assert code == 2
    assert said.strip().splitlines()[-1].startswith("rmpl: /dev/full: cannot be written (No space")
    assert not Path("/dev/full").is_file()


@pytest.mark.parametrize(
    "line",
    [
        ["extract", "a.txt", "--out", "x.jsonl", "--html", "-"],
        ["score", "found.jsonl", "--gold", "gold", "--json", "-"],
        ["synthetic", "--out", "-"],
    ],
)
def test_what_is_not_written_to_standard_output_makes_no_file_of_its_name(
    tmp_path, monkeypatch, line
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("He fell.")
    result = CliRunner().invoke(app, line)
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert "rmpl: -: this output is not written to standard output" in result.output
    assert not (tmp_path / "-").exists()
