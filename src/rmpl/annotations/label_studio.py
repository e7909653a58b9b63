"""Label Studio's JSON export: tasks with spans, relations, boxes and labels of whole images.

A relation from a span with an event's label is an argument, its label the role. Boxes are percent
of the image, turned clockwise about their upper left corner; a turned one becomes the upright box
around it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from rmpl.annotations.assemble import broken_file
from rmpl.annotations.base import base_from_json, shown_images
from rmpl.annotations.marks import Annotated, Bond, ImageLabel, Mark, Region
from rmpl.errors import RmplError
from rmpl.io.files import decode, read_bytes
from rmpl.io.read_report import ReadReport
from rmpl.records import Box, Image

NOT_YET = "a task without an annotation: not annotated yet"
OTHERS = "a further annotation of a task"
ROTATED = "a rotated box, taken as the upright box around it"
UNREAD_END = "a relation of a result that is not read"
UNLABELLED = "a region without a label"
OWN = "rmpl"
"""The key of a task's data with the document that it was written from."""
ID = "rmpl id: "
"""What the note of a region begins with that holds the id of its event."""
_BOTH = frozenset({"text", "images"})
_IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff")
_IMAGE_TAG = re.compile(r"im(g|age)|pic|photo", re.IGNORECASE)
"""What the name of an ``Image`` tag begins with, in Label Studio's templates and in ours."""
_FULL = 360.0


class _Item(msgspec.Struct):
    """A part of an annotation: a span, a box, a choice or a relation."""

    type: str
    value: dict[str, Any] = {}
    id: str | None = None
    to_name: str = ""
    source: str | None = None
    from_id: str | None = None
    to_id: str | None = None
    labels: list[str] | None = None
    direction: str | None = None
    original_width: float | None = None
    original_height: float | None = None
    image_rotation: float = 0
    item_index: int = 0
    meta: dict[str, Any] = {}


class _Annotation(msgspec.Struct):
    result: list[_Item] = []
    was_cancelled: bool = False
    ground_truth: bool = False


class _Task(msgspec.Struct):
    data: dict[str, Any]
    id: int | str | None = None
    annotations: list[_Annotation] | None = None
    completions: list[_Annotation] | None = None


_DECODER = msgspec.json.Decoder(list[_Task])


def read_label_studio(path: Path, report: ReadReport) -> Iterator[Annotated]:
    """Yield the annotated tasks of an export, or of those in a folder.

    Raises
    ------
    RmplError
        If there is no such file, or it is not a list of tasks.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise RmplError("no .json file", where=str(path), remedy="export as JSON, not JSON-MIN")
    for file in files:
        try:
            tasks: list[_Task] = decode(_DECODER, read_bytes(file), str(file))
        except RmplError as error:
            remedy = "export from Label Studio as JSON (not JSON-MIN)"
            raise RmplError(error.what, where=error.where, remedy=remedy) from error
        for number, task in enumerate(tasks, start=1):
            name = number if task.id is None else task.id
            where = f"{file}, task {name}"
            annotation = _chosen(task, where, report)
            if annotation is None:
                continue
            try:
                yield _Reading(task, annotation, f"{file.stem}_{name}", where).given
            except RmplError as error:
                yield broken_file(str(name), where, error)


def _chosen(task: _Task, where: str, report: ReadReport) -> _Annotation | None:
    """Return the annotation that is the ground truth, or the last one."""
    given = task.annotations if task.annotations is not None else task.completions
    found = [one for one in given or () if not one.was_cancelled]
    if not found:
        report.leave_out(NOT_YET, where)
        return None
    if len(found) > 1:
        report.leave_out(OTHERS, where, len(found) - 1)
    return next((one for one in found if one.ground_truth), found[-1])


class _Reading:
    """Reads one task."""

    def __init__(self, task: _Task, annotation: _Annotation, name: str, where: str) -> None:
        data = task.data
        own = data.get(OWN)
        base = None if own is None else base_from_json(own, where)
        given_id = data.get("id")
        if isinstance(given_id, str | int) and str(given_id):
            name = str(given_id)
        self.given = Annotated(name if base is None else base.id, where, base=base, holds=_BOTH)
        self._data = data
        self._indices: dict[tuple[str, int], str] = {}
        self._sizes: dict[str, tuple[float, float]] = {}
        items = annotation.result
        self._image_tags = {one.to_name for one in items if _is_of_image(one)}
        self._text_key = self._find_text(items)
        text = data.get(self._text_key, "") if self._text_key is not None else ""
        self.given.text = text if isinstance(text, str) else ""
        self._find_images(items)
        for number, item in enumerate(items, start=1):
            self._item(item, f"{where}, {item.id or f'result {number}'}")
        self._drop_bonds({one.id for one in items if one.id is not None})
        self._measure()
        _check_ids(self.given)

    def _key(self, item: _Item) -> str:
        """Return the key of the data that an item is about."""
        if item.source is not None:
            return item.source.removeprefix("$")
        if item.to_name in self._data:
            return item.to_name
        is_image = _is_of_image(item) or item.to_name in self._image_tags
        keys = [key for key, value in self._data.items() if key not in {OWN, "id"} and value]
        fits = [key for key in keys if is_image == bool(_addresses(self._data[key]))]
        return fits[0] if fits else item.to_name

    def _find_text(self, items: list[_Item]) -> str | None:
        spans = [one for one in items if "start" in one.value]
        if spans:
            return self._key(spans[0])
        known = [
            key
            for key, value in self._data.items()
            if key not in {OWN, "id"} and isinstance(value, str) and not _addresses(value)
        ]
        return "text" if "text" in known else next(iter(known), None)

    def _find_images(self, items: list[_Item]) -> None:
        """Name the images: as in the document it was written from, else by their files."""
        keys = [key for key, value in self._data.items() if key != OWN and _addresses(value)]
        keys += [self._key(one) for one in items if one.type == "rectanglelabels"]
        base = self.given.base
        known = [] if base is None else shown_images(base)
        seen: set[str] = set()
        for key in dict.fromkeys(keys):
            for index, address in enumerate(_addresses(self._data.get(key), sure=True)):
                image = known[len(seen)] if len(seen) < len(known) else None
                if image is None:
                    name = _file_name(address)
                    while name in seen:
                        name += "_"
                    image = Image(name, address)
                self._indices[key, index] = image.id
                seen.add(image.id)
                self.given.images.append(image)
                if image.width and image.height:
                    self._sizes[image.id] = image.width, image.height
        if base is not None:
            self.given.images = list(base.images)
            self.given.unseen = frozenset(one.id for one in base.images) - seen

    def _item(self, item: _Item, where: str) -> None:
        given = self.given
        if item.type == "relation":
            ends = [item.from_id or "", item.to_id or ""]
            head, tail = reversed(ends) if item.direction == "left" else ends
            if not item.labels:
                given.leave_out("a relation without a label", where)
            for label in item.labels or ():
                given.bonds.append(Bond(f"r{len(given.bonds)}", label, head, tail, where))
            return
        is_labelled = item.type.endswith("labels") or item.type == "choices"
        labels = (item.value.get(item.type) if is_labelled else None) or []
        labels = labels or item.value.get("labels") or []
        if not (isinstance(labels, list) and all(isinstance(one, str) for one in labels)):
            given.refuse("labels that are no list of names", where)
        elif item.type == "choices":
            self._choices(item, where)
        elif item.type == "rectanglelabels" or item.value.keys() >= {"x", "y", "width", "height"}:
            self._box(item, labels, where)
        elif isinstance(item.value.get("start"), int) and isinstance(item.value.get("end"), int):
            self._span(item, labels, where)
        elif item.type == "labels":
            given.refuse("a span without start and end, in whole numbers", where)
        else:
            given.leave_out(f"a result of the type {item.type}", where)

    def _span(self, item: _Item, labels: list[str], where: str) -> None:
        given = self.given
        if self._key(item) != self._text_key:
            given.leave_out("a span of another text of the task", where)
            return
        if not labels:
            given.leave_out(UNLABELLED, where)
        text = item.value.get("text")
        for number, label in enumerate(labels):
            name = _numbered(item.id or where, number)
            said = text if isinstance(text, str) else None
            start, end = item.value["start"], item.value["end"]
            given.marks.append(Mark(name, label, start, end, where, said))
            event = _noted(item)
            if event is not None:
                given.event_ids[name] = event

    def _choices(self, item: _Item, where: str) -> None:
        image = self._indices.get((self._key(item), item.item_index))
        if image is None:
            self.given.leave_out("a choice that is not of an image", where)
            return
        for label in item.value.get("choices", []):
            self.given.image_labels.append(ImageLabel(label, image, where))

    def _box(self, item: _Item, labels: list[str], where: str) -> None:
        given = self.given
        image = self._indices.get((self._key(item), item.item_index))
        if image is None:
            given.refuse("a box of an image that the task does not have", where)
            return
        if not labels:
            given.leave_out(UNLABELLED, where)
            return
        if item.image_rotation % _FULL:
            given.refuse("a box of an image that was turned in the tool", where, "turn it back")
            return
        size = self._sizes.get(image)
        if size is None and item.original_width and item.original_height:
            size = self._sizes[image] = item.original_width, item.original_height
        if size is None:
            given.refuse("a box without original_width and original_height", where)
            return
        try:
            box, is_turned = _box(item.value, size)
        except (KeyError, TypeError, ValueError):
            given.refuse("a box without x, y, width and height", where)
            return
        if is_turned:
            given.warn(ROTATED, where)
        for number, label in enumerate(labels):
            name = _numbered(item.id or where, number)
            given.regions.append(Region(name, label, image, box, where, _noted(item)))

    def _drop_bonds(self, results: set[str]) -> None:
        """Leave out relations of results that are there, and are not read."""
        read = {one.id for one in self.given.marks} | {one.id for one in self.given.regions}
        kept = []
        for bond in self.given.bonds:
            if {bond.head, bond.tail} & (results - read):
                self.given.leave_out(UNREAD_END, f"{bond.where}: {bond.label}")
            else:
                kept.append(bond)
        self.given.bonds = kept

    def _measure(self) -> None:
        """Give images the size that boxes refer to."""
        self.given.images = [
            msgspec.structs.replace(
                one, width=round(self._sizes[one.id][0]), height=round(self._sizes[one.id][1])
            )
            if one.id in self._sizes and not one.width
            else one
            for one in self.given.images
        ]


def _box(value: dict[str, Any], size: tuple[float, float]) -> tuple[Box, bool]:
    """Return a box in pixels, and whether it was turned."""
    across, down = size[0] / 100, size[1] / 100
    x, y = float(value["x"]) * across, float(value["y"]) * down
    width, height = float(value["width"]) * across, float(value["height"]) * down
    angle = float(value.get("rotation") or 0) % _FULL
    if not angle:
        return Box(x, y, x + width, y + height), False
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    xs = [x + dx * cos - dy * sin for dx, dy in corners]
    ys = [y + dx * sin + dy * cos for dx, dy in corners]
    return Box(min(xs), min(ys), max(xs), max(ys)), True


def _is_of_image(item: _Item) -> bool:
    """Return whether an item is about an image; of a choice, only its tag's name may say it."""
    is_drawn = item.type.startswith("rectangle") or item.original_width is not None
    return is_drawn or (item.type == "choices" and bool(_IMAGE_TAG.match(item.to_name)))


def _noted(item: _Item) -> str | None:
    """Return the id of the event that rmpl noted with a region."""
    notes = item.meta.get("text") or []
    for note in [notes] if isinstance(notes, str) else notes:
        if isinstance(note, str) and note.startswith(ID):
            return note.removeprefix(ID)
    return None


def _numbered(name: str, number: int) -> str:
    return f"{name}#{number}" if number else name


def _addresses(value: object, *, sure: bool = False) -> list[str]:
    """Return the addresses of images in a value of a task's data."""
    values = value if isinstance(value, list) else [value]
    found = [one for one in values if isinstance(one, str)]
    is_image = all(one.lower().endswith(_IMAGE_ENDINGS) for one in found)
    return found if found and (sure or is_image) else []


def _file_name(address: str) -> str:
    return address.rpartition("?d=")[2].rstrip("/").rpartition("/")[2] or address


def _check_ids(given: Annotated) -> None:
    ids = [mark.id for mark in given.marks] + [region.id for region in given.regions]
    if len(set(ids)) < len(ids):
        given.refuse("a repeated id of a region", given.where)
