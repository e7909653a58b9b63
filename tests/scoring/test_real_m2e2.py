"""Scores on the real benchmark, where it is at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmpl.corpora.gold import read_gold
from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.records import Document
from rmpl.scoring import Counts, score

DATA = Path(__file__).parents[3] / "shared" / "data"
M2E2 = DATA / "m2e2"
PEER = DATA / "peer_predictions"

if not M2E2.is_dir():
    pytest.skip(f"no M2E2 in {M2E2}", allow_module_level=True)


@pytest.fixture(scope="module")
def gold() -> list[Document]:
    return read_gold(M2E2).documents


def test_gold_as_prediction_scores_100_on_every_strict_score(gold: list[Document]) -> None:
    scores = score(gold, gold)
    assert {task: counts.n_gold for task, counts in scores.items()} == {
        "text_emi": 1297,
        "text_are": 1966,
        "image_emi": 391,
        "image_are": 1429,
        "mm_emi": 309,
        "mm_are": 1048,
    }
    for counts in scores.values():
        assert (counts.p, counts.r, counts.f1) == (100.0, 100.0, 100.0)


def test_legacy_exceeds_100_and_loses_two_links_on_gold(gold: list[Document]) -> None:
    scores = score(gold, gold, "legacy")
    assert {task: counts.n_gold for task, counts in scores.items()} == {
        "text_emi": 1297,
        "text_are": 1949,
        "image_emi": 391,
        "image_are": 1429,
        "mm_emi": 309,
        "mm_are": 1119,
        "mm_emi_restricted": 309,
        "mm_are_restricted": 1119,
    }
    assert scores["image_are"].r > 100
    assert scores["mm_emi"].tp == 307


def test_camel_keeps_1285_boxes(gold: list[Document]) -> None:
    assert score(gold, gold, "without-props")["image_are"].n_gold == 1285


def test_the_lean_reader_reads_what_the_full_one_reads() -> None:
    lean, full = read_gold(M2E2, entities=True), list(read_m2e2(M2E2))
    assert [d.id for d in lean.documents] == [d.id for d in full]
    for name in ("text_events", "image_events", "links"):
        assert [getattr(d, name) for d in lean.documents] == [getattr(d, name) for d in full]
    assert lean.candidates is not None
    assert set(lean.candidates.sentences) == {s.id for d in full for s in d.sentences}
    assert set(lean.candidates.images) == {i.id for d in full for i in d.images}
    entities = {s.id: set(s.entities) for d in full for s in d.sentences}
    for document in lean.documents:
        assert all(set(s.entities) == entities[s.id] for s in document.sentences)


@pytest.mark.skipif(not PEER.is_dir(), reason=f"no detections in {PEER}")
def test_the_detections_of_another_system_score_as_published(gold: list[Document]) -> None:
    from rmpl.records import ImageEvent, Link, Span, TextEvent

    def lines(name: str) -> list[dict]:
        return [json.loads(line) for line in (PEER / name).read_text("utf-8").splitlines()]

    text = dict.fromkeys(
        (x["doc_id"], x["wnd_id"], x["start"], x["end"], x["event_type"])
        for x in lines("text_mentions.jsonl")
    )
    image = dict.fromkeys(
        (x["doc_id"], x["wnd_id"], x["trigger"]) for x in lines("image_mentions.jsonl")
    )
    predicted = []
    for name in {key[0] for key in (*text, *image)}:
        texts = [
            TextEvent(f"t{i}", key[1], key[4], Span(key[2], key[3]))
            for i, key in enumerate(k for k in text if k[0] == name)
        ]
        images = [
            ImageEvent(f"i{i}", key[1], key[2])
            for i, key in enumerate(k for k in image if k[0] == name)
        ]
        links = [Link(t.id, i.id) for t in texts for i in images if t.event_type == i.event_type]
        predicted.append(
            Document(name, text_events=tuple(texts), image_events=tuple(images), links=tuple(links))
        )
    strict, legacy = score(gold, predicted), score(gold, predicted, "legacy")
    assert strict["text_emi"] == Counts(843, 1739, 1297)
    assert strict["image_emi"] == Counts(231, 419, 391)
    assert round(strict["mm_emi"].f1, 1) == 19.4
    assert round(legacy["mm_emi"].f1, 2) == 23.35
    assert round(legacy["mm_emi_restricted"].f1, 1) == 61.9
    given = score(gold, predicted, "pairs-given-either")["mm_emi"]
    assert (given, round(given.f1, 1)) == (Counts(279, 309, 309), 90.3)
