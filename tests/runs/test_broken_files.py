"""Broken files of a run: one line that names the file, and nothing else read in silence."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digests import without_digests
from rmpl.calibration.measure import save
from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.extraction.calibration import Calibration, read_calibration
from rmpl.runs.card import card_of
from rmpl.runs.curve import read_curves
from rmpl.runs.trained import load_any, ontology_of
from rmpl.training.run import Run
from shared import built_once
from training.small_runs import recipe

DEEP = b"[" * 100_000
DAMAGES = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "deep": lambda _: DEEP,
    "not UTF-8": lambda content: content[:20] + b"\xff\xfe" + content[20:],
    "a folder": None,
}
READ = {
    "two/trained.json": load_any,
    "two/adapter/adapter_config.json": load_any,
    "two/adapter/adapter_model.safetensors": load_any,
    "run.json": lambda run: card_of(Path(run)),
    "recipe.yaml": lambda run: ontology_of(Path(run)),
    "one/curve.jsonl": lambda run: read_curves(Path(run)),
    "calibration.json": lambda run: read_calibration(Path(run)),
}
NO_FAULT = {
    # A folder of such a name is as good as no file, and an empty curve has just begun.
    *((name, "a folder") for name in ("recipe.yaml", "run.json")),
    # A last line without its end is what a killed run leaves.
    *(("one/curve.jsonl", how) for how in ("a folder", "empty", "cut", "deep")),
}
CASES = sorted({(name, how) for name in READ for how in DAMAGES} - NO_FAULT)
CASES_OF_MODELS = [
    *(("config.json", how) for how in DAMAGES),
    *(("tokenizer.json", how) for how in ("cut", "deep", "not UTF-8")),
    *(("tokenizer_config.json", how) for how in ("cut", "deep", "not UTF-8")),
    *(("chat_template.jinja", how) for how in ("cut", "deep", "not UTF-8")),
]


def short(twin):
    tree = recipe(twin).model_dump(mode="json")
    for stage in tree["stages"]:
        stage.update(steps=1, batch=2)
    return type(recipe(twin)).model_validate(tree)


@pytest.fixture(scope="session")
def finished(twin, small_world, tmp_path_factory):
    def build(folder):
        Run(short(twin), folder, small_world).train()
        save(Calibration(link_threshold=0.25), folder)

    return built_once(tmp_path_factory, "broken/run", build)


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def damage(path, how):
    change = DAMAGES[how]
    content = path.read_bytes()
    if change is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(change(content))


@pytest.mark.parametrize(("name", "how"), CASES)
def test_a_broken_file_is_named_with_the_way_out(run, name, how):
    damage(run / name, how)
    with pytest.raises(RmplError) as said:
        READ[name](str(run))
    assert said.value.remedy
    assert "\n" not in str(said.value)
    assert len(str(said.value)) < 600
    assert name.rpartition("/")[2] in str(said.value) or how == "a folder"


@pytest.mark.parametrize(("name", "how"), CASES_OF_MODELS)
def test_a_broken_file_of_a_model_is_named(twin, tmp_path, name, how):
    model = shutil.copytree(twin, tmp_path / "model")
    damage(model / name, how)
    with pytest.raises(RmplError) as said:
        load_any(str(model))
    assert "model" in str(said.value)
    assert "\n" not in str(said.value)


def test_an_unreadable_file_is_one_line(run, monkeypatch):
    def denied(path):
        if path.name == "trained.json":
            raise PermissionError(13, "Permission denied", str(path))
        return path.open("rb")

    monkeypatch.setattr("rmpl.io.contained.open_regular", denied)
    with pytest.raises(RmplError, match=r"trained\.json: cannot be read \(Permission denied\)"):
        load_any(str(run))


def test_one_flipped_bit_of_the_weights_is_noticed(run, finished):
    weights = run / "two" / "adapter" / "adapter_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.write_bytes(content)
    with pytest.raises(RmplError, match=r"adapter_model\.safetensors: not the file that training"):
        load_any(str(run))
    load_any(str(finished))


def test_a_changed_setting_of_the_record_is_noticed(run):
    record = run / "two" / "trained.json"
    record.write_text(record.read_text().replace('"box_step": 20', '"box_step": 21'))
    with pytest.raises(RmplError, match=r"trained\.json: its content was changed or damaged"):
        load_any(str(run))


def test_a_run_without_digests_still_loads(run):
    load_any(str(without_digests(run)))


def test_training_over_a_stage_with_a_broken_record_says_so(run, twin, small_world):
    (run / "two" / "trained.json").write_text('{"base"')
    with pytest.raises(RmplError, match=r"two/trained\.json: not the record"):
        Run(short(twin), run, small_world).train()


@pytest.mark.parametrize("old", [False, True])
def test_a_recipe_cut_after_a_stage_is_noticed(run, old):
    lines = (run / "recipe.yaml").read_text().splitlines(keepends=True)
    second = next(number for number, line in enumerate(lines) if line.strip() == "- name: two")
    (run / "recipe.yaml").write_text("".join(lines[:second]))
    if old:
        without_digests(run)
    with pytest.raises(RmplError, match=r"recipe\.yaml: (names no stage two|not the recipe)"):
        load_any(str(run))


def test_the_command_says_it_in_one_line(run, tmp_path):
    (run / "two" / "trained.json").write_text('{"base"')
    (tmp_path / "some.txt").write_text("Police arrested Ana.")
    line = ["extract", str(tmp_path / "some.txt"), "--model", str(run)]
    done = CliRunner().invoke(app, [*line, "--out", str(tmp_path / "a.jsonl")])
    assert done.exit_code == 2
    assert "two/trained.json" in done.output
    assert "Traceback" not in done.output


def test_a_record_of_other_shape_is_one_line(run):
    record = run / "run.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "starts": [3]}))
    with pytest.raises(RmplError, match=r"run\.json: not the record of a run"):
        card_of(run)
