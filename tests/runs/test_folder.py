"""A run's folder: every file has one name in one place, and is found without torch."""

import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from rmpl.errors import RmplError
from rmpl.runs.folder import RunFolder, StageFolder, run_folder, stage_folder

ROOT = Path(__file__).parents[2]
OLD = RunFolder(ROOT / "tests" / "data" / "version_0_1" / "run")


def names(folder: RunFolder | StageFolder) -> set[str]:
    """Return the names of all files and folders that a run's or stage's folder may hold."""
    values = [
        getattr(folder, name)
        for name, value in vars(type(folder)).items()
        if isinstance(value, property)
    ]
    return {value.name for value in values if isinstance(value, Path)}


def test_everything_that_a_run_holds_has_a_name():
    stage = OLD.stage("one")
    assert {one.name for one in OLD.path.iterdir()} <= names(OLD) | {"one"}
    assert {one.name for one in stage.path.iterdir()} <= names(stage)
    assert OLD.read_recipe().stages[0].name == "one"
    assert OLD.read_record()["stages"]["one"]["steps"] == 2
    assert stage.read_trained().base == stage.model.name
    assert stage.weight_files() == [stage.model / "model.safetensors"]


def test_no_other_module_writes_these_names_down():
    known = names(OLD) | names(OLD.stage("one"))
    known = {name for name in known if "." in name and name != "README.md"}
    assert len(known) > 10
    for path in (ROOT / "src" / "rmpl").rglob("*.py"):
        if path.name == "folder.py" and path.parent.name == "runs":
            continue
        with path.open("rb") as file:
            found = [one for one in tokenize.tokenize(file.readline) if one.type == tokenize.STRING]
        literals = {one.string.strip("\"'") for one in found}
        assert not literals & known, path


def test_a_run_and_its_stages_are_told_apart(tmp_path):
    stage = OLD.stage("one")
    assert stage_folder(OLD.path) == stage_folder(stage.path) == stage
    assert run_folder(OLD.path).path.resolve() == run_folder(stage.path).path.resolve()
    assert run_folder(tmp_path) is None
    with pytest.raises(RmplError, match=r"no recipe\.yaml, so this is not a run's folder"):
        RunFolder(tmp_path).require_run()


def test_checkpoints_are_found_by_step(tmp_path):
    stage = StageFolder(tmp_path)
    for step in (20, 100, 3):
        stage.checkpoint(step).mkdir()
    (tmp_path / "checkpoint-old").mkdir()
    assert stage.checkpoints() == [stage.checkpoint(step) for step in (3, 20, 100)]


def test_a_run_is_read_without_torch():
    program = (
        "import sys, pathlib; from rmpl.runs import curve, folder;"
        f"run = folder.RunFolder(pathlib.Path({str(OLD.path)!r}));"
        "run.last_stage().read_trained(); run.read_record(); curve.read_curves(run.path);"
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'peft', 'jinja2')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
