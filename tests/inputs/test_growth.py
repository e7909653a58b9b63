"""No text takes a reader more than 2.5 times the work when it is twice as long."""

import json
import re

import pytest

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")
pytest.importorskip("inscriptis")

from repeated_texts import KINDS, grows_too_fast
from rmpl.corpora.captions import say
from rmpl.inputs.reading import Reader
from rmpl.inputs.sources import find_sources
from rmpl.io.read_report import ReadReport
from rmpl.io.segmentation import sentence_spans, word_spans

pytestmark = pytest.mark.slow


def failures(read, length):
    read("He fell. She ran.")  # what is loaded once is loaded
    growth = {kind: grows_too_fast(read, kind, length) for kind in KINDS}
    return {kind: found for kind, found in growth.items() if found is not None}


@pytest.mark.parametrize(("split", "length"), [(sentence_spans, 10_000), (word_spans, 5_000)])
def test_sentences_and_words(split, length):
    assert not failures(split, length)


def test_templates_of_captions():
    assert not failures(lambda text: say(f"in AGENT {text}", ["agent"], {}), 20_000)


def of_texts(text):
    return json.dumps({"text": text})


@pytest.mark.parametrize(
    ("ending", "written"),
    [
        ("txt", str), ("md", str), ("html", str),
        ("jsonl", str), ("json", str), ("jsonl", of_texts),
    ],
)  # fmt: skip
def test_files(tmp_path, monkeypatch, ending, written):
    # Sentences and words are looked for above; here it is all the rest.
    monkeypatch.setattr("rmpl.inputs.sentences.sentence_spans", lambda text: [(0, len(text))])
    monkeypatch.setattr(
        "rmpl.inputs.sentences.word_spans",
        lambda text: [match.span() for match in re.finditer(r"\S+", text)],
    )
    path = tmp_path / f"a.{ending}"

    def read(text):
        path.write_text(written(text), "utf-8", newline="")
        report, told = ReadReport(), []
        sources = find_sources([str(path)], report, told.append)
        list(Reader(report, told.append).read(sources))

    assert not failures(read, 40_000)
