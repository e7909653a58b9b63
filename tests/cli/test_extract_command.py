"""``rmpl extract`` and ``rmpl link`` from the command line, on a model with random weights."""

import json

import PIL.Image
import pytest
from typer.testing import CliRunner

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")

from rmpl.cli.main import app
from rmpl.predictions.file import read_predictions
from rmpl.predictions.results import ResultsFile
from rmpl.runs import shipped

pytestmark = pytest.mark.usefixtures("brief_answers")


@pytest.fixture
def articles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two", "three"):
        folder = tmp_path / "news" / name
        folder.mkdir(parents=True)
        (folder / "article.txt").write_text(f"Police shot {name} men in Lima. He fell.")
        PIL.Image.new("RGB", (64, 48), "red").save(folder / "photo.jpg")
    return tmp_path / "news"


@pytest.fixture
def run(twin):
    def invoke(*words, model=twin):
        named = [] if model is None else ["--model", str(model)]
        return CliRunner().invoke(app, [*map(str, words), *named])

    return invoke


def ids(path):
    return [json.loads(line)["doc_id"] for line in path.read_text().splitlines()]


def test_a_folder_of_articles_gives_a_line_each_and_a_page(articles, run, tmp_path):
    result = run("extract", "news", "--out", "events.jsonl", "--html", "page.html")
    assert result.exit_code == 0, result.output
    names = [f"news/{name}/article.txt" for name in ("one", "three", "two")]
    assert ids(tmp_path / "events.jsonl") == names
    [first, *_] = read_predictions("events.jsonl")
    assert first.text_events
    page = (tmp_path / "page.html").read_text()
    assert "data:image/jpeg" in page
    assert "news/one/article.txt" in page
    assert ">gold<" not in page


def test_what_cannot_be_read_is_told_of_and_the_exit_code_says_so(articles, run, tmp_path):
    (articles / "bad.txt").write_bytes(b"\xff\xfe\xfd")
    (articles / "notes.doc").write_bytes(b"x")
    result = run("extract", "news", "--out", "events.jsonl")
    assert result.exit_code == 1
    assert "skipped: news/bad.txt: not UTF-16 text" in result.output
    assert "1 x unsupported file type" in result.output
    assert len(ids(tmp_path / "events.jsonl")) == 3


def test_an_interrupted_run_goes_on_and_repeats_nothing(articles, run, tmp_path, monkeypatch):
    assert run("extract", "news", "--out", "whole.jsonl").exit_code == 0
    append = ResultsFile.append

    def interrupted(self, line):
        if len(self.done) == 1:
            append(self, line[:40])  # killed in the middle of a line
            raise KeyboardInterrupt
        append(self, line)

    with monkeypatch.context() as killed:
        killed.setattr(ResultsFile, "append", interrupted)
        result = run("extract", "news", "--out", "part.jsonl")
    assert result.exit_code == 130
    assert "--resume" in result.output
    refused = run("extract", "news", "--out", "part.jsonl")
    assert (refused.exit_code, "--resume" in refused.output) == (2, True)
    result = run("extract", "news", "--out", "part.jsonl", "--resume")
    assert result.exit_code == 0, result.output
    assert "3 documents, 1 of them from earlier runs" in result.output
    assert ids(tmp_path / "part.jsonl") == ids(tmp_path / "whole.jsonl")
    events = [
        [[(e.event_type, e.trigger) for e in d.text_events] for d in read_predictions(name)]
        for name in ("part.jsonl", "whole.jsonl")
    ]
    assert events[0] == events[1]


@pytest.fixture
def no_base(monkeypatch):
    """Stand in for a machine without the model that the package's own run adapts."""
    monkeypatch.setattr(shipped, "is_ready", lambda: False)


def test_without_a_model_the_remedy_is_said_in_one_line(articles, run, no_base):
    result = run("extract", "news", "--out", "events.jsonl", model=None)
    assert result.exit_code == 2
    assert result.output.splitlines()[-1] == (
        "rmpl: no --model, and none on this machine; rmpl models get smollm2-135m, or pass --model"
    )


def test_the_demo_s_model_is_taken_with_a_warning(articles, run, twin, tmp_path, no_base):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "run").symlink_to(twin)
    result = run("extract", "news/one", "--out", "events.jsonl", model=None)
    assert result.exit_code == 0
    assert "trained on the synthetic corpus" in result.output


def test_links_can_be_found_alone(articles, run, tmp_path):
    run("extract", "news", "--out", "events.jsonl")
    result = run("link", "events.jsonl", "--threshold", "0.0001")
    assert result.exit_code == 0, result.output
    found, linked = (list(read_predictions(name)) for name in ("events.jsonl", "linked.jsonl"))
    assert [d.text_events for d in linked] == [d.text_events for d in found]
    pairs = [
        (text.id, image.id)
        for document in linked
        for text in document.text_events
        for image in document.image_events
        if text.event_type == image.event_type
    ]
    assert sorted(pairs) == sorted((k.text, k.image) for d in linked for k in d.links)
    assert f"links: {len(pairs)}, with " in result.output
    lines = [json.loads(line) for line in (tmp_path / "linked.jsonl").read_text().splitlines()]
    merged = [event for line in lines for event in line["multimedia_events"]]
    assert bool(merged) == bool(pairs)
    assert all("alignment" in event for event in merged)


def test_events_without_their_sentences_need_the_corpus(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.jsonl").write_text('{"doc_id": "d"}\n')
    result = run("link", "p.jsonl")
    assert (result.exit_code, "--data" in result.output) == (2, True)
    (tmp_path / "p.jsonl").write_text("")
    result = run("link", "p.jsonl", "--out", "new/linked.jsonl")
    assert (result.exit_code, "p.jsonl: no documents" in result.output) == (2, True)
    assert not (tmp_path / "new").exists()
