"""All types of a corpus or those of a schema, phrases or heads, and the schema that shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import ATTACK, DIE, document, image_event, text_event
from rmpl.corpora.corpus import Corpus, Request
from rmpl.corpora.observed import observed_schema
from rmpl.corpora.registry import CORPORA, read_corpus
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.ontology import EventType, Ontology

RECORD = {
    "doc_key": "d",
    "sentences": [["The", "old", "soldiers", "bought", "bread", "in", "Kyiv"]],
    "evt_triggers": [[3, 3, [["transaction.transaction.buy", 1.0]]]],
    "gold_evt_links": [
        [[3, 3], [0, 2], "evt001arg01recipient"],
        [[3, 3], [6, 6], "evt001arg02place"],
    ],
}


def test_rams_keeps_every_type(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonlines"
    path.write_text(json.dumps(RECORD))
    assert list(read_corpus("rams", path)) == []
    (one,) = read_corpus("rams", path, types="all")
    (event,) = one.text_events
    assert one.partial
    assert event.event_type == "transaction.transaction.buy"
    assert [a.role for a in event.arguments] == ["recipient", "place"]
    assert one.sentences[0].slice(event.arguments[0].span) == "The old soldiers"
    (one,) = read_corpus("rams", path, types="all", extents="heads")
    assert one.sentences[0].slice(one.text_events[0].arguments[0].span) == "soldiers"


@pytest.mark.parametrize("name", ["jmee.json", "oneie.jsonl", "textee.jsonl", "dygiepp.jsonl"])
def test_variants_of_ace_keep_every_type_and_role(twins: Path, name: str) -> None:
    corpus, path, narrow = name.partition(".")[0], twins / name, Ontology("none", {})
    usual = [e for d in read_corpus(corpus, path) for e in d.text_events]
    mapped = [e for d in read_corpus(corpus, path, ontology=narrow) for e in d.text_events]
    every = read_corpus(corpus, path, ontology=narrow, types="all")
    assert mapped == []
    assert [e for d in every for e in d.text_events] == usual != []


def test_real_corpora_keep_every_event(real_data: Callable[[str], Path]) -> None:
    for name, count in (("rams", 924), ("wikievents", 345)):
        documents = read_corpus(name, real_data(name), split="dev", types="all")
        assert sum(len(one.text_events) for one in documents) == count


def test_which_corpora_are_reduced() -> None:
    def reduces(corpus: Corpus, **asked: str) -> bool:
        return corpus.reduces(Request(Path(), None, None, "raise", ReadReport(), **asked))  # type: ignore[arg-type]

    assert {name for name, one in CORPORA.items() if reduces(one)} == {
        "rams",
        "rams_loose",
        "rams_silver",
        "framenet",
        "framenet_examples",
        "propbank",
    }
    assert not any(reduces(one, types="all") for one in CORPORA.values())
    assert not any(reduces(one, extents="published") for one in CORPORA.values())
    asked = {name for name, one in CORPORA.items() if reduces(one, extents="heads", types="all")}
    assert {"jmee", "ace"} <= asked
    assert not {"m2e2", "wikievents", "ace_heads", "documents"} & asked


def test_unknown_choices_are_named(tmp_path: Path) -> None:
    with pytest.raises(RmplError, match="types 'some' is unknown; use mapped or all"):
        read_corpus("rams", tmp_path, types="some")  # type: ignore[arg-type]
    with pytest.raises(RmplError, match="extents 'long' is unknown; use published or heads"):
        read_corpus("rams", tmp_path, extents="long")  # type: ignore[arg-type]


def test_the_schema_that_documents_show() -> None:
    documents = [
        document(text_event("t1", 0, kind=DIE)),
        document(
            text_event("t1", 0, ("Target", 1), ("Place", 2)),
            text_event("t2", 3, ("Place", 2)),
            image_event("i1", ("Attacker", 1, 1, 9, 9)),
        ),
    ]
    schema = observed_schema(documents, "seen")
    assert schema.name == "seen"
    assert list(schema.events) == [ATTACK, DIE]
    assert schema.events[ATTACK] == EventType("", ("Place", "Target"), ("Attacker",))
    assert schema.events[DIE].roles == ()
