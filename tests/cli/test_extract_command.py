"""``rmpl extract`` and ``rmpl link`` from the command line, on a model with random weights."""

import csv
import gzip
import json
from collections import Counter

import PIL.Image
import pytest
from typer.testing import CliRunner

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")

from rmpl.cli.main import app
from rmpl.predictions import exports
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
    *_, skipped, last = result.output.splitlines()
    assert skipped == "skipped: 1, listed above"
    assert "in 3 documents" in last or "of 3 documents" in last
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


def interrupted_at(monkeypatch, count):
    """Let Ctrl-C be pressed when so many documents are done."""
    append = ResultsFile.append

    def interrupted(self, line):
        if len(self.done) == count:
            raise KeyboardInterrupt
        append(self, line)

    monkeypatch.setattr(ResultsFile, "append", interrupted)


def names(folder):
    return sorted(one.name for one in folder.iterdir() if one.is_file())


def test_a_table_is_made_of_the_lines_beside_it(articles, run, tmp_path, monkeypatch):
    with monkeypatch.context() as killed:
        interrupted_at(killed, 1)
        result = run("extract", "news", "--out", "events.csv")
    assert result.exit_code == 130
    assert (
        "1 document finished, in events.jsonl; run the same command with --resume" in result.output
    )
    assert names(tmp_path) == ["events.jsonl", "events.jsonl.about.json"]
    result = run("extract", "news", "--out", "events.csv", "--resume", "--html", "page.html")
    assert result.exit_code == 0, result.output
    with (tmp_path / "events.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    written = [e for line in lines for e in (*line["text_events"], *line["image_events"])]
    assert [row["event"] for row in rows] == [event["id"] for event in written]
    assert len({row["document"] for row in rows}) == 3
    *files, last = result.stdout.splitlines()
    assert files == [
        "events: events.jsonl, 3 documents, 1 of them from earlier runs",
        "table: events.csv",
        "table: events-arguments.csv",
        "page: page.html",
    ]
    [(kind, count), *_] = Counter(row["event_type"] for row in rows).most_common()
    assert last.startswith(f"{len(rows)} events in 3 documents: {kind} {count}")
    # The same by the other command.
    assert run("table", "events.jsonl", "--out", "other.csv", model=None).exit_code == 0
    for name in ("{}.csv", "{}-arguments.csv"):
        both = [(tmp_path / name.format(one)).read_bytes() for one in ("events", "other")]
        assert both[0] == both[1]


def test_a_table_in_the_folder_that_is_read_is_none_of_its_articles(articles, run, monkeypatch):
    for name in ("one", "two"):
        (articles / name / "article.txt").unlink()  # photos alone
    with monkeypatch.context() as killed:
        interrupted_at(killed, 1)
        assert run("extract", "news", "--out", "news/e.csv").exit_code == 130
    for _ in range(2):
        result = run("extract", "news", "--out", "news/e.csv", "--html", "news/e.html", "--resume")
        assert result.exit_code == 0, result.output
        found = ["news/one/photo.jpg", "news/three/article.txt", "news/two/photo.jpg"]
        assert ids(articles / "e.jsonl") == found
    written = ["e-arguments.csv", "e.csv", "e.html", "e.jsonl", "e.jsonl.about.json"]
    assert names(articles) == written
    # Another output is made of the articles, not of those results.
    assert run("table", "news/e.jsonl", "--out", "news/e.parquet", model=None).exit_code == 0
    (articles / "e.jsonl.gz").write_bytes(gzip.compress((articles / "e.jsonl").read_bytes()))
    result = run("extract", "news", "--out", "other.jsonl")
    assert result.exit_code == 0, result.output
    assert ids(articles.parent / "other.jsonl") == found
    assert "left out: 8 x file that rmpl wrote, which is no article (e.g. news/e-" in result.stderr


def test_events_with_a_low_score_are_left_out(articles, run, tmp_path):
    assert run("extract", "news", "--out", "all.jsonl").exit_code == 0
    result = run("extract", "news", "--out", "few.jsonl", "--min-score", "1")
    assert result.exit_code == 0, result.output
    some = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    low = sum(e["score"] < 1 for one in some for e in (*one["text_events"], *one["image_events"]))
    assert f"left out: {low} events below --min-score 1\n" in result.output
    assert low
    for line in (tmp_path / "few.jsonl").read_text().splitlines():
        found = json.loads(line)
        assert all(e["score"] == 1 for e in (*found["text_events"], *found["image_events"]))
    result = run("extract", "news", "--out", "few.jsonl", "--resume")
    assert (result.exit_code, "another min_score" in result.output) == (2, True)


def test_standard_output_has_nothing_but_lines(articles, run):
    result = run("extract", "news/one", "--out", "-")
    assert result.exit_code == 0, result.output
    [line] = result.stdout.splitlines()
    assert json.loads(line)["doc_id"] == "news/one/article.txt"
    assert " in 1 document" in result.stderr.splitlines()[-1]


def test_a_table_that_cannot_be_written_says_where_the_events_are(articles, run, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("rmpl.predictions.table_files.csv.writer", full)
        result = run("extract", "news/one", "--out", "events.csv")
    assert result.exit_code == 2
    assert result.output.splitlines()[-1] == (
        "rmpl: events-arguments.csv: cannot be written (No space left on device); the events are "
        "in events.jsonl: rmpl table events.jsonl --out events.csv"
    )
    assert names(articles.parent) == ["events.jsonl", "events.jsonl.about.json"]
    result = run("extract", "news/one", "--out", "events.csv")
    assert "events.jsonl: already exists, and is where the events of events.csv" in result.output


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


@pytest.mark.parametrize("out", ["events.csv", "events.graphml", "events.jsonl"])
def test_ctrl_c_after_the_last_document_says_how_to_get_the_file(
    articles, run, tmp_path, monkeypatch, out
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    words = ("extract", "news", "--out", out, "--html", "page.html")
    with monkeypatch.context() as killed:
        killed.setattr(exports, "export", interrupted)
        killed.setattr("rmpl.viewer.extraction.write_extraction", interrupted)
        result = run(*words)
    assert result.exit_code == 130
    *_, said = result.output.splitlines()
    assert said.startswith("rmpl: interrupted; 3 documents finished, in events.jsonl; ")
    assert "--resume" in said
    assert (f"rmpl table events.jsonl --out {out}" in said) == (out != "events.jsonl")
    assert names(tmp_path) == ["events.jsonl", "events.jsonl.about.json"]
    if out != "events.jsonl":
        assert run("table", "events.jsonl", "--out", out, model=None).exit_code == 0
    result = run(*words, "--resume")
    assert result.exit_code == 0, result.output
    assert {out, "page.html"} <= set(names(tmp_path))


def test_ctrl_c_while_writing_to_standard_output_promises_nothing(articles, run, monkeypatch):
    interrupted_at(monkeypatch, 1)
    result = run("extract", "news", "--out", "-")
    assert result.exit_code == 130
    assert "rmpl: interrupted; 1 document finished; to continue later, write to a file" in (
        result.stderr
    )
    assert "--resume" not in result.output
