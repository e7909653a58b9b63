"""Own documents against the schema they are read for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rmpl.corpora.registry import find_corpus, read_corpus
from rmpl.errors import RmplError
from rmpl.inputs.records import text_document
from rmpl.io.read_report import ReadReport
from rmpl.ontology import load_ontology
from rmpl.predictions.results import is_extracted

SENTENCE = {"id": "s", "text": "Police arrested Ana Reyes."}
ARREST = "Justice:Arrest-Jail"


def write(folder: Path, name: str = "own.jsonl", **changes: Any) -> Path:
    event = {"id": "t", "sentence_id": "s", "event_type": ARREST, "trigger": [1, 2]}
    event |= {"arguments": [{"role": "Agent", "span": [0, 1]}]} | changes.pop("event", {})
    line = {"id": "d", "sentences": [SENTENCE], "text_events": [event]} | changes
    path = folder / name
    path.write_text(json.dumps(line) + "\n")
    return path


def check(path: Path, **options: Any) -> ReadReport:
    report = ReadReport()
    ontology = load_ontology("m2e2")
    list(
        read_corpus(
            "documents", path, on_error="count", report=report, ontology=ontology, **options
        )
    )
    return report


IMAGE = {"images": [{"id": "p"}], "image_events": [{"id": "i", "image_id": "p"}]}
BROKEN = {
    "unknown event type 'Justice:Arrest-jail' (did you mean 'Justice:Arrest-Jail'?)": {
        "event": {"event_type": "Justice:Arrest-jail"}
    },
    "unknown role 'agent' of Justice:Arrest-Jail in text (did you mean 'Agent'?)": {
        "event": {"arguments": [{"role": "agent", "span": [0, 1]}]}
    },
    "unknown event type 'Life:Dye' (did you mean 'Life:Die'?)": {
        **IMAGE,
        "image_events": [{"id": "i", "image_id": "p", "event_type": "Life:Dye"}],
    },
    "unknown key 'args' in text_events (did you mean 'arguments'?)": {"event": {"args": []}},
    "text that is not what its span says": {"event": {"trigger_text": "was arrested"}},
    "a token with blanks at its ends": {
        "sentences": [{**SENTENCE, "tokens": [[0, 7], [7, 15], [16, 25]]}]
    },
}


@pytest.mark.parametrize("said", BROKEN)
def test_what_does_not_fit_the_schema_is_named_by_line(tmp_path: Path, said: str) -> None:
    path = write(tmp_path, **BROKEN[said])
    report = check(path)
    assert report.left_out == {said: 1}
    assert report.cases[said][0].startswith(f"{path}:1")
    assert report.refused == 1
    with pytest.raises(RmplError, match=rf"own\.jsonl:1.*{said[:20]}"):
        list(read_corpus("documents", path, ontology=load_ontology("m2e2")))
    list(read_corpus("documents", path))  # as gold, or to convert, they are read as they are


def test_every_problem_of_a_document_is_counted(tmp_path: Path) -> None:
    arguments = [{"role": role, "span": [0, 1]} for role in ("agent", "Suspect", "Person")]
    report = check(write(tmp_path, event={"arguments": arguments}))
    assert report.refused == 2


def test_all_types_are_read_where_the_schema_does_not_count(tmp_path: Path) -> None:
    report = check(write(tmp_path, event={"event_type": "My:Own"}), types="all")
    assert report.used["documents"] == 1
    situation = {"id": "i", "image_id": "p", "event_type": "situation:eating"}
    report = check(write(tmp_path, images=[{"id": "p"}], image_events=[situation]))
    assert report.used["documents"] == 1


def test_an_extracted_line_that_was_corrected_by_half(tmp_path: Path) -> None:
    trigger = {"start": 1, "end": 2, "text": "Police"}
    event = {"id": "t", "sentence_id": "s", "event_type": ARREST, "trigger": trigger}
    sentence = {**SENTENCE, "tokens": [[0, 6], [7, 15], [16, 19], [20, 25], [25, 26]]}
    path = tmp_path / "events.jsonl"
    line = {"doc_id": "d", "sentences": [sentence], "images": [], "text_events": [event]}
    path.write_text(json.dumps(line))
    assert is_extracted(path)
    report = check(path)
    assert report.left_out == {"text that is not what its span says": 1}


def test_splits_are_files_of_a_folder(tmp_path: Path) -> None:
    for split in ("train", "dev"):
        write(tmp_path, f"{split}.jsonl", id=split)
    assert find_corpus("documents").present_splits(tmp_path) == ["train", "dev"]
    (document,) = read_corpus("documents", tmp_path, split="dev")
    assert document.id == "dev"
    with pytest.raises(RmplError, match=r"no test\.jsonl in this folder; it has dev\.jsonl, tr"):
        list(read_corpus("documents", tmp_path, split="test"))
    path = write(tmp_path, "mine.jsonl")
    with pytest.raises(RmplError, match="one file has no split 'dev'"):
        list(read_corpus("documents", path, split="dev"))
    with pytest.raises(RmplError, match="documents has no split 'dav'"):
        read_corpus("documents", path, split="dav")


TEXTS = [
    "Police didn't arrest Ana Reye\u0301s in Lima-Callao, the U.S. said for $5.5m.",
    "He can't; Dr. O'Neil's men said: \"No (not yet)!\"",
    "警方周一在利马逮捕了安娜·雷耶斯。",
    "पुलिस ने सोमवार को लीमा में आना रेयेस को गिरफ्तार किया।",
    "قُتل خمسة أشخاص، في بغداد؟",
    "ตำรวจจับกุมอานาเรเยสในกรุงลิมา",
    "アナ・レイエスを逮捕した。",
]


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_that_events_are_extracted_from(tmp_path: Path, text: str) -> None:
    """A span that is taught must be a span that can be answered."""
    pytest.importorskip("nupunkt")
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({"id": "d", "sentences": [{"id": "s", "text": text}]}))
    (document,) = read_corpus("documents", path)
    (extracted,) = text_document(text, "d").sentences
    assert document.sentences[0].words() == extracted.words()
    assert len(extracted.words()) > 5


def whole(folder: Path, *spans: dict[str, Any], **changes: Any) -> Path:
    text = "Police arrested Ana Reyes. She had attacked a convoy in Lima."
    trigger = {"char_start": 7, "char_end": 15, "text": "arrested"}
    event = {"id": "t", "event_type": ARREST, "trigger": trigger, "arguments": list(spans)}
    path = folder / "whole.jsonl"
    path.write_text(json.dumps({"id": "d", "text": text, "text_events": [event | changes]}))
    return path


def test_events_by_their_offsets_in_a_whole_text(tmp_path: Path) -> None:
    pytest.importorskip("nupunkt")
    ana = {"role": "Person", "char_start": 16, "char_end": 25, "text": "Ana Reyes"}
    police = {"role": "Agent", "span": {"char_start": 0, "char_end": 6}}
    lima = {"role": "Place", "char_start": 56, "char_end": 60}
    path = whole(tmp_path, ana, police, lima)
    report = check(path)
    assert report.left_out == {"an argument in another sentence than its trigger": 1}
    (document,) = read_corpus("documents", path)
    (event,) = document.text_events
    sentence = document.sentences[0]
    assert (len(document.sentences), event.sentence_id) == (2, sentence.id)
    assert sentence.slice(event.trigger) == "arrested"
    assert [(a.role, sentence.slice(a.span)) for a in event.arguments] == [
        ("Person", "Ana Reyes"),
        ("Agent", "Police"),
    ]


def test_offsets_in_a_whole_text_that_cannot_be_meant(tmp_path: Path) -> None:
    pytest.importorskip("nupunkt")
    for span, said in (
        ({"role": "Person", "char_start": 16, "char_end": 250}, "a span outside the text"),
        ({"role": "Person", "char_start": 16, "char_end": 25, "text": "Eva"}, "not what its span"),
        ({"role": "Person", "span": [1, 2]}, "a span without char_start and char_end"),
    ):
        path = whole(tmp_path, span)
        with pytest.raises(RmplError, match=rf"whole\.jsonl:1: document d, t.*{said}"):
            list(read_corpus("documents", path))
        assert check(path).refused == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"text_events": [3]},
        {"text_events": {"id": "t"}},
        {"text_events": [{"id": "t", "trigger": 1}]},
        {"text_events": [{"id": "t", "arguments": [3]}]},
        {"text_events": [{"id": "t", "arguments": 3}]},
        {"id": 5},
        {"images": "a.jpg"},
        {"text": "\ud800"},
        {"text": 5},
    ],
)
def test_a_whole_text_of_another_shape_is_one_error(tmp_path: Path, changes: Any) -> None:
    pytest.importorskip("nupunkt")
    path = tmp_path / "whole.jsonl"
    path.write_text(json.dumps({"id": "d", "text": "Police left.", **changes}))
    with pytest.raises(RmplError):
        list(read_corpus("documents", path))


def test_an_argument_that_an_event_has_twice_is_read_once_and_named(tmp_path: Path) -> None:
    """In the text and in an image; another role of the same span is another argument."""
    one = {"role": "Agent", "span": [0, 1]}
    box = {"role": "Person", "box": {"x1": 1, "y1": 1, "x2": 9, "y2": 9}}
    path = write(
        tmp_path,
        event={"arguments": [one, one | {"role": "Person"}, one]},
        images=[{"id": "p", "width": 20, "height": 20}],
        image_events=[{"id": "i", "image_id": "p", "event_type": ARREST, "arguments": [box, box]}],
    )
    report = ReadReport()
    (document,) = read_corpus("documents", path, report=report, ontology=load_ontology("m2e2"))
    assert [a.role for a in document.text_events[0].arguments] == ["Agent", "Person"]
    assert len(document.image_events[0].arguments) == 1
    reason = "an argument that its event has twice, read once"
    assert report.left_out[reason] == 2
    assert report.cases[reason] == [
        f"{path}:1: document d, t: Agent",
        f"{path}:1: document d, i: Person",
    ]
