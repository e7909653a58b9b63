"""Prediction files: what is read, what stops with its place, what only warns."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.ontology import EventType, Ontology
from rmpl.predictions.file import STDIN, read_predictions, write_predictions
from rmpl.predictions.validity import Candidates
from rmpl.records import (
    NOWHERE,
    Alignment,
    Box,
    Document,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)

TEXT = {
    "id": "t1",
    "sentence_id": "D_0",
    "event_type": "Life:Die",
    "trigger": {"start": 1, "end": 2, "char_start": 4, "char_end": 8, "text": "died"},
    "arguments": [{"role": "Victim", "start": 0, "end": 1, "score": 0.5}],
    "score": 0.97,
    "anything": {"else": [1]},
}
IMAGE = {
    "id": "i1",
    "image_id": "D_1",
    "event_type": "Life:Die",
    "arguments": [{"role": "Victim", "box": [30, 40.5, 10, 20]}],
}


def line(**changes: object) -> dict:
    links = [{"text": "t1", "image": "i1"}]
    return {"doc_id": "D", "text_events": [TEXT], "image_events": [IMAGE], "links": links} | changes


def text(**changes: object) -> dict:
    return line(text_events=[TEXT | changes])


def image(**changes: object) -> dict:
    return line(image_events=[IMAGE | changes])


def write(tmp_path: Path, *lines: object, name: str = "p.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    return path


def test_a_line_becomes_a_document_with_its_corners_put_right(tmp_path: Path) -> None:
    (document,) = read_predictions(write(tmp_path, line()))
    assert document == Document(
        "D",
        text_events=(
            TextEvent(
                "t1",
                "D_0",
                "Life:Die",
                Span(1, 2),
                (TextArgument("Victim", Span(0, 1), 0.5),),
                0.97,
            ),
        ),
        image_events=(
            ImageEvent("i1", "D_1", "Life:Die", (ImageArgument("Victim", Box(10, 20, 30, 40.5)),)),
        ),
        links=(Link("t1", "i1"),),
    )


def test_missing_lists_are_empty_and_blank_lines_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"doc_id": "A"}\n\n{"doc_id": "B"}')
    assert list(read_predictions(path)) == [Document("A"), Document("B")]


def test_gzip_is_told_by_its_content_and_stdin_is_read(tmp_path: Path, monkeypatch) -> None:
    packed = gzip.compress(json.dumps(line()).encode())
    path = tmp_path / "named_without_gz"
    path.write_bytes(packed)
    expected = list(read_predictions(write(tmp_path, line())))
    assert list(read_predictions(path)) == expected
    stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(packed)))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert list(read_predictions(STDIN)) == expected


def test_a_damaged_gzip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(line()).encode() * 50)[:-20])
    with pytest.raises(RmplError, match=r"p.jsonl.gz:1.*cut short or damaged"):
        list(read_predictions(path))


def test_what_is_wrong_in_the_second_document_does_not_keep_the_first_back(tmp_path: Path) -> None:
    documents = read_predictions(write(tmp_path, line(), {"doc_id": 3}))
    assert next(documents).id == "D"
    with pytest.raises(RmplError, match=r"p.jsonl:2: document 3: .*doc_id"):
        next(documents)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([line(), line()], r":2: document D: a repeated document, first in .*:1"),
        ([line(text_events=[TEXT, TEXT])], r":1: document D: a repeated text event id 't1'"),
        ([line(image_events=[IMAGE, IMAGE])], r"a repeated image event id 'i1'"),
        ([line(links=[{"text": "t1", "image": "t1"}])], r"a link to an unknown image event 't1'"),
        ([line(links=[{"text": "x", "image": "i1"}])], r"a link to an unknown text event 'x'"),
        ([text(event_type="Life:Born")], r"document D: unknown event type 'Life:Born' in event t1"),
        ([image(event_type="die")], r"unknown event type 'die' in event i1"),
        (
            [text(trigger={"start": 2, "end": 2})],
            r"the trigger of event t1 starts at token 2 and ends at 2",
        ),
        (
            [text(arguments=[{"role": "Victim", "start": 3, "end": 1}])],
            r"Victim of event t1 starts at token \d and ends at 1",
        ),
        (
            [image(arguments=[{"role": "Victim", "box": [0, 0, float("nan"), 1]}])],
            r":1: document D: a non-finite number",
        ),
        (
            [image(arguments=[{"role": "Victim", "box": [0, 0, float("-inf"), 1]}])],
            r"document D: a non-finite number",
        ),
        ([image(arguments=[{"role": "Victim", "box": [0, 0, 1]}])], r"document D: .*\.box"),
        ([{"text_events": []}], r"p.jsonl:1: .*doc_id"),
        ([text(sentence_id=None)], r"document D: .*sentence_id"),
        ([["a list"]], r"p.jsonl:1: not a document"),
    ],
)
def test_errors_stop_and_say_where(wrong: list, message: str, tmp_path: Path) -> None:
    with pytest.raises(RmplError, match=message):
        list(read_predictions(write(tmp_path, *wrong)))


@pytest.mark.parametrize(
    "content", [b"{", b'{"doc_id": "D", "text_events": [', b"\xff\xfe", b"[" * 100_000, b"nonsense"]
)
def test_a_broken_line_is_one_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'{"doc_id": "A"}\n' + content)
    with pytest.raises(RmplError, match=r"p.jsonl:2"):
        list(read_predictions(path))


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_named(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes('{"doc_id": "caf\xe9"}'.encode(encoding))
    with pytest.raises(RmplError, match=r"p.jsonl:1.*not UTF-8 text"):
        list(read_predictions(path))


def test_a_number_too_large_for_a_float_is_not_finite(tmp_path: Path) -> None:
    path = write(tmp_path, line())
    path.write_text(path.read_text().replace("40.5", "1e999"))
    with pytest.raises(RmplError, match="document D: "):
        list(read_predictions(path))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (line(text_event=[]), "'text_event' (did you mean 'text_events'?)"),
        (text(argument=[]), "'argument' in text_events (did you mean 'arguments'?)"),
        (text(args=[]), "'args' in text_events (did you mean 'arguments'?)"),
        (
            text(arguments=[{"role": "Victim", "start": 0, "end": 1, "Score": 0.5}]),
            "'Score' in text_events.arguments (did you mean 'score'?)",
        ),
        (image(arguments_=[]), "'arguments_' in image_events (did you mean 'arguments'?)"),
        (
            line(links=[{"text": "t1", "image": "i1", "aligments": []}]),
            "'aligments' in links (did you mean 'alignments'?)",
        ),
    ],
)
def test_a_key_that_nothing_reads_is_warned_of_with_its_line(found, said, tmp_path: Path) -> None:
    """A mistyped optional key would mean nothing predicted, without a word."""
    found = json.loads(json.dumps(found))
    for event in found["text_events"]:
        del event["anything"]
    path = write(tmp_path, {"doc_id": "A"}, found, found | {"doc_id": "E"})
    report = ReadReport()
    list(read_predictions(path, report=report))
    assert dict(report.warnings) == {f"unknown key {said}, not read": 2}
    assert report.cases[f"unknown key {said}, not read"][0] == f"{path}:2: document D"


def test_a_key_that_comes_twice_is_warned_of(tmp_path: Path) -> None:
    """Every parser keeps the last one: here it would be a document without events."""
    path = tmp_path / "p.jsonl"
    path.write_text(
        json.dumps(line())[:-1] + ', "text_events": [], "image_events": [], "links": []}'
    )
    report = ReadReport()
    (document,) = read_predictions(path, report=report)
    assert document.text_events == ()
    said = "repeated key 'text_events', only the last one is read"
    assert report.cases[said] == [f"{path}:1: document D"]


def test_a_line_without_any_known_key_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"doc_id": "A"}, {"doc_id": "D", "textevents": [TEXT], "image": []})
    with pytest.raises(RmplError, match=r"p.jsonl:2: document D: no key .*mean 'text_events'"):
        list(read_predictions(path))


def test_a_mistyped_needed_key_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    wrong = {name: value for name, value in TEXT.items() if name not in {"trigger", "anything"}}
    wrong["triger"] = {"start": 1, "end": 2}
    with pytest.raises(RmplError, match=r"'triger' in text_events \(did you mean 'trigger'\?\)"):
        list(read_predictions(write(tmp_path, line(text_events=[wrong]))))


@pytest.mark.parametrize("name", ["predictions", "extracted", "linked"])
def test_files_of_version_0_1_have_no_unknown_keys(name: str) -> None:
    report = ReadReport()
    old = Path(__file__).parents[1] / "data/version_0_1" / f"{name}.jsonl"
    assert list(read_predictions(old, report=report))
    assert not [reason for reason in report.warnings if "unknown key" in reason]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"score": float("nan")},
            r"text_events\[0\]\.score \(NaN\); leave score out",
        ),
        ({"trigger": {"start": float("inf"), "end": 2}}, r"trigger\.start \(Infinity\); write a n"),
        ({"anything": [{"x": float("nan")}]}, r"anything\[0\]\.x \(NaN\); leave x out"),
    ],
)
def test_a_number_that_is_not_finite_is_named_with_its_field(
    changes: dict, said: str, tmp_path: Path
) -> None:
    with pytest.raises(RmplError, match=f"document D: a non-finite number in .*{said}"):
        list(read_predictions(write(tmp_path, text(**changes))))


def test_lines_that_cannot_be_scored_may_be_counted(tmp_path: Path) -> None:
    path = write(tmp_path, {"doc_id": "A"}, {"doc_id": 3}, line(), line(), text(event_type="X"))
    report = ReadReport()
    found = list(read_predictions(path, on_error="count", report=report))
    assert [document.id for document in found] == ["A", "D"]
    assert report.refused == report.left_out.total() == 3
    assert report.used["documents"] == 2


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(RmplError, match=r"none.jsonl: no such file.*check the path"):
        list(read_predictions(tmp_path / "none.jsonl"))


def test_what_can_only_be_wrong_is_counted_and_stays(tmp_path: Path) -> None:
    twice = TEXT | {"id": "t2", "arguments": TEXT["arguments"] * 2}
    other = TEXT | {"id": "t3", "sentence_id": "E_0", "arguments": []}
    odd = IMAGE | {"id": "i2", "image_id": "D_9"}
    odd["arguments"] = [{"role": "Place", "box": [0, 0, 1, 1]}]
    links = [{"text": "t1", "image": "i1"}] * 2
    path = write(
        tmp_path, line(text_events=[TEXT, twice, other], image_events=[IMAGE, odd], links=links)
    )
    report = ReadReport()
    known = Candidates({"D"}, {"D_0": "D", "E_0": "E"}, {"D_1": "D"})
    (document,) = read_predictions(path, candidates=known, report=report)
    assert dict(report.warnings) == {
        "sentence outside its document's candidates": 1,
        "image outside its document's candidates": 1,
        "image role not in the schema of its event type": 1,
        "repeated text mention": 1,
        "repeated text argument": 1,
        "repeated link": 1,
        "unknown key 'anything' in text_events (known: id, sentence_id, event_type, trigger, "
        "arguments, score), not read": 3,
    }
    assert report.cases["image role not in the schema of its event type"] == [
        "D, event i2: Place of Life:Die"
    ]
    assert report.cases["repeated text mention"] == ["D, event t2"]
    assert "D, event t3" in report.cases["sentence outside its document's candidates"]
    assert len(document.text_events) == 3
    assert len(document.links) == 2


def test_another_inventory_can_be_given(tmp_path: Path) -> None:
    own = Ontology("own", {"Fire": EventType("something burns", ("Place",), ())})
    event = TEXT | {"event_type": "Fire"}
    path = write(tmp_path, {"doc_id": "D", "text_events": [event]})
    assert len(list(read_predictions(path, ontology=own))) == 1


@pytest.mark.parametrize("other", [1, "x", [1], [{"role": "Victim"}], {"role": "Victim"}])
def test_alignments_of_another_form_are_no_error_as_they_are_not_scored(other, tmp_path: Path):
    links = [{"text": "t1", "image": "i1", "alignments": other}]
    (document,) = read_predictions(write(tmp_path, line(links=links)))
    assert document.links == (Link("t1", "i1"),)


@pytest.mark.parametrize("name", ["p.jsonl", "p.jsonl.gz"])
def test_what_is_written_is_read_back(name: str, tmp_path: Path) -> None:
    sentence = Sentence("D_0", "He died.", ((0, 2), (3, 7), (7, 8)))
    document = Document(
        "D",
        sentences=(sentence,),
        text_events=(
            TextEvent("t1", "D_0", "Life:Die", Span(1, 2), (TextArgument("Victim", Span(0, 1)),)),
            TextEvent("t2", "D_0", "Life:Die", NOWHERE, trigger_text="killed", score=0.5),
        ),
        image_events=(
            ImageEvent(
                "i1", "D_1", "Life:Die", (ImageArgument("Victim", Box(1, 2, 3, 4.5, group=True)),)
            ),
        ),
        links=(
            Link(
                "t1",
                "i1",
                0.25,
                (Alignment("Victim", Span(0, 1), Box(1, 2, 3, 4.5, group=True), 0.75),),
            ),
        ),
    )
    path = tmp_path / name
    write_predictions([document], path)
    (found,) = read_predictions(path)
    assert found == Document(
        "D",
        text_events=document.text_events,
        image_events=document.image_events,
        links=document.links,
    )
    content = gzip.decompress(path.read_bytes()) if name.endswith("gz") else path.read_bytes()
    written = json.loads(content)["text_events"][0]
    trigger = {"start": 1, "end": 2, "char_start": 3, "char_end": 7, "text": "died"}
    assert written["trigger"] == trigger
