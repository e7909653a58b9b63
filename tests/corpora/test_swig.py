from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from rmpl.corpora.captions import Captions, majority
from rmpl.corpora.swig import read_swig
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.records import Box

SPACE = {
    "nouns": {
        "n1": {"gloss": ["officer", "policeman"], "def": ""},
        "n2": {"gloss": ["man"], "def": ""},
        "n3": {"gloss": ["street"], "def": ""},
    },
    "verbs": {
        "arresting": {
            "abstract": "a AGENT arrests the SUSPECT with a TOOL in a PLACE.",
            "order": ["agent", "suspect", "tool", "place"],
        },
        "drinking": {"abstract": "the AGENT drinks LIQUID", "order": ["agent", "liquid"]},
    },
}
RECORD: dict[str, Any] = {
    "verb": "arresting",
    "height": 512,
    "width": 1024,
    "frames": [
        {"agent": "n1", "suspect": "n2", "tool": "", "place": "n3"},
        {"agent": "n2", "suspect": "n2", "tool": "", "place": ""},
        {"agent": "n1", "suspect": "", "tool": "", "place": "n3"},
    ],
    "bb": {
        "agent": [0, 0, 512, 512],
        "suspect": [500, 10, 1030, 500],
        "tool": [-1, -1, -1, -1],
        "place": [0, 0, 1024, 512],
    },
}


def write(folder: Path, records: dict[str, Any], *, space: bool = True) -> Path:
    (folder / "train.json").write_text(json.dumps(records))
    if space:
        (folder / "imsitu_space.json").write_text(json.dumps(SPACE))
    return folder


def test_a_mapped_verb_becomes_an_event_of_m2e2(tmp_path: Path) -> None:
    report = ReadReport()
    (document,) = read_swig(write(tmp_path, {"arresting_1.jpg": RECORD}), report=report)
    (event,) = document.image_events
    assert (document.id, event.image_id) == ("arresting_1", "arresting_1")
    assert (event.event_type, event.verb) == ("Justice:Arrest-Jail", "arresting")
    assert [(a.role, a.gloss) for a in event.arguments] == [("Agent", "officer"), ("Person", "man")]
    assert event.arguments[1].box == Box(500, 10, 1024, 500)
    assert event.caption == "an officer arrests the man in a street"
    assert report.left_out == {
        "role place of arresting without a role in M2E2": 1,
        "a role without a box": 1,
    }


def test_an_unmapped_verb_stays_a_general_situation(twins: Path) -> None:
    report = ReadReport()
    _, storming = read_swig(twins / "swig.json", report=report)
    assert storming.image_events[0].event_type == "situation:storming"
    assert storming.image_events[0].arguments == ()
    assert storming.image_events[0].caption is None
    assert any("imsitu_space.json" in reason for reason in report.warnings)


def test_general_situations_keep_their_own_roles(tmp_path: Path) -> None:
    record = {**RECORD, "verb": "drinking", "bb": {"agent": [1, 2, 3, 4]}}
    (document,) = read_swig(write(tmp_path, {"drinking_1.jpg": record}))
    assert [a.role for a in document.image_events[0].arguments] == ["agent"]
    assert document.image_events[0].caption == "the officer drinks something"


def test_boxes_are_brought_to_the_picture_at_hand(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    PIL.Image.new("RGB", (2048, 1024)).save(tmp_path / "images" / "arresting_1.jpg")
    (document,) = read_swig(write(tmp_path, {"arresting_1.jpg": RECORD}))
    assert (document.images[0].width, document.images[0].height) == (2048, 1024)
    assert document.image_events[0].arguments[0].box == Box(0, 0, 1024, 1024)


def test_a_picture_of_another_shape_is_left_out_and_counted(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    records = {}
    for name, size in {"same": (2048, 1023), "turned": (512, 1024)}.items():
        PIL.Image.new("RGB", size).save(tmp_path / "images" / f"{name}.jpg")
        records[f"{name}.jpg"] = RECORD
    report = ReadReport()
    (document,) = read_swig(write(tmp_path, records), report=report)
    assert document.id == "same"
    assert report.left_out["an image whose aspect ratio differs from its record"] == 1
    (case,) = report.cases["an image whose aspect ratio differs from its record"]
    assert case.endswith("turned.jpg")
    assert report.used["documents"] == 1


def test_a_picture_that_comes_twice_is_named_or_counted(tmp_path: Path) -> None:
    folder = write(tmp_path, {"a_1.jpg": RECORD, "a_2.jpg": RECORD})
    path = folder / "train.json"
    path.write_text(path.read_text().replace("a_2.jpg", "a_1.jpg"))
    with pytest.raises(RmplError, match=r"train\.json, a_1\.jpg: a repeated image"):
        list(read_swig(folder))
    report = ReadReport()
    assert len(list(read_swig(folder, on_error="count", report=report))) == 1
    assert report.left_out["a repeated image"] == 1


def test_imsitu_has_no_boxes(twins: Path) -> None:
    report = ReadReport()
    arresting, _ = read_swig(twins / "imsitu.json", report=report)
    assert set(report.left_out) == {"a role without a box"}
    assert arresting.image_events[0].event_type == "Justice:Arrest-Jail"
    assert arresting.image_events[0].arguments == ()


@pytest.mark.parametrize(
    "broken",
    [
        {"verb": "arresting"},
        {**RECORD, "width": 0},
        {**RECORD, "verb": ""},
        {**RECORD, "bb": {"agent": [1, 2]}},
        {**RECORD, "frames": [{"agent": None}]},
    ],
)
def test_a_broken_record_is_named_or_counted(tmp_path: Path, broken: dict[str, Any]) -> None:
    folder = write(tmp_path, {"a_1.jpg": broken, "arresting_1.jpg": RECORD})
    with pytest.raises(RmplError, match=r"a_1\.jpg"):
        list(read_swig(folder))
    report = ReadReport()
    assert len(list(read_swig(folder, on_error="count", report=report))) == 1


def test_boxes_without_area_and_doubled_ones_are_counted(tmp_path: Path) -> None:
    same = [5, 5, 50, 50]
    boxes = {"victim": same, "victimpart": same, "agent": [7, 7, 7, 20], "tool": [60, 1, 40, 9]}
    record = {**RECORD, "verb": "hitting", "bb": boxes}
    report = ReadReport()
    (document,) = read_swig(write(tmp_path, {"hitting_1.jpg": record}), report=report)
    arguments = document.image_events[0].arguments
    assert [(a.role, a.box) for a in arguments] == [
        ("Target", Box(5, 5, 50, 50)),
        ("Instrument", Box(40, 1, 60, 9)),
    ]
    assert report.left_out == {
        "a box without an area": 1,
        "a role without a box": 2,
        "a repeated box of a merged role": 1,
    }


def test_majority_prefers_what_most_annotators_chose() -> None:
    assert majority(["n1", "n2", "n2"]) == "n2"
    assert majority(["n1", "n2", "n3"]) == "n1"
    assert majority(["", "", "n3"]) == "n3"
    assert majority(["", ""]) is None


def test_captions_of_the_published_templates(real_data: Callable[[str], Path]) -> None:
    captions = Captions(real_data("imsitu") / "imsitu_space.excerpt.json")
    glosses = {"agent": "lion", "liquid": "water", "container": None, "place": "zoo"}
    assert captions.caption("drinking", glosses) == "the lion drinks a water at a zoo"
    assert captions.caption("marching", {"agent": "soldier"}) == "the soldier marches"
    assert captions.caption("marching", {}) == "someone marches"
    assert captions.caption("flying", {}) is None
    assert captions.gloss("n02129165") == "lion"


def test_the_published_records(real_data: Callable[[str], Path]) -> None:
    documents = list(read_swig(real_data("swig") / "swig.3records.json"))
    assert [d.image_events[0].event_type for d in documents] == [
        "situation:hitchhiking",
        "Justice:Arrest-Jail",
        "situation:drinking",
    ]
    assert len(list(read_swig(real_data("imsitu") / "debug_dev50.json"))) == 50
