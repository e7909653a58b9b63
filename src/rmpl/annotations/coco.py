"""COCO: ``instances.json`` with images, categories and boxes, and captions.

A box is x, y of its upper left corner, width, height, in pixels. A category means the event of its
``supercategory`` and the role of its ``name``, or what the mapping says. All boxes of a type in an
image belong to one event, unless their ``attributes`` name its id (``event``). An image is a
document; captions are those of its events.
"""

from __future__ import annotations

from collections import Counter, defaultdict
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
EMPTY = "a file without images and annotations"
ROTATED = "a box whose attributes say that it is rotated, taken as it stands"
_IMAGES = frozenset({"images"})


class _Image(msgspec.Struct):
    id: int | str
    file_name: str
    width: int = 0
    height: int = 0
    document: str | None = None
    image: str | None = None
    events: list[str] | None = None


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
        If there is no such file, it is not COCO's, or two categories have one id.
    """
    folder = path if path.is_dir() else path.parent
    files = sorted(folder.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise RmplError("no .json file", where=str(path), remedy="give COCO's instances file")
    read = [(file, decode(_DECODER, read_bytes(file), str(file))) for file in files]
    bases = read_base(folder)
    _find_own([one for _, content in read for one in content.images], bases)
    named: set[tuple[str | None, str | None]] = {
        (one.document, one.image) for _, content in read for one in content.images if one.document
    }
    images = _Images(bases, _names([one for _, content in read for one in content.images]))
    for file, content in read:
        if not content.images and not content.annotations:
            report.leave_out(EMPTY, str(file))
        for image in content.images:
            images.add(image, file)
    for file, content in read:
        categories = _categories(content.categories, file)
        for number, one in enumerate(content.annotations):
            where = f"{file}, annotation {number if one.id is None else one.id}"
            try:
                place = images.of(one.image_id, file, where)
            except RmplError as error:
                yield broken_file(f"image {one.image_id} of {where}", where, error)
                continue
            _annotation(one, categories, labels, place, where)
    documents = images.documents
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


def _find_own(images: list[_Image], bases: dict[str, Document]) -> None:
    """Name the document and image of images that rmpl wrote, where a tool dropped these keys.

    They are known by their path, or by their name and size. Their events without a box, which no
    tool shows, stay.
    """
    own: dict[object, list[tuple[str, str, str]]] = defaultdict(list)
    for base in bases.values():
        for one in base.images:
            if one.path is not None:
                place = base.id, one.id, one.path
                own[one.path].append(place)
                own[Path(one.path).name, one.width, one.height].append(place)
    for image in images:
        key = Path(image.file_name).name, image.width, image.height
        found = own.get(image.file_name) or own.get(key, [])
        if image.document is None and len(found) == 1:
            image.document, image.image, image.file_name = found[0]
        base_of = None if image.document is None else bases.get(image.document)
        if image.events is None and base_of is not None:
            bare = [e for e in base_of.image_events if e.image_id == image.image]
            image.events = [one.event_type for one in bare if not one.arguments]


def _names(images: list[_Image]) -> dict[str, str]:
    """Return the documents of images by their files: without the ending, where that is unique."""
    files = dict.fromkeys(one.file_name for one in images if one.document is None)
    stems = {file: Path(file).with_suffix("").as_posix() for file in files}
    taken = Counter([*stems.values(), *{one.document for one in images if one.document}])
    return {file: stem if taken[stem] == 1 else file for file, stem in stems.items()}


class _Images:
    """The images of all files, by their numbers.

    Files that describe the same images (instances, captions) share numbers; those of other images
    (train, val) may have the same numbers for them.
    """

    def __init__(self, bases: dict[str, Document], names: dict[str, str]) -> None:
        self.documents: dict[str, Annotated] = {}
        self._bases = bases
        self._names = names
        self._named: dict[tuple[int | str, str], tuple[Annotated, str]] = {}
        self._of_file: dict[tuple[Path, int | str], tuple[Annotated, str]] = {}
        self._files: dict[int | str, set[str]] = {}

    def add(self, image: _Image, file: Path) -> None:
        """Add an image of a file, once."""
        key, own = (image.id, image.file_name), (file, image.id)
        if key not in self._named:
            self._named[key] = self._place(image, file)
        place = self._named[key]
        if self._of_file.setdefault(own, place) is not place:
            for given, _ in (self._of_file[own], place):
                given.refuse(f"two images of the id {image.id!r}", f"{file}, {image.file_name}")
        self._files.setdefault(image.id, set()).add(image.file_name)

    def of(self, name: int | str, file: Path, where: str) -> tuple[Annotated, str]:
        """Return the document and the image that an annotation of a file is about.

        Raises
        ------
        RmplError
            If there is no such image, or only some of the same number in several other files.
        """
        place = self._of_file.get((file, name))
        if place is not None:
            return place
        names = sorted(self._files.get(name, ()))
        if len(names) > 1:
            raise RmplError(
                f"an annotation of one of several images of the id {name!r}",
                where=f"{where}: {', '.join(names[:3])}",
                remedy="keep each file with its own images in a folder of its own",
            )
        if not names:
            raise RmplError(ORPHAN, where=f"{where}: image {name!r}")
        return self._named[name, names[0]]

    def _place(self, image: _Image, file: Path) -> tuple[Annotated, str]:
        where = f"{file}, image {image.id}"
        name = image.document or self._names[image.file_name]
        given = self.documents.get(name)
        if given is None:
            base = self._bases.get(name)
            self.documents[name] = given = Annotated(name, where, base=base, holds=_IMAGES)
        image_id = image.image or image.file_name
        given.images.append(Image(image_id, image.file_name, image.width, image.height))
        given.image_labels += [ImageLabel(kind, image_id, where) for kind in image.events or ()]
        return given, image_id


def _categories(found: list[_Category], file: Path) -> dict[int | str, _Category]:
    """Return categories by id; an id of two would label boxes with the last one."""
    categories: dict[int | str, _Category] = {}
    for one in found:
        if categories.setdefault(one.id, one) != one:
            raise RmplError(
                f"two categories of the id {one.id!r}",
                where=f"{file}: {categories[one.id].name!r} and {one.name!r}",
                remedy="give each category an id of its own",
            )
    return categories


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
    if one.attributes.get("rotation"):
        given.warn(ROTATED, where)
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
