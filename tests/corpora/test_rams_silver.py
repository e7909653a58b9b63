"""RAMS's unannotated sentences: labelled by words, left out where a word may be an event."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from rmpl.corpora.rams_silver import load_silver_words
from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.ontology import load_ontology
from rmpl.records import Document

DIE = "life.die.deathcausedbyviolentevents"


def record(
    name: str, sentences: list[str], trigger: str, event_type: str = DIE
) -> dict[str, object]:
    words = [sentence.split() for sentence in sentences]
    place = [word for sentence in words for word in sentence].index(trigger)
    return {
        "doc_key": name,
        "sentences": words,
        "evt_triggers": [[place, place, [[event_type, 1.0]]]],
        "gold_evt_links": [],
    }


def read(folder: Path, *records: object) -> tuple[list[Document], ReadReport]:
    path = folder / "dev.jsonlines"
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    report = ReadReport()
    return list(read_corpus("rams_silver", path, report=report)), report


def events(documents: list[Document]) -> list[tuple[str, str]]:
    sentences = {s.id: s for d in documents for s in d.sentences}
    return [
        (e.event_type, " ".join(sentences[e.sentence_id].words()[e.trigger.start : e.trigger.end]))
        for d in documents
        for e in d.text_events
    ]


def test_listed_words_are_events_and_sentences_without_any_are_negatives(tmp_path: Path) -> None:
    documents, _ = read(
        tmp_path,
        record(
            "a",
            ["He said so .", "Two men perished .", "Thousands protested in Lima ."],
            "perished",
        ),
    )
    assert events(documents) == [("Life:Die", "perished"), ("Conflict:Demonstrate", "protested")]
    assert [s.text for d in documents for s in d.sentences] == [
        "He said so .",
        "Two men perished .",
        "Thousands protested in Lima .",
    ]
    assert not any(document.partial for document in documents)


def test_a_word_that_may_be_an_event_leaves_its_sentence_out(tmp_path: Path) -> None:
    documents, report = read(
        tmp_path,
        record(
            "a",
            [
                "Two men perished in the attack .",  # another event, unmarked
                "They went home .",  # a weak word, and no event
                "Thousands protested and went home .",  # a weak word beside an event
                "Police in riot gear watched .",  # only modifies
            ],
            "perished",
        ),
    )
    assert events(documents) == [("Conflict:Demonstrate", "protested")]
    assert report.left_out["a sentence with a word that may be an event"] == 3


def test_sentences_of_overlapping_windows_are_read_once_with_the_events_of_both(
    tmp_path: Path,
) -> None:
    shared = "Gunmen murdered two men and detained a third ."
    detained = record(
        "b", [shared, "He lied ."], "detained", "justice.arrestjaildetain.arrestjaildetain"
    )
    documents, report = read(tmp_path, record("a", [shared], "murdered"), detained)
    assert events(documents) == [("Life:Die", "murdered"), ("Justice:Arrest-Jail", "detained")]
    assert report.left_out["a sentence of another window"] == 1


def test_near_types_are_neither_events_nor_negatives(tmp_path: Path) -> None:
    near = record("a", ["They threatened him ."], "threatened", "contact.threatencoerce.meet")
    documents, report = read(tmp_path, near)
    assert not documents
    assert report.left_out["a sentence with a word that may be an event"] == 1


def test_it_has_no_types_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonlines"
    path.write_text(json.dumps(record("a", ["He died ."], "died")))
    with pytest.raises(RmplError, match="types of its word list only"):
        list(read_corpus("rams_silver", path, types="all"))


def test_the_word_list_leads_into_the_inventory() -> None:
    words = load_silver_words()
    assert words.events.keys() <= load_ontology("m2e2").events.keys()
    assert not set(words.doubtful) & set(words.weak)


def test_counts_of_the_real_corpus(real_data: Callable[[str], Path]) -> None:
    found: Counter[str] = Counter()
    sentences = 0
    for split in ("dev", "test"):
        documents = list(read_corpus("rams_silver", real_data("rams") / f"{split}.jsonlines"))
        sentences += sum(len(document.sentences) for document in documents)
        found.update(event_type for event_type, _ in events(documents))
    assert sentences == 3_935
    assert found["Conflict:Demonstrate"] == 40
    assert found.total() == 402
