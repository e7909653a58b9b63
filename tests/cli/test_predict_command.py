"""Predicting group by group, and with other pixels than in training: refused, or meant."""

import json

import pytest
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.corpora import registry
from rmpl.errors import RmplError
from rmpl.extraction import pipeline
from rmpl.extraction.engines.local.engine import LocalEngine
from rmpl.io.files import read_lines
from rmpl.predictions.results import ResultsFile
from rmpl.recipe.recipe import Recipe
from rmpl.runs import shipped
from rmpl.runs import trained as trained_module
from rmpl.training.run import Run


@pytest.fixture(scope="module")
def trained(twin, small_world, tmp_path_factory):
    recipe = {
        "name": "pixels",
        "precision": "fp32",
        "backbone": {
            "model": str(twin),
            "style": "brief",
            "box_step": 20,
            "min_pixels": 1024,
            "max_pixels": 4096,
        },
        "corpora": {"ace": {"reader": "jmee", "path": "ace"}},
        "stages": [
            {
                "name": "one",
                "steps": 1,
                "batch": 2,
                "mixture": [{"task": "text-emi", "corpora": ["ace"]}],
            }
        ],
    }
    folder = tmp_path_factory.mktemp("runs") / "pixels"
    Run(Recipe.model_validate(recipe), folder, small_world).train()
    return folder


@pytest.fixture
def predict(trained, small_world, tmp_path):
    def run(*words):
        line = ["predict", trained, "--data", small_world / "m2e2", "--limit", 1]
        out = tmp_path / "predictions.jsonl"
        result = CliRunner().invoke(app, [*map(str, line), "--out", str(out), *words])
        return result, out

    return run


def test_other_pixels_are_refused_in_one_line_before_anything_is_loaded(predict, monkeypatch):
    monkeypatch.setattr(trained_module, "load_to_answer", lambda *_: pytest.fail("loaded"))
    result, _ = predict("--max-pixels", "9216")
    assert result.exit_code == 2
    assert "trained with 1024 to 4096" in result.output
    assert result.output.count("\n") == 1


def test_other_pixels_are_taken_where_that_is_said(predict, monkeypatch):
    seen = []
    load = trained_module.load_to_answer
    monkeypatch.setattr(
        trained_module, "load_to_answer", lambda *with_: seen.append(with_[1]) or load(*with_)
    )
    result, out = predict("--max-pixels", "2304", "--other-pixels")
    assert result.exit_code == 0, result.output
    assert out.is_file()
    assert (seen[0].min_pixels, seen[0].max_pixels) == (1024, 2304)


def test_the_pixels_of_training_need_not_be_named(predict):
    result, out = predict("--min-pixels", "1024", "--max-pixels", "4096")
    assert result.exit_code == 0, result.output
    assert out.is_file()


def without_scores(value):
    if isinstance(value, dict):
        return {key: without_scores(one) for key, one in value.items() if key != "score"}
    return [without_scores(one) for one in value] if isinstance(value, list) else value


def test_many_documents_are_predicted_group_by_group(predict, monkeypatch, brief_answers):
    asked = []
    answer = LocalEngine.answer

    def counted(engine, prompts, **options):
        asked.append(len(prompts))
        return answer(engine, prompts, **options)

    monkeypatch.setattr(LocalEngine, "answer", counted)
    found, most = {}, {}
    for size in (1024, 8):
        monkeypatch.setattr(pipeline, "PREDICTED", size)
        result, out = predict("--limit", "4")
        assert result.exit_code == 0, result.output
        assert result.output.count("documents: 4/4, ") == 1
        found[size] = out.read_bytes()
        most[size] = max(asked)
        asked.clear()
    # Sums of another batch round otherwise, so that a score's last digit may differ.
    lines = {n: [without_scores(json.loads(x)) for x in found[n].splitlines()] for n in found}
    assert len(lines[8]) == 4
    assert lines[8] == lines[1024]
    assert most[8] < most[1024]


def test_a_split_of_a_corpus_is_predicted(trained, small_world, monkeypatch):
    read = []

    def noted(name, path, **how):
        read.append((name, how["split"]))
        raise RmplError("enough is known")

    monkeypatch.setattr(registry, "read_corpus", noted)
    line = ["predict", trained, "--corpus", "jmee", "--data", small_world / "ace"]
    result = CliRunner().invoke(app, [*map(str, line), "--split", "dev"])
    assert (result.exit_code, read) == (2, [("jmee", "dev")])


def interrupted_after(monkeypatch, count):
    """Let Ctrl-C be pressed in the middle of a line, when so many documents are done."""
    append = ResultsFile.append

    def interrupted(self, line):
        if len(self.done) == count:
            if self.path.suffix != ".gz":
                append(self, line[:40])
            raise KeyboardInterrupt
        append(self, line)

    monkeypatch.setattr(ResultsFile, "append", interrupted)


@pytest.mark.usefixtures("brief_answers")
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_finished_documents_are_kept_and_continued(predict, tmp_path, monkeypatch, suffix):
    def lines(path):
        return [without_scores(json.loads(line)) for _, line in read_lines(path)]

    out = tmp_path / f"p{suffix}"
    words = ("--limit", "4", "--out", str(out))
    assert predict(*words)[0].exit_code == 0
    whole = lines(out)
    assert len(whole) == 4
    before = out.read_bytes()
    with monkeypatch.context() as killed:
        interrupted_after(killed, 2)
        result, _ = predict(*words)
    assert result.exit_code == 130
    kept = tmp_path / f"unfinished-p{suffix}"
    assert f"2 documents finished, in {kept}; run the same command with --resume" in result.output
    assert out.read_bytes() == before  # the older predictions stay until there are others
    again, _ = predict(*words)
    assert (again.exit_code, again.output.count("\n")) == (2, 1)
    assert "--resume" in again.output
    other, _ = predict(*words, "--resume", "--limit", "3")
    assert "made with another corpus" in other.output
    asked = []
    stream = pipeline.Pipeline.stream
    monkeypatch.setattr(
        pipeline.Pipeline,
        "stream",
        lambda self, documents, show: asked.extend(documents) or stream(self, documents, show),
    )
    result, _ = predict(*words, "--resume")
    assert result.exit_code == 0, result.output
    assert "documents: 4/4" in result.output
    assert len(asked) == 2
    assert lines(out) == whole
    assert [one.name for one in tmp_path.iterdir()] == [out.name]


def test_complete_predictions_are_not_continued(predict):
    result, out = predict()
    assert result.exit_code == 0, result.output
    before = out.read_bytes()
    result, _ = predict("--resume")
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert "is complete" in result.output
    assert out.read_bytes() == before


def test_finished_documents_are_not_looked_for_through_a_link(predict, tmp_path):
    (tmp_path / "unfinished-predictions.jsonl").symlink_to(tmp_path / "elsewhere")
    for words in ([], ["--resume"]):
        result, _ = predict(*words)
        assert (result.exit_code, "not a regular file" in result.output) == (2, True)
    assert not (tmp_path / "elsewhere").exists()


def test_predictions_on_standard_output(predict, tmp_path):
    result, _ = predict("--out", "-")
    assert result.exit_code == 0, result.output
    [line] = result.stdout.splitlines()
    assert json.loads(line)["format"] == "rmpl-predictions/1"
    assert not list(tmp_path.iterdir())


def test_the_run_of_the_package_is_evaluated_too_into_a_file_elsewhere(
    trained, small_world, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shipped, "shipped_run", lambda: trained)
    line = ["predict", "real-text", "--data", str(small_world / "m2e2"), "--limit", "1"]
    result = CliRunner().invoke(app, line)
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert "--out is missing" in result.output
    result = CliRunner().invoke(app, [*line, "--out", "found.jsonl"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "found.jsonl").is_file()
    assert not (trained / "predictions.jsonl").exists()
    assert " 0 prompts" not in result.output  # what was not asked is not told
