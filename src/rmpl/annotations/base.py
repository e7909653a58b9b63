"""The documents that rmpl wrote for a tool, kept beside its files.

A tool holds less than a document: brat no images, COCO no text, none of them tokens. What it does
not hold, and what nobody changed, comes back as it was.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from rmpl.annotations.marks import Annotated
from rmpl.io.documents import read_documents, to_document, to_json
from rmpl.records import (
    Alignment,
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Relation,
    TextArgument,
    TextEvent,
)

BASE = "documents.jsonl"
"""The name of the file, in the folder that a writer makes."""
NEAR = 0.01
"""Pixels by which a box may differ after it was written in percent."""
GONE = "a document whose files were removed"
LOST_LINK = "a link to an event that is there no more"


def shown_images(document: Document) -> list[Image]:
    """Return the images of a document that a tool can show: measured files."""
    return [one for one in document.images if one.path is not None and one.width and one.height]


def read_base(folder: Path) -> dict[str, Document]:
    """Return the documents in such a file by id; none if there is no file."""
    path = folder / BASE
    return {one.id: one for one in read_documents(path)} if path.is_file() else {}


def base_as_json(document: Document) -> object:
    """Return a document as plain JSON, for a tool that keeps the data of its tasks."""
    return msgspec.json.decode(to_json(document))


def base_from_json(value: object, where: str) -> Document:
    """Return what ``base_as_json`` made.

    Raises
    ------
    RmplError
        If it is not such a document.
    """
    return to_document(msgspec.json.encode(value), where)


def with_base(document: Document, given: Annotated) -> Document:
    """Return a document with what its tool does not hold, and with what is unchanged."""
    base = given.base
    if base is None:
        return document
    texts, shown = document.text_events, document.image_events
    before = {event.id: event for event in base.text_events}
    seen = {event.id: event for event in base.image_events}
    if "text" in given.holds:
        texts = tuple(_same_text_event(one, before.get(one.id)) for one in texts)
    else:
        texts = base.text_events
    if "images" in given.holds:
        kept = [one for one in base.image_events if one.image_id in given.unseen]
        order = {name: number for number, name in enumerate(seen)}
        found = [*(_same_image_event(one, seen.get(one.id)) for one in shown), *kept]
        shown = tuple(sorted(found, key=lambda one: order.get(one.id, len(order))))
    else:
        shown = base.image_events
    keeps_images = "images" not in given.holds
    links = base.links if given.holds != {"text", "images"} else document.links
    return msgspec.structs.replace(
        document,
        images=base.images if keeps_images else document.images,
        text_events=texts,
        image_events=shown,
        links=_links(links, base, texts, shown, given),
        relations=_relations(document, given),
        partial=base.partial,
    )


def _same_text_event(event: TextEvent, before: TextEvent | None) -> TextEvent:
    """Return an event with the scores of what is unchanged in it."""
    if before is None:
        return event
    known: dict[tuple[object, ...], TextArgument] = {(a.role, a.span): a for a in before.arguments}
    arguments = tuple(known.get((a.role, a.span), a) for a in event.arguments)
    if (event.event_type, event.trigger, event.sentence_id) == (
        before.event_type,
        before.trigger,
        before.sentence_id,
    ):
        event = before
    return msgspec.structs.replace(event, arguments=arguments)


def _same_image_event(event: ImageEvent, before: ImageEvent | None) -> ImageEvent:
    if before is None:
        return event
    arguments = tuple(_same_box(one, before.arguments) for one in event.arguments)
    if (event.event_type, event.image_id) == (before.event_type, before.image_id):
        event = before
    return msgspec.structs.replace(event, arguments=arguments)


def _same_box(argument: ImageArgument, before: tuple[ImageArgument, ...]) -> ImageArgument:
    for one in before:
        if one.role == argument.role and is_near(one.box, argument.box):
            return one
    return argument


def is_near(one: Box, other: Box) -> bool:
    """Return whether two boxes are the same but for rounding."""
    corners = ((one.x1, other.x1), (one.y1, other.y1), (one.x2, other.x2), (one.y2, other.y2))
    return all(abs(a - b) <= NEAR for a, b in corners)


def _relations(document: Document, given: Annotated) -> tuple[Relation, ...]:
    """Return the relations; unchanged ones have the ids that they had."""
    base = given.base or Document("")
    if "text" not in given.holds:
        return base.relations
    before = {_content(one): one for one in base.relations}
    taken = {one.id for one in base.relations}
    found: list[Relation] = []
    for one in document.relations:
        same = before.pop(_content(one), None)
        new = next(n for n in (one.id, *(f"r{k}" for k in range(1_000_000))) if n not in taken)
        found.append(same or msgspec.structs.replace(one, id=new))
        taken.add(found[-1].id)
    return tuple(found)


def _content(one: Relation) -> tuple[object, ...]:
    return one.sentence_id, one.image_id, one.label, one.head, one.tail


def _links(
    links: tuple[Link, ...],
    base: Document,
    texts: tuple[TextEvent, ...],
    shown: tuple[ImageEvent, ...],
    given: Annotated,
) -> tuple[Link, ...]:
    """Return the links whose events are both there, each with the pairs of their arguments."""
    arguments = {event.id: {(a.role, a.span) for a in event.arguments} for event in texts}
    boxes = {event.id: {(a.role, a.box) for a in event.arguments} for event in shown}
    before = {(link.text, link.image): link for link in base.links}
    # A link to an event without a box is drawn nowhere, and so removed nowhere.
    drawn = {(link.text, link.image) for link in links}
    undrawn = {event.id for event in base.image_events if not event.arguments} | {
        event.id for event in base.image_events if event.image_id in given.unseen
    }
    kept = [one for one in base.links if one.image in undrawn or (one.text, one.image) in drawn]
    links = (*kept, *(link for link in links if (link.text, link.image) not in before))

    def holds(link: Link, pair: Alignment) -> bool:
        return (pair.role, pair.span) in arguments[link.text] and (
            pair.role,
            pair.box,
        ) in boxes[link.image]

    found = []
    for link in links:
        if link.text not in arguments or link.image not in boxes:
            given.leave_out(LOST_LINK, f"{given.where}, {link.text} - {link.image}")
            continue
        whole = before.get((link.text, link.image), link)
        pairs = tuple(pair for pair in whole.alignments if holds(whole, pair))
        found.append(msgspec.structs.replace(whole, alignments=pairs))
    return tuple(found)
