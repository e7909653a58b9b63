"""Locating a corpus's image files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io.images import image_size, resolve_inside
from rmpl.io.read_report import OnError, ReadReport
from rmpl.records import Document, Image

MISSING = "an image missing from its folder"
"""Warning for an image that is missing although the corpus's images are available."""


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
                if path.is_file():
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
    """Return a document with resolved image paths and sizes.

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
        See ``ImageFolders.find``.
    """
    where = f"{where}, document {document.id}"
    images = []
    for image in document.images:
        path = None if image.path is None else Path(image.path)
        if path is None or (path.is_absolute() and not contained and image.width > 0):
            images.append(image)
        elif path.is_absolute() and not contained:
            anywhere = ImageFolders([path.parent], folders.on_error, folders.report)
            images.append(anywhere.find(image.id, path.name, where))
        else:
            images.append(folders.find(image.id, _relative(path, folders.folders), where))
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
