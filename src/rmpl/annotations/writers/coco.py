"""The images of documents as COCO's instances: a category per event type and role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from rmpl.annotations.mapping import Mapping
from rmpl.annotations.writers.common import Names, box_label, write_beside
from rmpl.io.files import write_file
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.records import Document

INSTANCES = "instances.json"
NO_TEXT = "a text event, which COCO does not hold (kept in documents.jsonl)"


def write_coco(
    documents: list[Document], folder: Path, ontology: Ontology, report: ReadReport
) -> None:
    """Write ``instances.json``.

    Parameters
    ----------
    documents
        The documents; their texts and links are kept in a file beside.
    folder
        An empty folder.
    ontology
        The types and roles that annotators may choose.
    report
        Counts what COCO does not hold.
    """
    names = Names(documents, ontology)
    boxes = names.boxes()
    numbers = {label: number for number, label in enumerate(boxes, start=1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for document in documents:
        for event in document.text_events:
            report.leave_out(NO_TEXT, f"{document.id}, {event.id}")
        for image in document.images:
            events = [one for one in document.image_events if one.image_id == image.id]
            images.append(
                {
                    "id": len(images) + 1,
                    "file_name": image.path or image.id,
                    "width": image.width,
                    "height": image.height,
                    "document": document.id,
                    "image": image.id,
                    "events": list(
                        dict.fromkeys(one.event_type for one in events if not one.arguments)
                    ),
                }
            )
            for event_of_image in events:
                for argument in event_of_image.arguments:
                    box = argument.box
                    width, height = box.x2 - box.x1, box.y2 - box.y1
                    label = box_label(event_of_image.event_type, argument.role)
                    annotations.append(
                        {
                            "id": len(annotations) + 1,
                            "image_id": len(images),
                            "category_id": numbers[label],
                            "bbox": [box.x1, box.y1, width, height],
                            "area": width * height,
                            "iscrowd": int(box.group),
                            "attributes": {"event": event_of_image.id},
                        }
                    )
    categories = [
        {"id": numbers[label], "name": box.role, "supercategory": box.event}
        for label, box in boxes.items()
    ]
    content = {"images": images, "categories": categories, "annotations": annotations}
    write_file(folder / INSTANCES, msgspec.json.format(msgspec.json.encode(content), indent=1))
    mapping = Mapping(events={name: name for name in names.types()}, boxes=boxes)
    write_beside(folder, documents, mapping)
