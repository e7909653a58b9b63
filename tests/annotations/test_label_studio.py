"""Label Studio's tasks: relations with several labels, and results with a wrong value."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import pytest

pytest.importorskip("nupunkt")

from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport


def task(folder: Path, *result: dict[str, object]) -> Path:
    data = {"text": "Police arrested Ana Reyes in Lima."}
    path = folder / "export.json"
    path.write_text(json.dumps([{"id": 5, "data": data, "annotations": [{"result": result}]}]))
    return path


def span(name: str, start: object, end: object, labels: object) -> dict[str, object]:
    value = {"start": start, "end": end, "labels": labels}
    return {"id": name, "type": "labels", "to_name": "text", "value": value}


def test_every_label_of_a_relation_is_an_argument(tmp_path: Path) -> None:
    relation = {"type": "relation", "from_id": "b", "to_id": "a", "labels": ["Agent", "Person"]}
    event = span("b", 7, 15, ["Justice:Arrest-Jail"])
    (document,) = read_corpus(
        "label_studio", task(tmp_path, span("a", 0, 6, ["PER"]), event, relation)
    )
    assert [one.role for one in document.text_events[0].arguments] == ["Agent", "Person"]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (span("a", 0, 6, "PER"), "task 5, a: labels that are no list of names"),
        (span("a", 0, 6, [3]), "labels that are no list of names"),
        (span("a", "0", 6, ["PER"]), "task 5, a: a span without start and end"),
        (span("a", 0, None, ["PER"]), "a span without start and end"),
    ],
)
def test_a_result_with_a_wrong_value(tmp_path: Path, result: dict[str, object], said: str) -> None:
    with pytest.raises(RmplError, match=said):
        list(read_corpus("label_studio", task(tmp_path, result)))


@pytest.mark.parametrize("tag", ["image", "Img-1", "shown"])
def test_a_choice_of_an_annotator_is_known_to_be_of_an_image_by_its_tag(
    tmp_path: Path, tag: str
) -> None:
    """It has no size and no source; ``shown`` is known from a box of the same tag."""
    PIL.Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    kind = "Conflict:Attack"
    choice = {"id": "c", "type": "choices", "to_name": tag, "value": {"choices": [kind]}}
    box = {"x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": ["Life:Die/Victim"]}
    rectangle = {"id": "b", "type": "rectanglelabels", "to_name": tag, "value": box}
    size = {"original_width": 40, "original_height": 20}
    result = [choice, *([rectangle | size] if tag == "shown" else [])]
    data = {"id": "a", "text": "Police arrested her.", "photo": "/data/upload/1/a.png"}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"id": 5, "data": data, "annotations": [{"result": result}]}]))
    report = ReadReport()
    (document,) = read_corpus("label_studio", path, report=report)
    assert kind in {one.event_type for one in document.image_events}
    assert not report.left_out


def test_results_of_other_kinds_are_counted_and_refuse_nothing(tmp_path: Path) -> None:
    kinds: dict[str, dict[str, object]] = {
        "keypointlabels": {"x": 50, "y": 50, "width": 1, "keypointlabels": ["PER"]},
        "ellipselabels": {"x": 5, "y": 5, "radiusX": 1, "radiusY": 1, "ellipselabels": ["PER"]},
        "polygonlabels": {"points": [[1, 1], [5, 5], [1, 5]], "polygonlabels": ["PER"]},
        "brushlabels": {"format": "rle", "rle": [1], "brushlabels": ["PER"]},
        "rating": {"rating": 3},
        "number": {"number": 3},
        "taxonomy": {"taxonomy": [["a", "b"]]},
        "textarea": {"text": ["A note."]},
        "pairwise": {"selected": "left"},
    }
    others = [
        {"id": kind, "type": kind, "to_name": "text", "value": value}
        for kind, value in kinds.items()
    ]
    event = span("b", 7, 15, ["Justice:Arrest-Jail"])
    bond = {"type": "relation", "from_id": "b", "to_id": "brushlabels", "labels": ["Agent"]}
    report = ReadReport()
    path = task(tmp_path, bond, event, *others)
    (document,) = read_corpus("label_studio", path, report=report)
    assert len(document.text_events) == 1
    left_out = {f"a result of the type {kind}": 1 for kind in kinds}
    assert report.left_out == {**left_out, "a relation of a result that is not read": 1}
    with pytest.raises(RmplError, match="a relation to nothing"):
        list(read_corpus("label_studio", task(tmp_path, event, bond | {"to_id": "gone"})))
