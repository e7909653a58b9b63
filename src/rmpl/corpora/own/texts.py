"""Own documents as a whole text, whose events are given by their offsets in it.

::

    {"id": "d1", "text": "Police arrested Ana Reyes. She left.", "images": ["photos/a.jpg"],
     "text_events": [{"id": "t1", "event_type": "Justice:Arrest-Jail",
                      "trigger": {"char_start": 7, "char_end": 15, "text": "arrested"},
                      "arguments": [{"role": "Person", "char_start": 16, "char_end": 25}]}]}
"""

from __future__ import annotations

from typing import Any

import msgspec

from rmpl.annotations.assemble import ELSEWHERE
from rmpl.annotations.marks import Annotated, Mark
from rmpl.annotations.placing import Place, place_marks
from rmpl.errors import RmplError
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.segmentation import require_splitter

_Record = dict[str, Any]


def with_sentences(
    content: bytes | _Record, where: str, report: ReadReport, on_error: OnError
) -> bytes | _Record:
    """Return a document of a whole text with sentences and spans by token; others as they are.

    Raises
    ------
    RmplError
        If a span is outside the text or is no span by character.
    """
    if not isinstance(content, bytes) or b'"text"' not in content or b'"sentences"' in content:
        return content
    try:
        record = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return content  # whoever decodes it says what is wrong
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        return content
    require_splitter("a document of a whole text", "ace")
    name = record.get("id")
    if not isinstance(name, str) or not name:
        raise RmplError("a document without an id", where=where)
    given = Annotated(name, where, record["text"])
    events = record.get("text_events") or []
    if not _are_records(events) or not all(_are_records(_arguments(one)) for one in events):
        return content
    found = [_marks(event, given, number) for number, event in enumerate(events)]
    sentences, places, _ = place_marks(given)
    report.refuse_all(given.problems, on_error)
    for reason, place in given.warnings:
        report.warn(reason, place)
    placed = [
        _placed(event, marks, places, report) for event, marks in zip(events, found, strict=True)
    ]
    images = record.get("images") or []
    if isinstance(images, list):
        images = [{"id": one, "path": one} if isinstance(one, str) else one for one in images]
    rest = {key: value for key, value in record.items() if key != "text"}
    return {
        **rest,
        "images": images,
        "sentences": [msgspec.to_builtins(one) for one in sentences.sentences],
        "text_events": placed,
    }


def _are_records(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _arguments(event: _Record) -> list[_Record]:
    found: list[_Record] = event.get("arguments") or []
    return found


def _marks(event: _Record, given: Annotated, number: int) -> list[Mark]:
    """Note the spans of an event: the trigger, then its arguments."""
    place = f"{given.where}: document {given.id}, {event.get('id', f'event {number}')}"
    arguments = _arguments(event)
    spans = [event.get("trigger"), *(one.get("span", one) for one in arguments)]
    marks = []
    for within, span in enumerate(spans):
        start, end = (
            (span.get("char_start"), span.get("char_end"))
            if isinstance(span, dict)
            else (None,) * 2
        )
        if not isinstance(start, int) or not isinstance(end, int):
            raise RmplError(
                "a span without char_start and char_end",
                where=place,
                remedy="give offsets in the text, or sentences instead of text",
            )
        said = span.get("text")
        text = said if isinstance(said, str) else None
        marks.append(Mark(f"{number}.{within}", "", start, end, place, text))
    given.marks += marks
    return marks


def _placed(
    event: _Record, marks: list[Mark], places: dict[str, Place], report: ReadReport
) -> _Record:
    """Return an event with its sentence and with spans by token."""
    trigger, *others = (places[mark.id] for mark in marks)
    arguments = []
    for given, place in zip(_arguments(event), others, strict=True):
        if place.sentence != trigger.sentence:
            report.leave_out(ELSEWHERE, f"{marks[0].where}: {given.get('role')}")
            continue
        rest = {
            key: value
            for key, value in given.items()
            if key not in {"char_start", "char_end", "text", "span"}
        }
        arguments.append({**rest, "span": [place.span.start, place.span.end]})
    return {
        **event,
        "sentence_id": trigger.sentence,
        "trigger": [trigger.span.start, trigger.span.end],
        "arguments": arguments,
    }
