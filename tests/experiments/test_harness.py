"""M2E2 for evaluation harnesses: rows, strict counts that add up, and the harnesses' files."""

import importlib.util
import json
from pathlib import Path

import msgspec
import PIL.Image
import pytest
import yaml
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.corpora.registry import read_corpus
from rmpl.experiments.free_answers import unfenced
from rmpl.experiments.harness import counts_of, f1, read, results_of, rows
from rmpl.records import Document
from rmpl.scoring import score

INTEGRATIONS = Path(__file__).parents[2] / "integrations"
FILES = sorted(INTEGRATIONS.glob("*/*.yaml"))


@pytest.fixture(scope="module")
def documents(small_world):
    return list(read_corpus("m2e2", small_world / "m2e2"))


@pytest.fixture(scope="module")
def exported(documents):
    return {medium: list(rows(documents, medium)) for medium in ("text", "image")}


def test_there_is_a_row_for_every_sentence_and_every_picture(exported, documents):
    sentences = [sentence.id for document in documents for sentence in document.sentences]
    images = [image.id for document in documents for image in document.images]
    assert [row["id"] for row in exported["text"]] == sentences
    assert [row["id"] for row in exported["image"]] == images
    assert all(isinstance(value, str) for row in exported["image"] for value in row.values())


@pytest.mark.parametrize("medium", ["text", "image"])
def test_the_target_scores_a_hundred_and_nothing_scores_zero(exported, medium):
    found = exported[medium]
    for task in (f"{medium}_emi_f1", f"{medium}_are_f1"):
        assert f1(results_of(row, [row["target"]])[task] for row in found) == 100
        assert f1(results_of(row, ["[]"])[task] for row in found) == 0
    assert f1([]) == 0


def test_rows_add_up_to_the_strict_score_of_documents(exported, documents):
    # Answers with errors: those of the row before, where it is of the same document.
    answers = [row["target"] for row in exported["text"]]
    wrong = ["[]", *answers[:-1]]
    summed = {"text_emi": 0, "text_are": 0}
    by_id = {}
    for row, answer in zip(exported["text"], wrong, strict=True):
        for task, counts in counts_of(row, answer).items():
            summed[task] += counts.tp
        gold = Document(row["id"], sentences=json_document(row).sentences)
        by_id[row["id"]] = read(gold, answer)
    predicted = [
        Document(
            document.id,
            text_events=tuple(e for s in document.sentences for e in by_id[s.id].text_events),
        )
        for document in documents
    ]
    whole = score(documents, predicted, "strict", ["text"])
    assert summed == {task: counts.tp for task, counts in whole.items()}
    assert whole["text_emi"].n_pred > 0


def json_document(row):
    return msgspec.json.decode(row["gold"], type=Document)


def test_a_fenced_answer_is_read_and_a_broken_one_is_not_taken_for_right(exported):
    row = next(row for row in exported["text"] if row["target"] != "[]")
    fenced = f"Here you are:\n```json\n{row['target']}\n```\nAnything else?"
    assert counts_of(row, fenced) == counts_of(row, row["target"])
    assert counts_of(row, "I see an attack.")["text_emi"].n_pred == 0
    assert unfenced("[]") == "[]"
    assert unfenced("```\n[1]") == "[1]"


def test_types_outside_the_schema_are_no_predictions(exported):
    row = exported["image"][0]
    assert counts_of(row, '[{"type":"situation:cooking","args":[]}]')["image_emi"].n_pred == 0


def load_functions(path):
    """Read a task file as a harness does: `!function file.name` is a function beside it."""

    class Loader(yaml.SafeLoader):
        pass

    def function(loader, node):
        module, _, name = loader.construct_scalar(node).partition(".")
        spec = importlib.util.spec_from_file_location(module, path.parent / f"{module}.py")
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return getattr(loaded, name)

    Loader.add_constructor("!function", function)
    return yaml.load(path.read_text(), Loader)  # noqa: S506 - a safe loader with one tag


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_harness_s_file_calls_what_there_is(path, exported):
    task = load_functions(path)
    medium = task["task"].removeprefix("m2e2_")
    row = exported[medium][0]
    assert task["dataset_kwargs"]["data_files"] == {"test": f"m2e2_{medium}.jsonl"}
    assert row["prompt"] in task["doc_to_text"](row)
    shown = task.get("doc_to_image") or task.get("doc_to_visual")
    pictures = shown(row) if shown else []
    assert [type(one) for one in pictures] == ([PIL.Image.Image] if medium == "image" else [])
    results = task["process_results"](row, [row["target"]])
    assert {metric["metric"] for metric in task["metric_list"]} == set(results)
    for metric in task["metric_list"]:
        assert metric["aggregation"]([(1, 2, 2), (0, 1, 1)]) == pytest.approx(100 / 3)
    assert row[task["doc_to_target"]] == row["target"]


def test_there_are_files_for_both_harnesses():
    assert {path.parent.name for path in FILES} == {"lm_eval", "lmms_eval"}
    assert len(FILES) == 4


def test_rows_are_written_with_examples_of_training_corpora(small_world, tmp_path):
    recipe = tmp_path / "corpora.yaml"
    recipe.write_text(
        "{name: c, corpora: {ace: {reader: jmee, path: ace}}, stages: [{name: s, steps: 1, "
        "mixture: [{task: text-emi, corpora: [ace]}]}]}"
    )
    line = ["baseline", "export", small_world / "m2e2", "--out", tmp_path, "--shots", 2]
    line += ["--examples", recipe, "--examples-data", small_world]
    result = CliRunner().invoke(app, [str(word) for word in line])
    assert result.exit_code == 0, result.output
    written = [json.loads(x) for x in (tmp_path / "m2e2_text.jsonl").read_text().splitlines()]
    assert all(row["prompt"].count("Answer: ") == 2 for row in written)
    assert (tmp_path / "m2e2_image.jsonl").stat().st_size > 0


def test_the_task_files_come_with_the_rows_and_stay_as_they_are(small_world, tmp_path):
    line = ["baseline", "export", str(small_world / "m2e2"), "--out", str(tmp_path)]
    assert CliRunner().invoke(app, line).exit_code == 0
    copied = sorted(path.relative_to(tmp_path) for path in tmp_path.glob("*/*.yaml"))
    assert copied == [path.relative_to(INTEGRATIONS) for path in FILES]
    mine = tmp_path / "lm_eval" / "m2e2_text.yaml"
    mine.write_text("changed")
    again = CliRunner().invoke(app, line)
    assert again.exit_code == 0
    assert "not overwritten" in again.output
    assert mine.read_text() == "changed"
