"""Own documents whose spans are given by character."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rmpl.errors import RmplError
from rmpl.io.documents import read_documents, write_documents
from rmpl.io.read_report import ReadReport
from rmpl.records import Document, Span

TEXT = "Police arrested Ana Reyes in Lima-Callao."
TRIGGER = {"char_start": 7, "char_end": 15, "text": "arrested"}


def read(
    folder: Path, trigger: object, *arguments: object, **sentence: object
) -> tuple[Document, ReadReport]:
    event = {"id": "t", "sentence_id": "s", "event_type": "Life:Die", "trigger": trigger}
    line: dict[str, Any] = {
        "id": "d",
        "sentences": [{"id": "s", "text": TEXT, **sentence}],
        "text_events": [{**event, "arguments": list(arguments)}],
    }
    path = folder / "own.jsonl"
    path.write_text(json.dumps(line))
    report = ReadReport()
    (document,) = read_documents(path, report=report)
    return document, report


def test_spans_by_character_are_those_by_token(tmp_path: Path) -> None:
    ana = {"role": "Person", "char_start": 16, "char_end": 25, "text": "Ana Reyes"}
    police = {"role": "Agent", "span": {"char_start": 0, "char_end": 6}}
    by_token = {"role": "Place", "span": [5, 6]}
    document, report = read(tmp_path, TRIGGER, ana, police, by_token)
    (event,) = document.text_events
    assert event.trigger == Span(1, 2)
    assert [a.span for a in event.arguments] == [Span(2, 4), Span(0, 1), Span(5, 6)]
    assert not report.warnings
    write_documents([document], tmp_path / "again.jsonl")
    assert next(iter(read_documents(tmp_path / "again.jsonl"))) == document


def test_part_of_a_word_is_the_word_unless_tokens_are_given(tmp_path: Path) -> None:
    lima = {"role": "Place", "char_start": 29, "char_end": 33, "text": "Lima"}
    document, report = read(tmp_path, TRIGGER, lima)
    sentence = document.sentences[0]
    assert sentence.slice(document.text_events[0].arguments[0].span) == "Lima-Callao"
    assert report.warnings == {"a span that covers part of a word, taken as the whole word": 1}
    tokens = [[0, 6], [7, 15], [16, 25], [26, 40], [40, 41]]
    with pytest.raises(RmplError, match=r"d, t, Place: 'Lima': characters that are not whole tok"):
        read(tmp_path, TRIGGER, lima, tokens=tokens)


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ({"char_start": 7, "char_end": 99}, "characters 7 to 99 of a sentence of 41"),
        ({"char_start": 7}, "a span without its ends"),
        ({"char_start": 6, "char_end": 7}, "a span without a word in it"),
        ({"char_start": "7", "char_end": 9}, "not a valid record"),
        ([7], "not a valid record"),
    ],
)
def test_offsets_that_cannot_be_meant(tmp_path: Path, trigger: object, said: str) -> None:
    with pytest.raises(RmplError, match=said):
        read(tmp_path, trigger)


def test_other_texts_and_mistyped_keys_are_named(tmp_path: Path) -> None:
    wrong = {"char_start": 0, "char_end": 6, "text": "arrested", "charend": 6}
    _, report = read(tmp_path, wrong)
    assert report.warnings == {
        "unknown key 'charend' in text_events.trigger (did you mean 'char_end'?), not read": 1,
        "text that is not what its span says": 1,
    }
