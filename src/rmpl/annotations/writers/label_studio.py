"""Documents as Label Studio's tasks, annotated beforehand, with the labelling interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec

from rmpl.annotations.base import base_as_json, shown_images
from rmpl.annotations.label_studio import ID, OWN
from rmpl.annotations.mapping import ARGUMENT, ENTITY, SAME_EVENT, Mapping
from rmpl.annotations.placing import BETWEEN, text_of
from rmpl.annotations.writers.common import (
    Names,
    box_label,
    labelled_spans,
    offsets_of,
    write_beside,
)
from rmpl.io.files import write_file
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.records import Box, Document, Image, Sentence, Span

TASKS, INTERFACE = "tasks.json", "interface.xml"
_FULL = 100.0


def write_label_studio(
    documents: list[Document], folder: Path, ontology: Ontology, report: ReadReport
) -> None:
    """Write ``tasks.json`` to import and ``interface.xml``, the project's labelling interface.

    Parameters
    ----------
    documents
        The documents. Images are named by their paths, as Label Studio's local storage serves them.
    folder
        An empty folder.
    ontology
        The types and roles that annotators may choose.
    report
        Counts what cannot be written.
    """
    names = Names(documents, ontology)
    tasks = [_Task(one, report).task() for one in documents]
    lines = b",\n".join(map(msgspec.json.encode, tasks))
    write_file(folder / TASKS, b"[\n" + lines + b"\n]\n")
    write_file(folder / INTERFACE, _interface(names, any(one.images for one in documents)))
    mapping = Mapping(
        events={name: name for name in names.types()},
        roles={name: name for name in names.roles()},
        boxes=names.boxes(),
        entities=(ENTITY,),
        relations={name: name for name in names.relations},
    )
    write_beside(folder, documents, mapping)


class _Task:
    """One document as a task."""

    def __init__(self, document: Document, report: ReadReport) -> None:
        self._document = document
        self._report = report
        self._offsets = offsets_of(document, BETWEEN)
        self._sentences = {one.id: one for one in document.sentences}
        self._result: list[dict[str, Any]] = []

    def task(self) -> dict[str, Any]:
        """Return the task, with the document's annotations as predictions."""
        images = shown_images(self._document)
        triggers = self._texts()
        boxes = self._boxes(images)
        for link in self._document.links:
            if link.text in triggers and link.image in boxes:
                self._relation(triggers[link.text], boxes[link.image], SAME_EVENT)
        data = {
            "id": self._document.id,
            "text": text_of(self._document),
            "images": [_address(one) for one in images],
            OWN: base_as_json(self._document),
        }
        return {"data": data, "predictions": [{"model_version": "rmpl", "result": self._result}]}

    def _texts(self) -> dict[str, str]:
        """Add spans and relations; return the region of every event's trigger."""
        spans, events = labelled_spans(self._document, self._report)
        names = {
            (sentence.id, span): self._span(label, sentence, span, None)
            for sentence, span, label in spans
        }
        triggers = {}
        for event in events:
            sentence = self._sentences[event.sentence_id]
            triggers[event.id] = self._span(event.event_type, sentence, event.trigger, event.id)
            for argument in event.arguments:
                target = names[sentence.id, argument.span]
                self._relation(triggers[event.id], target, argument.role)
        for one in self._document.relations:
            head, tail = (names[one.sentence_id, span] for span in (one.head, one.tail))
            self._relation(head, tail, one.label)
        return triggers

    def _span(self, label: str, sentence: Sentence, span: Span, event: str | None) -> str:
        start, end = sentence.chars(span)
        offset = self._offsets[sentence.id]
        item = {
            "id": f"r{len(self._result)}",
            "from_name": "labels",
            "to_name": "text",
            "source": "$text",
            "type": "labels",
            "value": {
                "start": offset + start,
                "end": offset + end,
                "text": sentence.text[start:end],
                "labels": [label],
            },
        }
        return self._add(item, event)

    def _boxes(self, images: list[Image]) -> dict[str, str]:
        """Add boxes and events without any; return one box of every event."""
        places = {image.id: (number, image) for number, image in enumerate(images)}
        first: dict[str, str] = {}
        bare: dict[int, list[str]] = {}
        for event in self._document.image_events:
            number, image = places.get(event.image_id, (-1, None))
            if image is None:
                continue  # a tool cannot show it; the document itself keeps it
            if not event.arguments and event.event_type not in bare.setdefault(number, []):
                bare[number].append(event.event_type)
            for argument in event.arguments:
                label = box_label(event.event_type, argument.role)
                name = self._box(label, argument.box, number, image, event.id)
                first.setdefault(event.id, name)
        for number, types in bare.items():
            if types:
                self._choice(types, number)
        return first

    def _box(self, label: str, box: Box, number: int, image: Image, event: str) -> str:
        across, down = _FULL / image.width, _FULL / image.height
        item = {
            "id": f"r{len(self._result)}",
            "from_name": "boxes",
            "to_name": "image",
            "source": "$images",
            "type": "rectanglelabels",
            "item_index": number,
            "original_width": image.width,
            "original_height": image.height,
            "image_rotation": 0,
            "value": {
                "x": box.x1 * across,
                "y": box.y1 * down,
                "width": (box.x2 - box.x1) * across,
                "height": (box.y2 - box.y1) * down,
                "rotation": 0,
                "rectanglelabels": [label],
            },
        }
        return self._add(item, event)

    def _choice(self, types: list[str], number: int) -> None:
        item = {
            "id": f"r{len(self._result)}",
            "from_name": "image_events",
            "to_name": "image",
            "source": "$images",
            "type": "choices",
            "item_index": number,
            "value": {"choices": types},
        }
        self._add(item, None)

    def _relation(self, head: str, tail: str, label: str) -> None:
        self._result.append(
            {
                "type": "relation",
                "from_id": head,
                "to_id": tail,
                "direction": "right",
                "labels": [label],
            }
        )

    def _add(self, item: dict[str, Any], event: str | None) -> str:
        if event is not None:
            item["meta"] = {"text": [f"{ID}{event}"]}
        self._result.append(item)
        return str(item["id"])


def _address(image: Image) -> str:
    """Return the address of a file in Label Studio's local storage, whose root is ``/``."""
    return f"/data/local-files/?d={(image.path or '').lstrip('/')}"


def _interface(names: Names, has_images: bool) -> str:
    """Return the labelling interface: labels of spans, of boxes and of relations."""
    roles = [*names.roles(), SAME_EVENT, *names.relations]
    lines = ["<View>", "  <Relations>"]
    lines += [f"    <Relation value={quoteattr(name)}/>" for name in dict.fromkeys(roles)]
    lines += ["  </Relations>", '  <Labels name="labels" toName="text">']
    lines += [f"    <Label value={quoteattr(one)}/>" for one in (*names.types(), ENTITY, ARGUMENT)]
    lines += ["  </Labels>", '  <Text name="text" value="$text"/>']
    if has_images:
        lines += ['  <RectangleLabels name="boxes" toName="image">']
        lines += [f"    <Label value={quoteattr(one)}/>" for one in names.boxes()]
        lines += ["  </RectangleLabels>", '  <Image name="image" valueList="$images"/>']
        lines += ['  <Choices name="image_events" toName="image" choice="multiple" perItem="true">']
        lines += [f"    <Choice value={quoteattr(one)}/>" for one in names.types()]
        lines += ["  </Choices>"]
    return "\n".join([*lines, "</View>", ""])
