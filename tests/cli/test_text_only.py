"""A model that reads no images: what needs one is not run, which is never a score of zero."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rmpl.backbones.families import family_of
from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.extraction.extractor import Extractor
from rmpl.recipe.recipe import Recipe
from rmpl.runs.trained import media_read_by
from rmpl.training import stage_run
from rmpl.training.run import Run

ROOT = Path(__file__).parents[2]


def recipe(model, *tasks) -> Recipe:
    corpora = {
        "ace": {"reader": "jmee", "path": "ace"},
        "swig": {"reader": "swig", "path": "swig"},
        "mnre": {"reader": "mnre", "path": "mnre"},
    }
    needs = {"image-emi": ["swig"], "relations": ["mnre"], "same-event": ["ace", "swig"]}
    mixture = [{"task": task, "corpora": needs.get(task, ["ace"])} for task in tasks]
    stage = {"name": "one", "steps": 1, "batch": 2, "mixture": mixture}
    return Recipe.model_validate(
        {
            "name": "words",
            "precision": "fp32",
            "backbone": {"model": str(model), "style": "brief"},
            "corpora": corpora,
            "stages": [stage],
        }
    )


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin") / "llama"
    family_of("llama", "").twin(folder)
    return folder


@pytest.fixture(scope="module")
def trained(llama, small_world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "words"
    Run(recipe(llama, "text-emi", "relations"), folder, small_world).train()
    return folder


@pytest.fixture
def predicted(trained, small_world, tmp_path, brief_answers):
    out = tmp_path / "predictions.jsonl"
    line = ["predict", trained, "--data", small_world / "m2e2", "--limit", 2, "--out", out]
    done = run(*line)
    assert done.output.count("images are not read by this model") == 1
    return out


def run(*words):
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exit_code == 0, done.output
    return done


@pytest.mark.parametrize("task", ["image-emi", "same-event"])
def test_a_task_with_images_is_refused_before_anything_is_read(
    llama, small_world, tmp_path, task, monkeypatch
):
    monkeypatch.setattr(stage_run, "start", lambda *_, **__: pytest.fail("loaded"))
    with pytest.raises(RmplError, match=rf"^words: stage one trains {task}, which needs images, "):
        Run(recipe(llama, "text-emi", task), tmp_path / "run", tmp_path / "no data")


def test_relations_are_asked_about_the_post_alone(llama, small_world, tmp_path):
    made = Run(recipe(llama, "relations"), tmp_path / "run", small_world)
    (source,) = made.sources(made.recipe.stages[0])
    assert source.samples
    assert all(sample.prompt.image is None for sample in source.samples)


def test_the_file_says_what_was_run(predicted):
    lines = [json.loads(line) for line in predicted.read_text().splitlines()]
    assert [line["media"] for line in lines] == [["text"], ["text"]]
    assert not any(line["image_events"] for line in lines)


def test_scores_of_images_are_not_run(predicted, small_world, tmp_path):
    metrics, page = tmp_path / "metrics.json", tmp_path / "page.html"
    words = ["score", predicted, "--gold", small_world / "m2e2", "--json", metrics, "--html", page]
    rows = {line.split()[0]: line.split()[1:] for line in run(*words).output.splitlines()}
    assert rows["text_emi"][3:] != []
    for task in ("image_emi", "image_are", "mm_emi", "mm_are"):
        assert rows[task] == ["not", "run"]
    assert set(json.loads(metrics.read_text())["strict"]) == {"text_emi", "text_are"}
    assert page.read_text().count("not run</td>") == 2
    assert "image and multimedia: not run" in page.read_text()
    only = run("score", predicted, "--gold", small_world / "m2e2", "--settings", "image").output
    assert only.count("not run") == 2


def test_a_file_without_the_key_is_scored_as_before(predicted, small_world, tmp_path):
    old = tmp_path / "old.jsonl"
    lines = [json.loads(line) for line in predicted.read_text().splitlines()]
    old.write_text("\n".join(json.dumps(line | {"media": ["text", "image"]}) for line in lines))
    shown = run("score", old, "--gold", small_world / "m2e2").output
    assert "not run" not in shown
    for line in lines:
        del line["media"]
    old.write_text("\n".join(map(json.dumps, lines)))
    assert run("score", old, "--gold", small_world / "m2e2").output == shown


def test_files_that_are_mixed_are_scored_with_a_warning(predicted, small_world, tmp_path):
    first, second = (json.loads(line) for line in predicted.read_text().splitlines())
    del second["media"]
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text("\n".join(map(json.dumps, (first, second))))
    done = run("score", mixed, "--gold", small_world / "m2e2")
    assert "image not run in this document, all of it missed (first: 1 documents)" in done.stderr
    assert "not run\n" not in done.stdout


def test_media_that_are_none_are_refused(predicted, small_world):
    predicted.write_text('{"doc_id": "D", "media": ["sound"]}\n')
    done = CliRunner().invoke(app, ["score", str(predicted), "--gold", str(small_world / "m2e2")])
    assert done.exit_code == 2
    assert "document D: media is ['sound']; list what was run, of text, image" in done.output


def test_a_comparison_leaves_out_what_one_side_did_not_run(predicted, small_world, tmp_path):
    other = tmp_path / "other.jsonl"
    lines = [
        json.loads(line) | {"media": ["text", "image"]}
        for line in predicted.read_text().splitlines()
    ]
    other.write_text("\n".join(map(json.dumps, lines)))
    shown = run("compare", predicted, other, "--gold", small_world / "m2e2").output
    assert f"{predicted.parent.name}: image and multimedia: not run" in shown
    assert "text_emi" in shown
    assert "image_emi" not in shown


def test_a_report_shows_them_as_not_run(predicted, small_world, tmp_path):
    page = tmp_path / "report.html"
    run("report", predicted, "--data", small_world / "m2e2", "--out", page, "--documents", 1)
    assert page.read_text().count("not run</td>") == 2 * 2
    assert "image and multimedia: not run" in page.read_text()


def test_extraction_reads_the_texts_and_says_so_once(
    trained, small_world, tmp_path, brief_answers, monkeypatch
):
    import shutil

    pictures = sorted((small_world / "m2e2").rglob("*.jpg"))[:2]
    for number, picture in enumerate(pictures):
        folder = tmp_path / "news" / str(number)
        folder.mkdir(parents=True)
        (folder / "article.txt").write_text("Police fled.")
        shutil.copy(picture, folder)
    out = tmp_path / "events.jsonl"
    done = run("extract", tmp_path / "news", "--out", out, "--model", trained)
    assert done.stderr.count("images are not read by this model") == 1
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(lines) == 2
    assert all(line["media"] == ["text"] and line["images"] for line in lines)


def test_the_extractor_says_what_it_reads_without_loading(trained, twin, llama):
    assert media_read_by(str(trained)) == media_read_by(str(llama)) == ("text",)
    assert media_read_by(str(twin)) == ("text", "image")
    assert Extractor.from_pretrained(trained).media == ("text",)


def test_the_card_of_a_model_of_text_claims_no_images(trained):
    card = (trained / "README.md").read_text()
    assert "pipeline_tag: text-generation" in card
    assert "It reads no images." in card
    assert "multimedia-event-extraction" not in card
    assert "pixel bounds" not in card


def test_linking_keeps_what_was_not_run(predicted, twin, small_world, tmp_path):
    out = tmp_path / "linked.jsonl"
    done = run("link", predicted, "--model", twin, "--data", small_world / "m2e2", "--out", out)
    assert done.exit_code == 0, done.output
    media = [json.loads(line)["media"] for line in out.read_text().splitlines()]
    assert media == [["text"]] * len(media)
    assert media
