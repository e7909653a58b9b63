"""Opening images that may be missing, broken, malicious or unusual."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO, TypeVar, cast

import numpy as np
import PIL.Image
import PIL.TiffImagePlugin
from numpy.typing import NDArray

from rmpl.errors import RmplError
from rmpl.io.contained import is_file, open_file, size_of
from rmpl.io.image_heads import Head

T = TypeVar("T")

MAX_PIXELS = 80_000_000
"""The largest image that is opened. M2E2's largest has 22 million pixels; a decompression bomb
packs billions into a few kilobytes."""

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
"""Accepted image formats, whatever the file suffix. Pillow supports more, among them
PostScript, for which it runs another program."""

STRIP_PIXELS = 2**20
"""Pixels converted at once if the conversion needs copies of more than 3 bytes per pixel."""

ORIENTATION = 0x0112
SIDEWAYS = frozenset({5, 6, 7, 8})
_TURNS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}
"""As in ``ImageOps.exif_transpose``, which also writes the EXIF data anew: that can take hours."""
MAX_NAME_BYTES = 255


def resolve_inside(folder: Path, name: str, *, follow_links: bool = False) -> Path:
    """Return ``folder / name``, refusing names from an annotation file that point outside it.

    ``folder`` itself may be a symbolic link. A link within it must not point outside it, unless
    ``follow_links`` is set because the user made it.

    Raises
    ------
    RmplError
        If the name is empty, absolute, invalid, contains ``..``, or follows a link that points
        outside ``folder``.
    """
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if "\0" in name or not posix.parts or any(map(_is_too_long, posix.parts)):
        raise RmplError("an invalid image file name", where=repr(name))
    path = folder
    leads_out = posix.is_absolute() or windows.anchor or ".." in windows.parts
    for part in () if leads_out else posix.parts:
        path = path / part
        if not follow_links and path.is_symlink() and not _is_inside(folder, path):
            leads_out = True
            break
    if leads_out:
        raise RmplError(
            "an image name that points outside the image folder",
            where=repr(name),
            remedy="annotation files must name images relative to that folder, and links in it "
            "must not leave it",
        )
    return path


def _is_too_long(part: str) -> bool:
    return len(part.encode("utf-8", "replace")) > MAX_NAME_BYTES


def _is_inside(folder: Path, path: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def image_size(path: Path, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Return width and height in pixels after EXIF rotation, reading only the file header.

    Raises
    ------
    RmplError
        If the file is missing, empty, not an image, or has more than ``max_pixels``.
    """

    def size(image: PIL.Image.Image) -> tuple[int, int]:
        width, height = image.size
        if image.format == "TIFF":  # some versions of Pillow give the size as rotated
            tags = cast("PIL.TiffImagePlugin.TiffImageFile", image).tag_v2
            width, height = (
                tags[PIL.TiffImagePlugin.IMAGEWIDTH],
                tags[PIL.TiffImagePlugin.IMAGELENGTH],
            )
        return (height, width) if _orientation(image) in SIDEWAYS else (width, height)

    return _with_image(path, size, max_pixels)


def open_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> PIL.Image.Image:
    """Open an image as 8-bit RGB, upright (EXIF orientation applied).

    Takes the first frame of an animation, puts transparent images on white, and keeps the high byte
    of 16-bit grey.

    Raises
    ------
    RmplError
        If the file is missing, empty, truncated, not an image, or has more than ``max_pixels``.
    """

    def upright_rgb(image: PIL.Image.Image) -> PIL.Image.Image:
        turn = _orientation(image)
        image.load()
        # A TIFF is turned by Pillow when it is decoded.
        if turn in _TURNS and image.format != "TIFF":
            image = image.transpose(_TURNS[turn])
        return _to_rgb(image)

    return _with_image(path, upright_rgb, max_pixels)


def _with_image(path: Path, work: Callable[[PIL.Image.Image], T], max_pixels: int) -> T:
    if not is_file(path):
        raise RmplError("no such image", where=str(path), remedy="check the images folder")
    if (size := size_of(path)) == 0:
        raise RmplError("an empty image file", where=str(path), remedy="download it again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own limit only warns; ours is below it
            with open_file(path) as file:
                head = Head(file, size)
                with PIL.Image.open(cast("BinaryIO", head), formats=FORMATS) as image:
                    _check_pixels(image.size, max_pixels, path)
                    head.is_read(image)
                    return work(image)
    except RmplError as error:
        raise RmplError(error.what, where=error.where or str(path), remedy=error.remedy) from error
    except PIL.UnidentifiedImageError as error:
        raise RmplError(
            "not an image", where=str(path), remedy=f"supported formats: {', '.join(FORMATS)}"
        ) from error
    except PIL.Image.DecompressionBombError as error:
        raise RmplError("an image that is too large", where=str(path)) from error
    except Exception as error:  # decoders raise almost anything on broken data
        raise RmplError(
            "a broken image", where=f"{path} ({error})", remedy="download it again"
        ) from error


def _check_pixels(size: tuple[int, int], max_pixels: int, path: Path) -> None:
    width, height = size
    if width * height > max_pixels:
        raise RmplError(
            "an image that is too large",
            where=f"{path}, {width} x {height} pixels",
            remedy=f"the limit is {max_pixels:,} pixels",
        )


def _orientation(image: PIL.Image.Image) -> int:
    # Reading EXIF from a PNG without an EXIF header would decode the whole image.
    if image.format == "PNG" and "exif" not in image.info:
        return 1
    return int(image.getexif().get(ORIENTATION, 1))


def _to_rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    if image.mode == "RGB":
        return image.copy()  # the file behind `image` is about to be closed
    if image.mode.startswith("I") or image.mode == "F":
        return _stretched(image)
    if image.has_transparency_data:
        return _in_strips(image, _on_white)
    return image.convert("RGB")


def _in_strips(
    image: PIL.Image.Image, work: Callable[[PIL.Image.Image], PIL.Image.Image]
) -> PIL.Image.Image:
    """Convert to RGB strip by strip, so that intermediate copies take little memory."""
    width, height = image.size
    made = PIL.Image.new("RGB", image.size)
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(top + rows, height)))
        made.paste(work(strip), (0, top))
    return made


def _on_white(image: PIL.Image.Image) -> PIL.Image.Image:
    rgba = image.convert("RGBA")
    paper = PIL.Image.new("RGBA", rgba.size, "white")
    return PIL.Image.alpha_composite(paper, rgba).convert("RGB")


def _stretched(image: PIL.Image.Image) -> PIL.Image.Image:
    """Reduce pixels of more than 8 bits to 8 bits, by the range of the whole image."""
    values = np.asarray(image)
    to_bytes = _of_floats(values) if np.issubdtype(values.dtype, np.floating) else _of_ints(values)
    del values

    def work(strip: PIL.Image.Image) -> PIL.Image.Image:
        return PIL.Image.fromarray(to_bytes(np.asarray(strip))).convert("RGB")

    return _in_strips(image, work)


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0))


def _of_floats(values: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
    finite = _finite(values)
    least = finite.min()
    span = float(finite.max() - least) or 1.0
    return lambda part: ((_finite(part) - least) * (255 / span)).astype(np.uint8)


def _of_ints(values: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
    shift = 8 if values.size and values.max() > 255 else 0
    return lambda part: np.clip(part.astype(np.int64) >> shift, 0, 255).astype(np.uint8)
