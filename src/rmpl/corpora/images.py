"""Opening pictures that may be missing, broken, hostile or merely unusual."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, TypeVar

import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from rmpl.errors import RmplError
from rmpl.io.regular import open_regular

T = TypeVar("T")

MAX_PIXELS = 80_000_000
"""The largest picture that is opened. M2E2's largest has 22 million pixels; a decompression bomb
packs thousands of millions into a few kilobytes."""

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
"""What a file may be, whatever its ending says. Pillow knows many more, among them PostScript,
which it hands to another program."""

ORIENTATION = 0x0112
SIDEWAYS = frozenset({5, 6, 7, 8})
MAX_NAME_BYTES = 255


def resolve_inside(folder: Path, name: str, *, follow_links: bool = False) -> Path:
    """Return ``folder / name``, refusing names from an annotation file that lead out of it.

    ``folder`` itself may be a link. A link within it must not lead out of it, unless
    ``follow_links`` says that the user put it there.

    Raises
    ------
    RmplError
        If the name is empty, absolute, holds ``..``, passes a link that leads out of ``folder``, or
        is no file name at all.
    """
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if "\0" in name or not posix.parts or any(map(_is_too_long, posix.parts)):
        raise RmplError("an image name that is no file name", where=repr(name))
    path = folder
    leads_out = posix.is_absolute() or windows.anchor or ".." in windows.parts
    for part in () if leads_out else posix.parts:
        path = path / part
        if not follow_links and path.is_symlink() and not _is_inside(folder, path):
            leads_out = True
            break
    if leads_out:
        raise RmplError(
            "an image name that leads out of the images folder",
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
    """Return width and height in pixels after EXIF rotation, from the file's header alone.

    Raises
    ------
    RmplError
        If the file is missing, empty, no image, or has more than ``max_pixels``.
    """

    def size(image: PIL.Image.Image) -> tuple[int, int]:
        width, height = image.size
        return (height, width) if _orientation(image) in SIDEWAYS else (width, height)

    return _with_image(path, size, max_pixels)


def open_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> PIL.Image.Image:
    """Open a picture as 8-bit RGB, upright (EXIF orientation applied).

    Of an animation the first frame is taken; transparency is laid on white; 16-bit grey keeps its
    high byte.

    Raises
    ------
    RmplError
        If the file is missing, empty, truncated, no image, or has more than ``max_pixels``.
    """

    def upright_rgb(image: PIL.Image.Image) -> PIL.Image.Image:
        turned = _orientation(image) != 1
        image.load()
        if turned:
            image = PIL.ImageOps.exif_transpose(image)
        return _to_rgb(image)

    return _with_image(path, upright_rgb, max_pixels)


def _with_image(path: Path, work: Callable[[PIL.Image.Image], T], max_pixels: int) -> T:
    if not path.is_file():
        raise RmplError("no such image", where=str(path), remedy="check the images folder")
    if path.stat().st_size == 0:
        raise RmplError("an empty image file", where=str(path), remedy="download it again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own limit only warns; ours is below it
            with open_regular(path) as file, PIL.Image.open(file, formats=FORMATS) as image:
                _check_pixels(image.size, max_pixels, path)
                return work(image)
    except RmplError:
        raise
    except PIL.UnidentifiedImageError as error:
        raise RmplError(
            "not an image", where=str(path), remedy=f"{', '.join(FORMATS)} are read"
        ) from error
    except PIL.Image.DecompressionBombError as error:
        raise RmplError("an image that is too large", where=str(path)) from error
    except Exception as error:  # a decoder fed with broken bytes raises almost anything
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
    # Asking a PNG without an EXIF header for it would decode the whole picture.
    if image.format == "PNG" and "exif" not in image.info:
        return 1
    return int(image.getexif().get(ORIENTATION, 1))


def _to_rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    if image.mode == "RGB":
        return image.copy()  # the file behind `image` is about to be closed
    if image.mode.startswith("I") or image.mode == "F":
        return PIL.Image.fromarray(_to_bytes(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        paper = PIL.Image.new("RGBA", rgba.size, "white")
        return PIL.Image.alpha_composite(paper, rgba).convert("RGB")
    return image.convert("RGB")


def _to_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    if np.issubdtype(values.dtype, np.floating):
        finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        span = float(finite.max() - finite.min()) or 1.0
        stretched: NDArray[np.uint8] = ((finite - finite.min()) * (255 / span)).astype(np.uint8)
        return stretched
    wide = values.astype(np.int64)
    if wide.size and wide.max() > 255:
        wide = wide >> 8
    clipped: NDArray[np.uint8] = np.clip(wide, 0, 255).astype(np.uint8)
    return clipped
