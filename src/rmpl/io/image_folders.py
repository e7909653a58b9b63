"""Finding a corpus's pictures on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io.images import image_size, resolve_inside
from rmpl.io.read_report import OnError, ReadReport
from rmpl.records import Document, Image

MISSING = "a picture that is missing from its folder"
"""What is warned of where the pictures are at hand but not this one."""


class Pictures:
    """The folders in which a corpus's pictures may lie.

    Parameters
    ----------
    folders
        Searched in this order; none of them means that no picture is at hand.
    on_error
        What happens at a picture that is there but cannot be opened.
    report
        Counts missing and broken pictures.
    follow_links
        Whether links in the folders may lead out of them.
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
        """Return the image with the path and size of its picture.

        A picture that is not there, or is broken and counted, has ``path=None`` and size 0: what a
        corpus says about it stays. ``where`` is the place that names it.

        Raises
        ------
        RmplError
            If the name leads out of the folder or the picture is broken, and ``on_error="raise"``.
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
        self.report.warn(MISSING if self.folders else "picture not at hand", file_name)
        return Image(id=image_id)


def _measured(image_id: str, path: Path) -> Image:
    width, height = image_size(path)
    return Image(id=image_id, path=str(path), width=width, height=height)


def with_pictures(
    document: Document, pictures: Pictures, where: str, *, contained: bool
) -> Document:
    """Return a document whose images' paths lead to pictures, with their sizes.

    Parameters
    ----------
    document
        A user's own, or one written by ``rmpl convert``.
    pictures
        Where relative paths start from.
    where
        The file that the document is from.
    contained
        Whether absolute paths must lead into the pictures' folders too. Otherwise they are taken as
        they are.

    Raises
    ------
    RmplError
        See ``Pictures.find``.
    """
    where = f"{where}, document {document.id}"
    images = []
    for image in document.images:
        path = None if image.path is None else Path(image.path)
        if path is None or (path.is_absolute() and not contained and image.width > 0):
            images.append(image)
        elif path.is_absolute() and not contained:
            anywhere = Pictures([path.parent], pictures.on_error, pictures.report)
            images.append(anywhere.find(image.id, path.name, where))
        else:
            images.append(pictures.find(image.id, _relative(path, pictures.folders), where))
    return msgspec.structs.replace(document, images=tuple(images))


def _relative(path: Path, folders: Sequence[Path]) -> str:
    for folder in folders:
        if path.is_relative_to(folder.absolute()):
            return str(path.relative_to(folder.absolute()))
    return str(path)


def with_absolute_paths(document: Document) -> Document:
    """Return a document whose images' paths do not depend on the working folder."""
    images = (
        image if image.path is None else msgspec.structs.replace(image, path=_absolute(image.path))
        for image in document.images
    )
    return msgspec.structs.replace(document, images=tuple(images))


def _absolute(path: str) -> str:
    return str(Path(path).absolute())
