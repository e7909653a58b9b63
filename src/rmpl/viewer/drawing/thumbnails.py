"""Pictures made small enough to be embedded in a page, or placeholders for those not there."""

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
"""Width and height of the placeholder where a picture's size is not known."""

_EDGES = (720, 560, 420, 320, 224, 160)
_QUALITY, _SMALL_QUALITY = 78, 95
_SMALL = 256
"""A picture of no more pixels a side is shown enlarged, where artefacts of JPEG would be seen."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture on a page.

    Parameters
    ----------
    key
        The id of its first drawing, which later ones refer to.
    width, height
        Pixels of the original, in which boxes are given; of the placeholder where it is not known.
    data_uri
        The downsized JPEG, ``None`` for a placeholder.
    problem
        Why there is only a placeholder.
    """

    key: str
    width: float
    height: float
    data_uri: str | None
    problem: str | None = None


def load_picture(
    image: Image,
    key: str,
    *,
    max_bytes: int = 120_000,
    extent: tuple[float, float] = (0.0, 0.0),
    opened: PIL.Image.Image | None = None,
) -> Picture:
    """Return a picture downsized until its JPEG takes at most ``max_bytes``.

    The smallest size tried (160 pixels) is used even where it takes more. Metadata (EXIF) is left
    behind. A picture that is missing or broken gives a placeholder, never an error; where its size
    is not known either, the placeholder reaches as far as ``extent``, that of its boxes.
    ``opened`` is an RGB image to take in place of its file.
    """
    known = (float(image.width), float(image.height))
    if opened is None and image.path is None and not all(known):
        known = extent
    if opened is None and image.path is None:
        return _placeholder(key, known, f"picture not at hand: {image.id}")
    try:
        picture = open_image(Path(image.path or "")) if opened is None else opened
    except RmplError as error:
        known = known if all(known) else extent
        return _placeholder(key, known, f"picture not shown: {error.what} ({image.id})")
    width, height = known if all(known) else (float(picture.width), float(picture.height))
    return Picture(key, width, height, embed(picture, max_bytes))


def _placeholder(key: str, known: tuple[float, float], problem: str) -> Picture:
    width, height = known if all(known) else (100.0 * PLACEHOLDER[0], 100.0 * PLACEHOLDER[1])
    return Picture(key, width, height, None, problem)


def embed(picture: PIL.Image.Image, max_bytes: int) -> str:
    """Return an RGB picture as the address of a JPEG, downsized until it takes ``max_bytes``."""
    encoded = b""
    quality = _SMALL_QUALITY if max(picture.size) <= _SMALL else _QUALITY
    for edge in _EDGES:
        small = picture.copy()
        small.thumbnail((edge, edge), PIL.Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality, optimize=True)
        encoded = buffer.getvalue()
        if len(encoded) <= max_bytes:
            break
    return "data:image/jpeg;base64," + base64.b64encode(encoded).decode("ascii")
