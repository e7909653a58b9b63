from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmpl.corpora.contamination import ContaminationCheck
from rmpl.corpora.registry import read_corpus
from rmpl.io.read_report import ReadReport
from rmpl.io.tokens import sentence_from_words
from rmpl.records import Document, Image

TEXT = "Police in the capital arrested nine protesters near the old bridge on Sunday morning"


def document(name: str, text: str = "") -> Document:
    sentences = (sentence_from_words(f"{name}_0", text.split(), where=name),) if text else ()
    return Document(name, sentences=sentences, images=(Image(f"{name}_7"),))


CHECK = ContaminationCheck([document("TEST", TEXT), document("SHORT", "He said no .")])


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
    reason = CHECK.overlap(document("TRAIN", copied))
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
    assert CHECK.overlap(document("TRAIN", text)) is None


def test_shared_ids_are_recognised() -> None:
    assert CHECK.overlap(document("TEST")) == "the id 'TEST' is in the test data"
    pictured = Document("OTHER", images=(Image("TEST_7"),))
    assert CHECK.overlap(pictured) == "the id 'TEST_7' is in the test data"


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[start : start + 3]) for start in range(len(words) - 2)}


def jaccard(one: str, other: str) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


# Few words, so that many sentences share some shingles, and lengths of 0.8 * n near whole numbers.
sentences = st.lists(st.sampled_from("abc"), min_size=6, max_size=40).map(" ".join)
lengths = st.integers(min_value=6, max_value=60)


@settings(max_examples=60)
@given(
    test=st.lists(sentences, min_size=1, max_size=12),
    other=sentences,
    threshold=st.sampled_from([0.3, 0.5, 0.7, 0.8, 0.9, 1.0]),
)
def test_the_search_finds_what_comparing_every_pair_finds(
    test: list[str], other: str, threshold: float
) -> None:
    long_enough = [
        (f"T{number}_0", text)
        for number, text in enumerate(test)
        if min(len(shingles(text)), len(shingles(other))) >= 4
    ]
    near = [name for name, text in long_enough if jaccard(text, other) >= threshold]
    check = ContaminationCheck(
        (document(f"T{number}", text) for number, text in enumerate(test)), threshold=threshold
    )
    found = check.overlap(document("TRAIN", other))
    assert found == (f"a sentence is nearly the test data's {min(near)!r}" if near else None)


@given(shared=lengths, extra=lengths)
def test_a_sentence_that_is_exactly_at_the_threshold_is_found(shared: int, extra: int) -> None:
    words = [f"w{number}" for number in range(shared + 2)]
    longer = [*words, *(f"x{number}" for number in range(extra))]
    check = ContaminationCheck(
        [document("TEST", " ".join(words))], threshold=shared / (shared + extra)
    )
    assert check.overlap(document("TRAIN", " ".join(longer))) is not None


def test_two_test_sentences_of_one_id_are_both_known() -> None:
    other = "Rebels attacked a convoy near the harbour on Tuesday and burnt three lorries"
    check = ContaminationCheck([document("TEST", TEXT), document("TEST", other)])
    assert (
        check.overlap(document("TRAIN", other)) == "a sentence is nearly the test data's 'TEST_0'"
    )


def test_overlaps_are_dropped_and_counted() -> None:
    report = ReadReport()
    good = document("TRAIN", "Nothing of this kind was ever written in any newspaper before")
    kept = list(CHECK.keep_clean([good, document("COPY", TEXT)], report))
    assert kept == [good]
    assert report.left_out == {"overlap with the test data": 1}
    assert report.cases["overlap with the test data"][0].startswith("COPY: ")


def test_every_real_test_document_is_recognised(real_data: Callable[[str], Path]) -> None:
    test = list(read_corpus("m2e2", real_data("m2e2")))
    check = ContaminationCheck(test)
    report = ReadReport()
    assert list(check.keep_clean(test[:60], report)) == []
    renamed = [
        Document(
            f"x{d.id}",
            tuple(sentence_from_words(f"x{s.id}", s.words(), where="") for s in d.sentences),
        )
        for d in test[:20]
    ]
    assert list(check.keep_clean(renamed, report)) == [d for d in renamed if not d.sentences]
    free = list(read_corpus("wikievents", real_data("wikievents"), split="dev"))
    assert list(check.keep_clean(free, report)) == free
