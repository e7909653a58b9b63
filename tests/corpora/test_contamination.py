from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("datasketch")

from rmpl.corpora.contamination import LeakageGuard
from rmpl.corpora.registry import read_corpus
from rmpl.io.read_report import ReadReport
from rmpl.io.tokens import sentence_from_words
from rmpl.records import Document, Image

TEXT = "Police in the capital arrested nine protesters near the old bridge on Sunday morning"


def document(name: str, text: str = "") -> Document:
    sentences = (sentence_from_words(f"{name}_0", text.split(), where=name),) if text else ()
    return Document(name, sentences=sentences, images=(Image(f"{name}_7"),))


GUARD = LeakageGuard([document("TEST", TEXT), document("SHORT", "He said no .")])


@pytest.mark.parametrize(
    "copied",
    [
        TEXT,
        TEXT.upper(),
        TEXT.replace("arrested", "arrested ,") + " .",
        f"{TEXT} again",
    ],
)
def test_near_copies_of_a_test_sentence_are_recognised(copied: str) -> None:
    reason = GUARD.overlap(document("TRAIN", copied))
    assert reason is not None
    assert "TEST_0" in reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "He said no .",
        "Police in the capital arrested two men near the new market on Friday evening",
        "Rebels attacked a convoy near the harbour on Tuesday",
    ],
)
def test_other_sentences_pass(text: str) -> None:
    assert GUARD.overlap(document("TRAIN", text)) is None


def test_shared_ids_are_recognised() -> None:
    assert GUARD.overlap(document("TEST")) == "the id 'TEST' is in the test data"
    pictured = Document("OTHER", images=(Image("TEST_7"),))
    assert GUARD.overlap(pictured) == "the id 'TEST_7' is in the test data"


def test_overlaps_are_dropped_and_counted() -> None:
    report = ReadReport()
    good = document("TRAIN", "Nothing of this kind was ever written in any newspaper before")
    kept = list(GUARD.keep_clean([good, document("COPY", TEXT)], report))
    assert kept == [good]
    assert report.left_out == {"overlap with the test data": 1}
    assert report.cases["overlap with the test data"][0].startswith("COPY: ")


def test_every_real_test_document_is_recognised(real_data: Callable[[str], Path]) -> None:
    test = list(read_corpus("m2e2", real_data("m2e2")))
    guard = LeakageGuard(test)
    report = ReadReport()
    assert list(guard.keep_clean(test[:60], report)) == []
    renamed = [
        Document(
            f"x{d.id}",
            tuple(sentence_from_words(f"x{s.id}", s.words(), where="") for s in d.sentences),
        )
        for d in test[:20]
    ]
    assert list(guard.keep_clean(renamed, report)) == [d for d in renamed if not d.sentences]
    free = list(read_corpus("wikievents", real_data("wikievents"), split="dev"))
    assert list(guard.keep_clean(free, report)) == free
