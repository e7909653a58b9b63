"""COCO: ``instances.json`` with images, categories and boxes, and captions.

A box is x, y of its upper left corner, width, height, in pixels. A category means the event of its
``supercategory`` and the role of its ``name``, or what the mapping says. All boxes of a type in an
image belong to one event, unless their ``attributes`` name its id (``event``). An image is a
document; captions are those of its events.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from rmpl.annotations.assemble import broken_file
from rmpl.annotations.base import BASE, GONE, read_base
from rmpl.annotations.mapping import Labels
from rmpl.annotations.marks import Annotated, ImageLabel, Region
from rmpl.errors import RmplError
from rmpl.io.files import decode, read_bytes
from rmpl.io.read_report import ReadReport
from rmpl.records import Box, Document, Image

CAPTIONS = "a further caption of an image"
NO_BOX = "an annotation without a box"
ORPHAN = "an annotation of an image that is not there"
_IMAGES = frozenset({"images"})


class _Image(msgspec.Struct):
    id: int | str
    file_name: str
    width: int = 0
    height: int = 0
    document: str | None = None
    image: str | None = None
    events: list[str] = []


class _Category(msgspec.Struct):
    id: int | str
    name: str
    supercategory: str | None = None


class _Annotation(msgspec.Struct):
    image_id: int | str
    id: int | str | None = None
    category_id: int | str | None = None
    bbox: tuple[float, float, float, float] | None = None
    caption: str | None = None
    iscrowd: int | bool = 0
    attributes: dict[str, Any] = {}


class _File(msgspec.Struct):
    images: list[_Image] = []
    categories: list[_Category] = []
    annotations: list[_Annotation] = []


_DECODER = msgspec.json.Decoder(_File)


def read_coco(path: Path, labels: Labels, report: ReadReport) -> Iterator[Annotated]:
    """Yield the images of COCO files, with their boxes and captions.

    Raises
    ------
    RmplError
        If there is no such file, or it is not COCO's.
    """
    folder = path if path.is_dir() else path.parent
    files = sorted(folder.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise RmplError("no .json file", where=str(path), remedy="give COCO's instances file")
    read = [(file, decode(_DECODER, read_bytes(file), str(file))) for file in files]
    bases = read_base(folder)
    named: set[tuple[str | None, str | None]] = {
        (one.document, one.image) for _, content in read for one in content.images if one.document
    }
    documents: dict[str, Annotated] = {}
    places: dict[int | str, tuple[Annotated, str]] = {}
    for file, content in read:
        for image in content.images:
            if image.id not in places:
                places[image.id] = _place(image, documents, bases, file)
    for file, content in read:
        categories = {one.id: one for one in content.categories}
        for number, one in enumerate(content.annotations):
            where = f"{file}, annotation {number if one.id is None else one.id}"
            place = places.get(one.image_id)
            if place is None:
                error = RmplError(ORPHAN, where=f"{where}: image {one.image_id!r}")
                yield broken_file(f"image {one.image_id} of {where}", where, error)
                continue
            _annotation(one, categories, labels, place, where)
    yield from _without_images(documents, bases, named, folder, report)
    yield from documents.values()


def _without_images(
    documents: dict[str, Annotated],
    bases: dict[str, Document],
    named: set[tuple[str | None, str | None]],
    folder: Path,
    report: ReadReport,
) -> Iterator[Annotated]:
    """Yield the documents without images; note images that the file should hold and does not."""
    for name, base in bases.items():
        given = documents.get(name)
        if given is None and base.images:
            report.leave_out(GONE, name)
        elif given is None:
            yield Annotated(name, f"{folder / BASE}, {name}", base=base, holds=frozenset())
        else:
            for kept in base.images:
                if (name, kept.id) not in named:
                    given.images.append(kept)
                    _keep(given, base, kept.id)


def _keep(given: Annotated, base: Document, image: str) -> None:
    """Say that the events of an image, which the file does not hold, are lost."""
    for event in base.image_events:
        if event.image_id == image:
            given.refuse(
                f"an event of image {image!r}, which the file does not hold",
                f"{given.where}, {event.id}",
                "keep the images of a document together",
            )


def _place(
    image: _Image, documents: dict[str, Annotated], bases: dict[str, Document], file: Path
) -> tuple[Annotated, str]:
    """Return the document and the id of an image."""
    where = f"{file}, image {image.id}"
    name = image.document or Path(image.file_name).with_suffix("").as_posix()
    given = documents.get(name)
    if given is None:
        base = bases.get(name)
        documents[name] = given = Annotated(name, where, base=base, holds=_IMAGES)
    image_id = image.image or image.file_name
    given.images.append(Image(image_id, image.file_name, image.width, image.height))
    given.image_labels += [ImageLabel(kind, image_id, where) for kind in image.events]
    return given, image_id


def _annotation(
    one: _Annotation,
    categories: dict[int | str, _Category],
    labels: Labels,
    place: tuple[Annotated, str],
    where: str,
) -> None:
    given, image = place
    if one.caption is not None:
        if image in given.captions:
            given.leave_out(CAPTIONS, where)
        given.captions.setdefault(image, " ".join(one.caption.split()))
    if one.bbox is None:
        if one.caption is None:
            given.refuse(NO_BOX, where, "give bbox: x, y, width, height")
        return
    category = None if one.category_id is None else categories.get(one.category_id)
    if category is None:
        given.refuse(f"an unknown category {one.category_id!r}", where)
        return
    x, y, width, height = one.bbox
    event = one.attributes.get("event")
    given.regions.append(
        Region(
            str(len(given.regions)),
            _label(category, labels),
            image,
            Box(x, y, x + width, y + height, group=bool(one.iscrowd)),
            where,
            None if event is None else str(event),
        )
    )


def _label(category: _Category, labels: Labels) -> str:
    """Return the label of a category: its own if that means something, else with its parent's."""
    kind = category.supercategory
    if kind is None or labels.box(category.name) is not None or labels.ignores(category.name):
        return category.name
    return category.name if labels.event_type(kind) is None else f"{kind}/{category.name}"
