"""Locating and measuring a corpus's image files.

A record's width and height are never believed where there is a file: records of EXIF-rotated images
often give the stored size, and those of another copy that copy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io.contained import is_file
from rmpl.io.images import image_size, resolve_inside
from rmpl.io.read_report import OnError, ReadReport
from rmpl.records import Box, Document, Image, ImageEvent

MISSING = "an image missing from its folder"
"""Warning for an image that is missing although the corpus's images are available."""
OTHER_SIZE = "an image of another size than its record says"
"""Warning for an image that was measured: boxes in pixels of its record were scaled to the file."""
SHAPE_TOLERANCE = 0.02
"""Tolerance of the aspect ratio of an image; rounding to whole pixels costs up to 1 in 512."""


class ImageFolders:
    """The folders that are searched for a corpus's images.

    Parameters
    ----------
    folders
        Searched in this order; empty if no images are available.
    on_error
        What to do with an image that exists but cannot be opened.
    report
        Counts missing and broken images.
    follow_links
        Whether symbolic links in the folders may point outside them.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        on_error: OnError,
        report: ReadReport,
        *,
        follow_links: bool = False,
    ) -> None:
        self.folders = folders
        self.follow_links = follow_links
        self.on_error = on_error
        self.report = report

    def find(self, image_id: str, file_name: str, where: str) -> Image:
        """Return the image record with its path and size.

        A missing image, or a broken one that is counted, has ``path=None`` and size 0; its
        annotation is retained. ``where`` is the location of the reference to it.

        Raises
        ------
        RmplError
            If the name points outside the folder or the image is broken, and ``on_error="raise"``.
        """
        try:
            for folder in self.folders:
                path = resolve_inside(folder, file_name, follow_links=self.follow_links)
                if is_file(path):
                    return _measured(image_id, path)
        except RmplError as error:
            placed = RmplError(error.what, where=f"{where}, {error.where}", remedy=error.remedy)
            self.report.refuse(placed, self.on_error)
            return Image(id=image_id)
        self.report.warn(MISSING if self.folders else "image not available", file_name)
        return Image(id=image_id)


def _measured(image_id: str, path: Path) -> Image:
    width, height = image_size(path)
    return Image(id=image_id, path=str(path), width=width, height=height)


def with_image_paths(
    document: Document, folders: ImageFolders, where: str, *, contained: bool
) -> Document:
    """Return a document with resolved image paths, measured sizes, and boxes in the files' pixels.

    Parameters
    ----------
    document
        A user's own, or one written by ``rmpl convert``.
    folders
        The folders that relative paths refer to.
    where
        The file the document was read from.
    contained
        Whether absolute paths, too, must lie in the image folders. Otherwise they are used as
        they are.

    Raises
    ------
    RmplError
        See ``ImageFolders.find``; or if an image has another shape than its record says, or half
        a size and no file.
    """
    where = f"{where}, document {document.id}"
    images, events = [], list(document.image_events)
    for image in document.images:
        found = _located(image, folders, where, contained=contained)
        images.append(msgspec.structs.replace(found, caption=image.caption))
        if found.path is None and (found.width > 0) != (found.height > 0):
            raise RmplError(
                "an image with a width or a height alone",
                where=f"{where}, image {image.id}",
                remedy="give both, or neither",
            )
        if found.path is not None and is_other_size(image, found):
            check_shape(image, found, where)
            folders.report.warn(OTHER_SIZE, f"{where}, image {image.id}")
            events = [_scaled(one, image, found) for one in events]
    return msgspec.structs.replace(document, images=tuple(images), image_events=tuple(events))


def _located(image: Image, folders: ImageFolders, where: str, *, contained: bool) -> Image:
    if image.path is None:
        return image
    path = Path(image.path)
    if not path.is_absolute() or contained:
        return folders.find(image.id, _relative(path, folders.folders), where)
    anywhere = ImageFolders([path.parent], folders.on_error, folders.report)
    return anywhere.find(image.id, path.name, where)


def is_other_size(record: Image, found: Image) -> bool:
    """Whether a record gives a whole size, and not that of the image found."""
    is_whole = record.width > 0 and record.height > 0
    return is_whole and (record.width, record.height) != (found.width, found.height)


def check_shape(record: Image, found: Image, where: str) -> None:
    """Check that an image has the shape that its record says, so that boxes can be scaled to it.

    Raises
    ------
    RmplError
        If the aspect ratios differ, or the record gives the size before EXIF rotation.
    """
    off = _difference(record.width, record.height, found)
    turned = _difference(record.height, record.width, found)
    if off > SHAPE_TOLERANCE or turned < off:
        raise RmplError(
            "an image of another shape than its record says",
            where=f"{where}, image {record.id}, {found.width} x {found.height} pixels, not "
            f"{record.width} x {record.height}",
            remedy="give the size, and boxes in pixels, of the image after its EXIF rotation; or "
            "leave width and height out if only they are wrong",
        )


def _difference(width: int, height: int, found: Image) -> float:
    """Return the difference of two aspect ratios, as a share of the larger one."""
    one, other = width * found.height, height * found.width
    return abs(one - other) / max(one, other)


def _scaled(event: ImageEvent, record: Image, found: Image) -> ImageEvent:
    """Return an event with its boxes scaled from the size of the record to that of the file."""
    if event.image_id != record.id:
        return event
    across, down = found.width / record.width, found.height / record.height
    arguments = (
        msgspec.structs.replace(one, box=_scaled_box(one.box, across, down))
        for one in event.arguments
    )
    return msgspec.structs.replace(event, arguments=tuple(arguments))


def _scaled_box(box: Box, across: float, down: float) -> Box:
    return Box(box.x1 * across, box.y1 * down, box.x2 * across, box.y2 * down, box.group)


def with_measured_images(document: Document) -> Document:
    """Return a document whose images have the sizes of their files, where there are files.

    Raises
    ------
    RmplError
        If a file is not an image.
    """
    images = (
        image
        if image.path is None or not is_file(Path(image.path))
        else msgspec.structs.replace(_measured(image.id, Path(image.path)), caption=image.caption)
        for image in document.images
    )
    return msgspec.structs.replace(document, images=tuple(images))


def _relative(path: Path, folders: Sequence[Path]) -> str:
    for folder in folders:
        if path.is_relative_to(folder.absolute()):
            return str(path.relative_to(folder.absolute()))
    return str(path)


def with_absolute_paths(document: Document) -> Document:
    """Return a document with absolute image paths."""
    images = (
        image if image.path is None else msgspec.structs.replace(image, path=_absolute(image.path))
        for image in document.images
    )
    return msgspec.structs.replace(document, images=tuple(images))


def _absolute(path: str) -> str:
    return str(Path(path).absolute())
