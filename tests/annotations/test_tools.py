"""Files in the shapes of the tools: nothing that is annotated is lost, counted in the source."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("nupunkt")

from annotations.invented import documents
from rmpl.corpora.registry import read_corpus
from rmpl.io.read_report import ReadReport
from rmpl.records import Document


def flat(document: Document) -> tuple[str, list[tuple[str, int, int]], list[tuple[int, int, str]]]:
    """Return a text, its spans (label, start, end), and its arguments (head, tail, role).

    Entities and arguments come first, then the trigger of every event.
    """
    text = " ".join(one.text for one in document.sentences)
    begins, position = {}, 0
    for one in document.sentences:
        begins[one.id] = position
        position += len(one.text) + 1
    sentences = {one.id: one for one in document.sentences}
    spans: dict[tuple[str, int, int], int] = {}

    def add(label: str, sentence: str, span: object) -> int:
        start, end = sentences[sentence].chars(span)
        key = (label, begins[sentence] + start, begins[sentence] + end)
        return spans.setdefault(key, len(spans))

    for one in document.sentences:
        for entity in one.entities:
            add("PER", one.id, entity)
    arguments = []
    filled = [
        [add("PER", event.sentence_id, argument.span) for argument in event.arguments]
        for event in document.text_events
    ]
    kinds: set[tuple[str, int]] = set()
    for event, tails in zip(document.text_events, filled, strict=True):
        head = add(event.event_type, event.sentence_id, event.trigger)
        if (event.event_type, head) in kinds:
            continue  # the same event twice: these tools mark a span once
        kinds.add((event.event_type, head))
        arguments += [
            (head, tail, one.role) for one, tail in zip(event.arguments, tails, strict=True)
        ]
    return text, list(spans), arguments


def brat(folder: Path, number: int, document: Document) -> None:
    text, spans, arguments = flat(document)
    lines = []
    for place, (label, start, end) in enumerate(spans, start=1):
        kind = label.split(":")[-1] if ":" in label else label
        lines.append(f"T{place}\t{kind} {start} {end}\t{text[start:end]}")
    for place, (label, _, _) in enumerate(spans):
        if label == "PER":
            continue
        times: Counter[str] = Counter()
        parts = [f"{label.split(':')[-1]}:T{place + 1}"]
        for head, tail, role in arguments:
            if head == place:
                times[role] += 1
                which = "" if times[role] == 1 else times[role]
                parts.append(f"{role}{which}:T{tail + 1}")
        lines.append(f"E{len(lines)}\t{' '.join(parts)}")
    lines += ["#1\tAnnotatorNotes T1\tsure", "*\tEquiv T1 T2"]
    (folder / f"{number:02}.txt").write_text(text, "utf-8")
    (folder / f"{number:02}.ann").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "labels.yaml").write_text(
        "events: {Arrest-Jail: 'Justice:Arrest-Jail', Attack: 'Conflict:Attack', "
        "Meet: 'Contact:Meet'}\n"
    )


def doccano(folder: Path, number: int, document: Document) -> None:
    text, spans, arguments = flat(document)
    line = {
        "id": number,
        "text": text,
        "entities": [
            {"id": 10 + n, "label": label, "start_offset": start, "end_offset": end}
            for n, (label, start, end) in enumerate(spans)
        ],
        "relations": [
            {"id": n, "from_id": 10 + head, "to_id": 10 + tail, "type": role}
            for n, (head, tail, role) in enumerate(arguments)
        ],
        "Comments": [],
    }
    with (folder / "all.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def label_studio(folder: Path, number: int, document: Document) -> None:
    """Offsets are those of a browser: UTF-16 units."""
    text, spans, arguments = flat(document)
    result: list[dict[str, object]] = [
        {
            "id": f"x{n}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": units(text[:start]),
                "end": units(text[:end]),
                "text": text[start:end],
                "labels": [label],
            },
        }
        for n, (label, start, end) in enumerate(spans)
    ]
    result += [
        {
            "type": "relation",
            "from_id": f"x{head}",
            "to_id": f"x{tail}",
            "direction": "right",
            "labels": [role],
        }
        for head, tail, role in arguments
    ]
    task = {"id": number, "data": {"text": text}, "annotations": [{"result": result}]}
    (folder / f"{number:02}.json").write_text(json.dumps([task]))


def webanno(folder: Path, number: int, document: Document) -> None:
    """Spans with a number each, roles as relations at the argument's first token."""
    text, spans, arguments = flat(document)
    head = "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Span|label\n"
    lines = [f"{head}#T_RL=webanno.custom.Role|role|BT_webanno.custom.Span\n\n"]
    offset = 0
    first: dict[int, str] = {}
    rows = []
    for place, one in enumerate(document.sentences, start=1):
        rows.append((f"#Text={one.text}", "", 0, 0))
        for n, (start, end) in enumerate(one.tokens, start=1):
            rows.append((one.text[start:end], f"{place}-{n}", offset + start, offset + end))
            for mark, (_, a, b) in enumerate(spans):
                if a <= offset + start and offset + end <= b:
                    first.setdefault(mark, f"{place}-{n}")
        offset += len(one.text) + 1
    for word, name, start, end in rows:
        if not name:
            lines.append(f"\n{word}\n")
            continue
        at = [n for n, (_, a, b) in enumerate(spans) if a <= start and end <= b]
        cell = "|".join(f"{spans[n][0]}[{n + 1}]" for n in at) or "_"
        bonds = [one for one in arguments if first[one[1]] == name and one[1] in at]
        roles = "|".join(role for _, _, role in bonds) or "_"
        heads = "|".join(f"{first[h]}[{h + 1}_{t + 1}]" for h, t, _ in bonds) or "_"
        place = f"{units(text[:start])}-{units(text[:end])}"
        lines.append(f"{name}\t{place}\t{word}\t{cell}\t{roles}\t{heads}\t\n")
    (folder / f"{number:02}.tsv").write_text("".join(lines), "utf-8")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("write", [brat, doccano, label_studio, webanno])
def test_nothing_annotated_is_lost(
    tmp_path: Path, write: Callable[[Path, int, Document], None]
) -> None:
    given = documents(tmp_path, seed=3)
    folder = tmp_path / "tool"
    folder.mkdir()
    for number, document in enumerate(given):
        write(folder, number, document)
    report = ReadReport()
    found = list(read_corpus(write.__name__, folder, report=report))
    assert len(found) == len(given) >= 20
    for one, document in zip(found, given, strict=True):
        text, spans, arguments = flat(document)
        events = {n: label for n, (label, _, _) in enumerate(spans) if label != "PER"}
        said = {n: text[start:end] for n, (_, start, end) in enumerate(spans)}
        sentences = {sentence.id: sentence for sentence in one.sentences}
        assert Counter(event.event_type for event in one.text_events) == Counter(events.values())
        assert Counter(
            (event.event_type, a.role, sentences[event.sentence_id].slice(a.span))
            for event in one.text_events
            for a in event.arguments
        ) == Counter((events[head], role, said[tail]) for head, tail, role in arguments)
        assert sum(len(sentence.entities) for sentence in one.sentences) == len(spans) - len(events)
    assert not report.refused
    left_out = {"a note of brat": len(given), "an equivalence of brat": len(given)}
    assert report.left_out == (left_out if write is brat else {})
