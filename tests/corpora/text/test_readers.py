"""The readers of text event corpora: one made-up document in each format, and the real files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rmpl.corpora.ace.dygiepp import read_dygiepp
from rmpl.corpora.ace.jmee import read_jmee
from rmpl.corpora.ace.oneie import read_oneie
from rmpl.corpora.ace.raw import read_ace
from rmpl.corpora.ace.textee import read_textee
from rmpl.corpora.rams import read_rams
from rmpl.corpora.registry import read_corpus
from rmpl.corpora.wikievents import read_wikievents
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.ontology import EventType, Ontology
from rmpl.records import Document

Reader = Callable[..., Iterator[Document]]
EventAnnotation = tuple[tuple[str, ...], str, str, tuple[tuple[str, str], ...]]

READERS: dict[str, Reader] = {
    "jmee.json": read_jmee,
    "oneie.jsonl": read_oneie,
    "textee.jsonl": read_textee,
    "dygiepp.jsonl": read_dygiepp,
    "SYN_EN_0001.sgm": read_ace,
}


def told(documents: Iterator[Document]) -> list[EventAnnotation]:
    """Every event in words, so that formats with other ids and spacing can be compared."""
    found = []
    for document in documents:
        sentences = {sentence.id: sentence for sentence in document.sentences}
        for event in document.text_events:
            sentence = sentences[event.sentence_id]
            arguments = tuple((a.role, sentence.slice(a.span)) for a in event.arguments)
            trigger = sentence.slice(event.trigger)
            found.append((tuple(sentence.words()), event.event_type, trigger, arguments))
    return found


@pytest.mark.parametrize("name", READERS)
def test_every_format_gives_the_same_events(twins: Path, name: str) -> None:
    if name.endswith(".sgm"):
        pytest.importorskip("nupunkt")
        pytest.importorskip("nltk")
    report = ReadReport()
    events = told(READERS[name](twins / name, report=report))
    assert len(events) == 8
    assert events == told(read_textee(twins / "textee.jsonl"))
    assert not report.left_out
    assert report.used["sentences"] == 6
    assert report.used["text arguments"] == 19


@pytest.mark.parametrize("name", ["oneie.jsonl", "textee.jsonl", "dygiepp.jsonl"])
def test_a_broken_line_is_named_or_counted(twins: Path, tmp_path: Path, name: str) -> None:
    lines = (twins / name).read_text().splitlines()
    path = tmp_path / name
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(["{}", *lines, "not json"]).encode())
    with pytest.raises(RmplError, match=rf"{name}:1: not a valid record"):
        list(READERS[name](path))
    report = ReadReport()
    assert len(told(READERS[name](path, on_error="count", report=report))) == 8
    assert report.left_out.total() == 2


def test_sentences_of_one_document_are_put_together(twins: Path) -> None:
    (document,) = read_oneie(twins / "oneie.jsonl")
    assert document.id == "SYN_EN_0001"
    assert [event.id for event in document.text_events] == [f"t{n}" for n in range(1, 9)]


def test_a_document_that_comes_again_is_refused(twins: Path, tmp_path: Path) -> None:
    first, second, *_ = (twins / "oneie.jsonl").read_text().splitlines()
    other = second.replace("SYN_EN_0001", "OTHER")
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([first, other, second]))
    with pytest.raises(RmplError, match=r"a\.jsonl:3: repeated document id 'SYN_EN_0001'"):
        list(read_oneie(path))
    assert len(list(read_oneie(path, on_error="count"))) == 2


def test_an_argument_without_a_mention_is_refused(twins: Path, tmp_path: Path) -> None:
    record = json.loads((twins / "oneie.jsonl").read_text().splitlines()[0])
    record["entity_mentions"] = []
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record))
    with pytest.raises(RmplError, match="unknown entity mention"):
        list(read_oneie(path))


def test_an_entity_mention_that_comes_twice_is_refused(twins: Path, tmp_path: Path) -> None:
    record = json.loads((twins / "oneie.jsonl").read_text().splitlines()[0])
    first, second, *_ = record["entity_mentions"]
    second["id"] = first["id"]
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record))
    with pytest.raises(RmplError, match=r"a\.jsonl:1: a repeated entity mention id"):
        list(read_oneie(path))


def test_an_argument_that_comes_twice_is_counted(twins: Path, tmp_path: Path) -> None:
    record = json.loads((twins / "textee.jsonl").read_text().splitlines()[0])
    (event,) = record["event_mentions"]
    event["arguments"] += event["arguments"][:2]
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record))
    report = ReadReport()
    (document,) = read_textee(path, report=report)
    assert len(document.text_events[0].arguments) == 3
    assert report.left_out == {"a repeated argument of an event": 2}


DYGIE = {
    "doc_key": "d",
    "sentences": [["a", "b"], ["c", "d"]],
    "events": [[], [[[2, "Life.Die"], [3, 3, "Victim"]]]],
}


def test_dygiepp_counts_words_from_the_sentences_start(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    shifted = {**DYGIE, "_sentence_start": [10, 12], "events": [[], [[[12, "Life.Die"]]]]}
    for record, arguments in ((DYGIE, (("Victim", "d"),)), (shifted, ())):
        path.write_text(json.dumps(record))
        assert told(read_dygiepp(path)) == [(("c", "d"), "Life:Die", "c", arguments)]


@pytest.mark.parametrize(
    "more",
    [
        {"events": [[]]},
        {"events": [[[["x", 1]]], []]},
        {"events": [[[[0, "Life.Die"], [1, "Victim"]]], []]},
        {"events": [[[[3, "Life.Die"]]], []]},
        {"sentences": [["a", ""], ["c"]], "events": []},
        {"doc_key": "", "sentences": [], "events": []},
    ],
)
def test_dygiepp_that_does_not_fit_is_refused(tmp_path: Path, more: dict[str, object]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({**DYGIE, **more}))
    with pytest.raises(RmplError, match=r"a\.jsonl:1"):
        list(read_dygiepp(path))


def test_rams_keeps_the_sentence_of_the_trigger_only(twins: Path) -> None:
    (document,) = read_rams(twins / "rams.jsonlines")
    assert len(document.sentences) == 1
    words = tuple("Rebels attacked a convoy near Harbor City on Tuesday .".split())
    arguments = (("Attacker", "Rebels"),)
    assert told(iter([document])) == [(words, "Conflict:Attack", "attacked", arguments)]


def test_a_schema_may_name_the_corpus_own_types(twins: Path) -> None:
    raw = json.loads((twins / "rams.jsonlines").read_text().splitlines()[0])
    own = raw["evt_triggers"][0][2][0][0]
    bombing = EventType("a bomb goes off", text=("attacker",), image=())
    report = ReadReport()
    narrow = Ontology("bombs", {own: bombing})
    (document,) = read_corpus("rams", twins / "rams.jsonlines", ontology=narrow, report=report)
    (event,) = document.text_events
    assert (event.event_type, [a.role for a in event.arguments]) == (own, ["attacker"])
    other = Ontology("other", {"Life:Die": bombing})
    assert not list(read_corpus("rams", twins / "rams.jsonlines", ontology=other))


@pytest.mark.parametrize(
    ("split", "records", "exact", "with_loose"), [("dev", 924, 345, 412), ("test", 871, 323, 386)]
)
def test_the_real_rams(
    real_data: Callable[[str], Path], split: str, records: int, exact: int, with_loose: int
) -> None:
    folder = real_data("rams")
    mapping = json.loads((folder / "rams_to_m2e2.json").read_text())
    path = folder / f"{split}.jsonlines"
    types = [json.loads(line)["evt_triggers"][0][2][0][0] for line in path.read_text().splitlines()]
    notes = [mapping[t]["note"] for t in types if mapping[t]["m2e2_type"]]
    for loose, expected in ((False, exact), (True, with_loose)):
        report = ReadReport()
        documents = list(read_rams(path, loose=loose, report=report))
        assert report.used["records"] == records
        assert len(documents) == expected
        assert expected == sum(loose or not note.startswith("loose") for note in notes)


@pytest.mark.parametrize(
    ("split", "sentences", "events", "outside"), [("dev", 378, 196, 2), ("test", 492, 206, 3)]
)
def test_the_real_wikievents(
    real_data: Callable[[str], Path], split: str, sentences: int, events: int, outside: int
) -> None:
    folder = real_data("wikievents")
    mapping = json.loads((folder / "wikievents_to_m2e2.json").read_text())
    path = folder / f"{split}.jsonl"
    raw = [json.loads(line) for line in path.read_text().splitlines()]
    report = ReadReport()
    documents = list(read_wikievents(path, report=report))
    assert len(documents) == 20
    assert report.used["sentences"] == sentences
    assert report.used["text events"] == events
    assert report.left_out["an argument outside the trigger's sentence"] == outside
    assert events == sum(
        "LOOSE" not in mapping.get(e["event_type"], {"note": "LOOSE"})["note"]
        and mapping[e["event_type"]]["m2e2_type"] is not None
        for r in raw
        for e in r["event_mentions"]
    )
    for document, record in zip(documents, raw, strict=True):
        words = [word for sentence in document.sentences for word in sentence.words()]
        assert words == record["tokens"]
