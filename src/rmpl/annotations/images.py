"""Finding the images that a tool names: by path, by address, or by the end of a file's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from rmpl.annotations.image_events import CLIPPED, cut_box
from rmpl.errors import RmplError
from rmpl.io.image_folders import ImageFolders, with_image_paths
from rmpl.io.images import resolve_inside
from rmpl.records import Document, Image, ImageEvent

_UPLOAD = re.compile(r"[0-9a-f]{8}-(.+)")
"""A file that was uploaded to Label Studio has eight digits before its name."""


def locating(path: Path, folders: ImageFolders) -> Callable[[Document], Document]:
    """Return what finds the images of a document in folders.

    Images of an absolute path are taken as they are where the file is there; those of an address,
    and of a path on another machine, are searched by name.
    """

    def locate(document: Document) -> Document:
        images = tuple(_named(one, folders) for one in document.images)
        named = msgspec.structs.replace(document, images=images)
        found = with_image_paths(named, folders, str(path), contained=False)
        sizeless = {one.id for one in document.images if not one.width}
        measured = {one.id: one for one in found.images if one.width and one.id in sizeless}
        events = tuple(
            _cut(event, measured[event.image_id], f"{path}, document {document.id}", folders)
            if event.image_id in measured
            else event
            for event in found.image_events
        )
        return msgspec.structs.replace(found, image_events=events)

    return locate


def _cut(event: ImageEvent, image: Image, where: str, folders: ImageFolders) -> ImageEvent:
    """Return an event with its boxes within an image whose size only its file says."""
    arguments = []
    for argument in event.arguments:
        place = f"{where}, image {image.id}, {event.event_type}/{argument.role}"
        box, is_clipped = cut_box(argument.box, image, place)
        if is_clipped:
            folders.report.warn(CLIPPED, place)
        arguments.append(msgspec.structs.replace(argument, box=box))
    return msgspec.structs.replace(event, arguments=tuple(arguments))


def _named(image: Image, folders: ImageFolders) -> Image:
    """Return an image with a path that leads to a file, if there is one."""
    if image.path is None or (Path(image.path).is_absolute() and Path(image.path).is_file()):
        return image
    names = _names(image.path)
    for name in names:
        for folder in folders.folders:
            try:
                if resolve_inside(folder, name, follow_links=folders.follow_links).is_file():
                    return msgspec.structs.replace(image, path=name)
            except RmplError:
                continue
    return msgspec.structs.replace(image, path=names[-1])


def _names(address: str) -> list[str]:
    """Return the names that a file may have in an image folder, longest first."""
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d", [])
    plain = local[0] if local else unquote(parts.path) if parts.scheme else address
    whole = plain.replace("\\", "/").strip("/")
    steps = whole.split("/")
    names = ["/".join(steps[first:]) for first in range(len(steps))]
    upload = _UPLOAD.fullmatch(steps[-1])
    return [*names, upload[1]] if upload is not None and not local else names
