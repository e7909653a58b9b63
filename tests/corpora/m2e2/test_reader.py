from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from builders import m2e2_event as event
from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.errors import RmplError
from rmpl.io.image_folders import MISSING
from rmpl.io.read_report import ReadReport
from rmpl.records import Box, Document, Link, Span


def sentence(number: int, words: list[str], text: str, **more: Any) -> dict[str, Any]:
    index, position, start = [], 0, 100
    whole = text + "."  # the full stop is cut off the text, not off the words
    for word in words:
        position = whole.index(word, position)
        index.append([str(start + position), str(start + position + len(word) - 1)])
        position += len(word)
    return {
        "sentence_id": f"DOC_{number}",
        "sentence_start": start,
        "sentence_end": start + len(text),
        "sentence": text,
        "words": words,
        "index": index,
        "golden-entity-mentions": [],
        "golden-event-mentions": [],
        "image": ["DOC_0.jpg"],
        **more,
    }


DIE = [event("Life:Die", 1, 2, ("Victim", 0, 1))]
ATTACK = [event("Conflict:Attack", 2, 3, ("Target", 0, 1))]
WORDS = ["He", "died", "attacked", "."]
TEXT = "He died attacked"
PICTURE = {"role": {"Victim": [["1", 1, 2, 30, 40], ["0", 1, 1, 39, 40]]}, "event_type": "Life:Die"}


def write(
    folder: Path,
    *,
    text_only: list[dict[str, Any]] | None = None,
    text_multimedia: list[dict[str, Any]] | None = None,
    image_multimedia: dict[str, Any] | None = None,
    links: str = "DOC_0\tDOC_0.jpg\tLife:Die\n",
    ids: str | None = "DOC_0\nOTHER_0\n",
) -> Path:
    files = {
        "text_only_event.json": text_only or [],
        "text_multimedia_event.json": [sentence(0, WORDS, TEXT, **{"golden-event-mentions": DIE})]
        if text_multimedia is None
        else text_multimedia,
        "image_only_event.json": {},
        "image_multimedia_event.json": {"DOC_0": PICTURE}
        if image_multimedia is None
        else image_multimedia,
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "crossmedia_coref.txt").write_text(links)
    if ids is not None:
        (folder / "image_ids.txt").write_text(ids)
    return folder


def test_the_two_halves_of_a_sentence_are_merged(tmp_path: Path) -> None:
    half = sentence(0, WORDS, TEXT, **{"golden-event-mentions": ATTACK})
    documents = list(read_m2e2(write(tmp_path, text_only=[half])))
    document = documents[0]
    assert [d.id for d in documents] == ["DOC", "OTHER"]
    assert len(document.sentences) == 1
    assert [e.event_type for e in document.text_events] == ["Conflict:Attack", "Life:Die"]
    assert document.links == (Link("t2", "i1"),)
    assert document.text_events[1].arguments[0].span == Span(0, 1)
    boxes = [argument.box for argument in document.image_events[0].arguments]
    assert boxes == [Box(1, 2, 30, 40), Box(1, 1, 39, 40, group=True)]


@pytest.mark.parametrize(
    ("words", "text", "whole"),
    [
        (["He", "died", "."], "He died", "He died."),
        (["in", "Missouri"], "in Missour", "in Missouri"),
        (["out", ".", "''"], "out.'", "out.''"),
        (["so", "called"], "so called", "so called"),
    ],
)
def test_what_the_file_cuts_off_is_restored(
    tmp_path: Path, words: list[str], text: str, whole: str
) -> None:
    starts = [whole.index(word) for word in words]
    index = [[str(s + 9), str(s + 9 + len(w) - 1)] for s, w in zip(starts, words, strict=True)]
    raw = {**sentence(0, ["x"], "x"), "words": words, "sentence": text, "index": index}
    raw["sentence_start"] = 9
    folder = write(tmp_path, text_multimedia=[raw], image_multimedia={}, links="")
    read = next(iter(read_m2e2(folder))).sentences[0]
    assert read.text == whole
    assert read.words() == words


def test_pictures_have_sizes_where_they_are_at_hand(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    PIL.Image.new("RGB", (40, 50)).save(tmp_path / "images" / "DOC_0.jpg")
    report = ReadReport()
    document, other = read_m2e2(write(tmp_path), report=report)
    assert (document.images[0].width, document.images[0].height) == (40, 50)
    assert (other.images[0].path, other.images[0].width) == (None, 0)
    assert report.warnings == {MISSING: 1}


def test_a_broken_picture_keeps_its_events(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "DOC_0.jpg").write_bytes(b"")
    folder = write(tmp_path)
    with pytest.raises(RmplError, match="empty image file"):
        list(read_m2e2(folder))
    report = ReadReport()
    document, _ = read_m2e2(folder, on_error="count", report=report)
    assert document.images[0].path is None
    assert len(document.image_events) == 1
    assert report.left_out == {"an empty image file": 1}


def test_without_the_list_the_pictures_are_those_named(tmp_path: Path) -> None:
    (document,) = read_m2e2(write(tmp_path, ids=None))
    assert [image.id for image in document.images] == ["DOC_0"]


SPAN_OUTSIDE = sentence(1, WORDS, TEXT, **{"golden-event-mentions": [event("Life:Die", 3, 9)]})
UNKNOWN_TYPE = sentence(1, WORDS, TEXT, **{"golden-event-mentions": [event("Life:Marry", 1, 2)]})
OVERLAPPING = {**sentence(1, WORDS, TEXT), "index": [["100", "105"]] * 4}
FEW_OFFSETS = {**sentence(1, WORDS, TEXT), "index": [["100", "101"]]}
FAR_OFF = {**sentence(1, WORDS, TEXT), "sentence_start": 0}


@pytest.mark.parametrize(
    "broken",
    [SPAN_OUTSIDE, UNKNOWN_TYPE, OVERLAPPING, FEW_OFFSETS, FAR_OFF, sentence(0, ["x"], "x")],
)
def test_a_broken_sentence_is_named_or_counted(tmp_path: Path, broken: dict[str, Any]) -> None:
    good = sentence(0, WORDS, TEXT)
    folder = write(tmp_path, text_only=[good, broken], text_multimedia=[], links="")
    with pytest.raises(RmplError, match="DOC_"):
        list(read_m2e2(folder))
    report = ReadReport()
    document = next(iter(read_m2e2(folder, on_error="count", report=report)))
    assert [s.id for s in document.sentences] == ["DOC_0"]
    assert report.left_out.total() == 1


@pytest.mark.parametrize(
    "line", ["DOC_0", "DOC_7\tDOC_0.jpg\tLife:Die", "DOC_0\tDOC_9.jpg\tLife:Die"]
)
def test_a_link_to_nothing_is_named_or_counted(tmp_path: Path, line: str) -> None:
    folder = write(tmp_path, links=line + "\n")
    with pytest.raises(RmplError, match=r"crossmedia_coref\.txt:1"):
        list(read_m2e2(folder))
    assert next(iter(read_m2e2(folder, on_error="count"))).links == ()


def test_an_image_that_comes_twice_is_named_or_counted(tmp_path: Path) -> None:
    folder = write(tmp_path, image_multimedia={"DOC_0": PICTURE, "DOC_1": PICTURE})
    path = folder / "image_multimedia_event.json"
    path.write_text(path.read_text().replace("DOC_1", "DOC_0"))
    with pytest.raises(RmplError, match=r"DOC_0: a repeated image id"):
        list(read_m2e2(folder))
    report = ReadReport()
    documents = list(read_m2e2(folder, on_error="count", report=report))
    assert len(documents[0].image_events) == 1
    assert report.left_out == {"a repeated image id": 1}


def test_reversed_boxes_are_refused(tmp_path: Path) -> None:
    picture = {"role": {"Victim": [["1", 30, 2, 1, 40]]}, "event_type": "Life:Die"}
    folder = write(tmp_path, image_multimedia={"DOC_0": picture}, links="")
    with pytest.raises(RmplError, match="corners"):
        list(read_m2e2(folder))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RmplError, match=r"text_only_event\.json: no such file"):
        list(read_m2e2(tmp_path))


@pytest.fixture(scope="module")
def real_documents() -> list[Document]:
    path = Path(__file__).resolve().parents[4] / "shared" / "data" / "m2e2"
    if not path.exists():
        pytest.skip(f"the real files are not here: {path}")
    return list(read_m2e2(path))


def test_the_real_counts(real_documents: list[Document]) -> None:
    counts = Counter[str]()
    for document in real_documents:
        counts["sentences"] += len(document.sentences)
        counts["images"] += len(document.images)
        counts["text events"] += len(document.text_events)
        counts["text arguments"] += sum(len(e.arguments) for e in document.text_events)
        counts["image events"] += len(document.image_events)
        counts["boxes"] += sum(len(e.arguments) for e in document.image_events)
        boxes = [a.box for e in document.image_events for a in e.arguments]
        counts["groups"] += sum(box.group for box in boxes)
        counts["links"] += len(document.links)
    assert counts == {
        "sentences": 6_167,
        "images": 1_014,
        "text events": 1_297,
        "text arguments": 1_966,
        "image events": 391,
        "boxes": 1_429,
        "groups": 111,
        "links": 309,
    }
    assert len(real_documents) == 245
    assert sum(bool(document.sentences) for document in real_documents) == 229
    assert sum(not d.text_events and not d.image_events for d in real_documents) == 11


def test_every_real_span_has_the_files_words(
    real_documents: list[Document], real_data: Callable[[str], Path]
) -> None:
    sentences = {s.id: s for d in real_documents for s in d.sentences}
    spans = {(e.sentence_id, e.trigger) for d in real_documents for e in d.text_events}
    checked = 0
    for name in ("text_only_event.json", "text_multimedia_event.json"):
        for raw in json.loads((real_data("m2e2") / name).read_text()):
            read = sentences[raw["sentence_id"]]
            assert read.words() == raw["words"]
            for mention in raw["golden-event-mentions"]:
                trigger = mention["trigger"]
                assert (read.id, Span(trigger["start"], trigger["end"])) in spans
                for argument in [trigger, *mention["arguments"]]:
                    got = read.slice(Span(argument["start"], argument["end"]))
                    squeezed = got.replace(" ", "").replace("-", "")
                    assert squeezed == argument["text"].replace(" ", "").replace("-", "")
                    checked += 1
    assert checked == 1_297 + 1_966
