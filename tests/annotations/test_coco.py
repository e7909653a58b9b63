"""COCO's files: numbers that several files share, and boxes of images without a size."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from annotations.invented import documents
from rmpl.annotations.writers import write_annotations
from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.ontology import load_ontology
from rmpl.records import Document

ARREST = "Justice:Arrest-Jail"


def write(folder: Path, name: str, *files: str, **changes: Any) -> None:
    """Write a file of images with the ids 1, 2, ... and one box of the first."""
    images = []
    for number, file in enumerate(files, start=1):
        PIL.Image.new("RGB", (60, 40)).save(folder / file)
        images.append({"id": number, "file_name": file, "width": 60, "height": 40})
    content = {
        "images": images,
        "categories": [{"id": 7, "name": "Person", "supercategory": ARREST}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [5, 6, 10, 20]}],
    }
    (folder / name).write_text(json.dumps(content | changes))


def read(folder: Path) -> tuple[list[Document], ReadReport]:
    report = ReadReport()
    return list(read_corpus("coco", folder, on_error="count", report=report)), report


def test_files_of_other_images_may_use_the_same_numbers(tmp_path: Path) -> None:
    write(tmp_path, "train.json", "a.png")
    write(tmp_path, "val.json", "b.png")
    captions = [{"image_id": 1, "id": 1, "caption": "A man"}]
    found, report = read(tmp_path)
    assert not report.refused
    assert [(d.id, len(d.image_events[0].arguments)) for d in found] == [("a", 1), ("b", 1)]
    (tmp_path / "captions.json").write_text(json.dumps({"annotations": captions}))
    with pytest.raises(RmplError, match=r"captions.*a\.png, b\.png: .*one of several images"):
        list(read_corpus("coco", tmp_path))


def test_an_id_of_two_images_or_categories_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.json", "a.png", "b.png")
    content = json.loads((tmp_path / "a.json").read_text())
    content["images"][1]["id"] = 1
    (tmp_path / "a.json").write_text(json.dumps(content))
    found, report = read(tmp_path)
    assert found == []
    assert report.left_out["two images of the id 1"] == 2
    content["categories"].append({"id": 7, "name": "Agent", "supercategory": ARREST})
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(RmplError, match="'Person' and 'Agent': two categories of the id 7"):
        read(tmp_path)


def test_boxes_of_an_image_without_a_size_are_held_against_its_file(tmp_path: Path) -> None:
    write(tmp_path, "a.json", "a.png", images=[{"id": 1, "file_name": "a.png"}])
    (document,), report = read(tmp_path)
    assert not report.warnings
    for box, said in (([50, 6, 100, 20], ""), ([100, 6, 10, 20], "outside its image")):
        annotation = {"id": 1, "image_id": 1, "category_id": 7, "bbox": box}
        write(
            tmp_path,
            "a.json",
            "a.png",
            images=[{"id": 1, "file_name": "a.png"}],
            annotations=[annotation],
        )
        if said:
            with pytest.raises(RmplError, match=said):
                list(read_corpus("coco", tmp_path))
        else:
            (document,), report = read(tmp_path)
            assert document.image_events[0].arguments[0].box.x2 == 60
            assert report.warnings == {"a box that exceeds its image, cut at its edge": 1}


def test_what_is_not_used_of_a_file_is_counted(tmp_path: Path) -> None:
    box = {"id": 1, "image_id": 1, "category_id": 7, "bbox": [5, 6, 10, 20]}
    write(tmp_path, "a.json", "a.png", annotations=[{**box, "attributes": {"rotation": 30.0}}])
    (tmp_path / "info.json").write_text("{}")
    _, report = read(tmp_path)
    assert report.left_out == {"a file without images and annotations": 1}
    assert report.warnings == {
        "a box whose attributes say that it is rotated, taken as it stands": 1
    }


def test_images_that_differ_in_their_ending_are_two_documents(tmp_path: Path) -> None:
    write(tmp_path, "a.json", "a.jpg", "a.png", "b.png")
    found, report = read(tmp_path)
    assert [(one.id, [image.id for image in one.images]) for one in found] == [
        ("a.jpg", ["a.jpg"]),
        ("a.png", ["a.png"]),
        ("b", ["b.png"]),
    ]
    assert len(found[0].image_events) == 1
    assert not found[1].image_events
    assert not report.left_out


@pytest.mark.parametrize("is_renamed", [False, True])
def test_a_tool_may_drop_the_keys_that_rmpl_adds(tmp_path: Path, is_renamed: bool) -> None:
    """As CVAT does, of images and of annotations; and name files without their folders."""
    given = [one for one in documents(tmp_path) if one.images]
    out = tmp_path / "coco"
    write_annotations(given, "coco", out, load_ontology("m2e2"), ReadReport())
    content = json.loads((out / "instances.json").read_text())
    for image in content["images"]:
        for key in ("document", "image", "events"):
            del image[key]
        if is_renamed:
            image["file_name"] = Path(image["file_name"]).name
    for one in content["annotations"]:
        del one["attributes"]
    (out / "instances.json").write_text(json.dumps(content))
    again, report = read(out)
    assert {one.id: one.links for one in again} == {one.id: one.links for one in given}
    assert {one.id: one.images for one in again} == {one.id: one.images for one in given}
    assert {one.id: one.text_events for one in again} == {one.id: one.text_events for one in given}
    boxes, kept = (
        Counter(
            (one.id, event.id, a.role, a.box)
            for one in documents_
            for event in one.image_events
            for a in event.arguments
        )
        for documents_ in (given, again)
    )
    assert sum(boxes.values()) > 20
    assert boxes == kept
    assert not report.left_out
