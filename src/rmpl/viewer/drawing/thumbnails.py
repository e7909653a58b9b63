"""Downsized images to embed in a page, or placeholders for missing ones."""

from __future__ import annotations

import base64
import dataclasses
import io
from pathlib import Path

import PIL.Image

from rmpl.errors import RmplError
from rmpl.io.images import open_image
from rmpl.records import Image

PLACEHOLDER = (4, 3)
"""Width and height of the placeholder of an image of unknown size."""

_EDGES = (720, 560, 420, 320, 224, 160)
_QUALITY, _SMALL_QUALITY = 78, 95
_SMALL = 256
"""Images up to this size are shown enlarged, where JPEG artefacts would be visible."""


@dataclasses.dataclass(frozen=True)
class EmbeddedImage:
    """An image on a page.

    Parameters
    ----------
    key
        The id of its first drawing, which later ones refer to.
    width, height
        Size in pixels of the original, in which boxes are given, or of the placeholder.
    data_uri
        The downsized JPEG, ``None`` for a placeholder.
    problem
        The reason for a placeholder.
    """

    key: str
    width: float
    height: float
    data_uri: str | None
    problem: str | None = None


def load_image(
    image: Image,
    key: str,
    *,
    max_bytes: int = 120_000,
    extent: tuple[float, float] = (0.0, 0.0),
    opened: PIL.Image.Image | None = None,
) -> EmbeddedImage:
    """Return an image downsized until its JPEG takes at most ``max_bytes``.

    The smallest size (160 pixels) is used even if it takes more. Metadata (EXIF) is removed. A
    missing or broken image gives a placeholder, never an error; if its size is unknown, the
    placeholder has the size ``extent``, that of its boxes. ``opened`` is an RGB image to use
    instead of its file.
    """
    known = (float(image.width), float(image.height))
    if opened is None and image.path is None and not all(known):
        known = extent
    if opened is None and image.path is None:
        return _placeholder(key, known, f"image not available: {image.id}")
    try:
        rgb = open_image(Path(image.path or "")) if opened is None else opened
    except RmplError as error:
        known = known if all(known) else extent
        return _placeholder(key, known, f"image not shown: {error.what} ({image.id})")
    width, height = known if all(known) else (float(rgb.width), float(rgb.height))
    return EmbeddedImage(key, width, height, embed(rgb, max_bytes))


def _placeholder(key: str, known: tuple[float, float], problem: str) -> EmbeddedImage:
    width, height = known if all(known) else (100.0 * PLACEHOLDER[0], 100.0 * PLACEHOLDER[1])
    return EmbeddedImage(key, width, height, None, problem)


def embed(rgb: PIL.Image.Image, max_bytes: int) -> str:
    """Return an RGB image as a data URI of a JPEG, downsized until it takes ``max_bytes``."""
    encoded = b""
    quality = _SMALL_QUALITY if max(rgb.size) <= _SMALL else _QUALITY
    for edge in _EDGES:
        small = rgb.copy()
        small.thumbnail((edge, edge), PIL.Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality, optimize=True)
        encoded = buffer.getvalue()
        if len(encoded) <= max_bytes:
            break
    return "data:image/jpeg;base64," + base64.b64encode(encoded).decode("ascii")
