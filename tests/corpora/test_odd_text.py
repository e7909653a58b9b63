"""Legal but unusual text, the same in every format: it is kept as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rmpl.corpora.registry import read_corpus
from rmpl.io.read_report import ReadReport
from rmpl.records import Span

WORDS = [
    "\u00a0",
    "a\u2009b",
    "\u200b",
    "e\u0301",
    "\U0001f600",
    "\ufeff",
    "x\u2028y",
    "''",
    "ﬁ",
    "\u202e",
]
# Crossing, nested and equal arguments, and a second event without any.
ARGUMENTS = [("Victim", 0, 4), ("Place", 2, 6), ("Agent", 3, 4), ("Instrument", 3, 4)]
KAIROS = {"Victim": "Victim", "Place": "Place", "Agent": "Killer", "Instrument": "Instrument"}
DIE, BARE = (7, 8), (8, 10)


def jmee() -> list[Any]:
    events = [
        {
            "event_type": "Life:Die",
            "trigger": {"start": start, "end": end},
            "arguments": [{"role": r, "start": s, "end": e} for r, s, e in arguments],
        }
        for (start, end), arguments in ((DIE, ARGUMENTS), (BARE, []))
    ]
    return [
        [
            {"words": WORDS, "golden-event-mentions": events},
            {"words": []},
        ]
    ]


def textee() -> list[Any]:
    ((first, _),) = jmee()
    event = {"doc_id": "d", "tokens": WORDS, "event_mentions": first["golden-event-mentions"]}
    return [{**event, "wnd_id": "d_0"}, {"doc_id": "d", "wnd_id": "d_1", "tokens": []}]


def oneie() -> list[Any]:
    entities = [{"id": f"e{n}", "start": s, "end": e} for n, (_, s, e) in enumerate(ARGUMENTS)]
    events = [
        {
            "event_type": "Life:Die",
            "trigger": {"start": start, "end": end},
            "arguments": [{"role": r, "entity_id": f"e{n}"} for n, (r, _, _) in arguments],
        }
        for (start, end), arguments in ((DIE, enumerate(ARGUMENTS)), (BARE, []))
    ]
    line = {"tokens": WORDS, "entity_mentions": entities, "event_mentions": events}
    return [
        {"doc_id": "d", "sent_id": "d_0", **line},
        {"doc_id": "d", "sent_id": "d_1", "tokens": []},
    ]


def dygiepp() -> list[Any]:
    first = [[7, "Life.Die"], *([s, e - 1, role] for role, s, e in ARGUMENTS)]
    events = [[first, [[8, 9, "Life.Die"]]], []]
    return [{"doc_key": "d", "sentences": [WORDS, []], "events": events}]


def rams() -> list[Any]:
    links = [[[7, 7], [s, e - 1], f"evt001arg01{KAIROS[role].lower()}"] for role, s, e in ARGUMENTS]
    record = {
        "doc_key": "d",
        "sentences": [[], WORDS],
        "evt_triggers": [[7, 7, [["life.die.deathcausedbyviolentevents", 1.0]]]],
        "gold_evt_links": links,
    }
    return [record]


def documents() -> list[Any]:
    text = "".join(WORDS)
    ends = [len("".join(WORDS[: n + 1])) for n in range(len(WORDS))]
    tokens = list(zip([0, *ends], ends, strict=False))
    event = {"sentence_id": "d_0", "event_type": "Life:Die"}
    arguments = [{"role": role, "span": [s, e]} for role, s, e in ARGUMENTS]
    events = [
        {**event, "id": "t1", "trigger": DIE, "arguments": arguments},
        {**event, "id": "t2", "trigger": BARE},
    ]
    sentences = [{"id": "d_0", "text": text, "tokens": tokens}, {"id": "d_1", "text": " \u00a0"}]
    return [{"id": "d", "sentences": sentences, "text_events": events}]


FORMATS: dict[str, Callable[[], list[Any]]] = {
    "jmee": jmee,
    "textee": textee,
    "oneie": oneie,
    "dygiepp": dygiepp,
    "rams": rams,
    "documents": documents,
}


def write(folder: Path, name: str, *, ascii_only: bool) -> Path:
    """Write the format's lines with characters as they are, or escaped."""
    path = folder / f"{name}.jsonl"
    lines = (json.dumps(line, ensure_ascii=ascii_only) for line in FORMATS[name]())
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("name", FORMATS)
def test_words_and_spans_are_kept(tmp_path: Path, name: str, ascii_only: bool) -> None:
    path = write(tmp_path, name, ascii_only=ascii_only)
    report = ReadReport()
    first, *_ = read_corpus(name, path, report=report, extents="published")
    assert first.sentences[0].words() == WORDS
    events = first.text_events
    assert [event.trigger for event in events] == [Span(*DIE), Span(*BARE)][: len(events)]
    assert len(events) == (1 if name == "rams" else 2)
    assert [(a.role, a.span.start, a.span.end) for a in events[0].arguments] == ARGUMENTS
    assert all(event.arguments == () for event in events[1:])
    assert report.used["sentences"] == (1 if name == "rams" else 2)
    assert not report.left_out


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "rams"])
def test_a_sentence_without_words_is_kept(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, ascii_only=False)
    sentences = [s for document in read_corpus(name, path) for s in document.sentences]
    assert [len(sentence.tokens) for sentence in sentences] == [len(WORDS), 0]
