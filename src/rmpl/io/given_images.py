"""Images as users name them in JSON: with an id, or by their path alone."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.records import Image

TWICE = "image listed twice, read once"


class GivenImage(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An image of ``rmpl.records.Image`` that may have no id."""

    id: str | None = None
    path: str | None = None
    width: int = 0
    height: int = 0
    caption: str = ""


def named_images(
    given: Iterable[GivenImage], where: str, report: ReadReport | None = None
) -> tuple[Image, ...]:
    """Return images with ids: that of an image without one is its path, or made unique from it.

    An image without an id whose file is listed already is left out, and ``report`` warns of it.

    Raises
    ------
    RmplError
        If an image has neither an id nor a path.
    """
    images = list(given)
    taken = {one.id for one in images if one.id is not None}
    paths = {one.path for one in images if one.id is not None}
    found = []
    for one in images:
        name = one.id
        if name is None:
            if not one.path:
                raise RmplError(
                    "an image without id and path",
                    where=where,
                    remedy='write {"path": "photos/a.jpg"}',
                )
            if one.path in paths:
                if report is not None:
                    report.warn(TWICE, f"{where}, {one.path}")
                continue
            name = _free(one.path, taken)
        taken.add(name)
        paths.add(one.path)
        found.append(Image(name, one.path, one.width, one.height, one.caption))
    return tuple(found)


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
