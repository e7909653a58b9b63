"""Box formats of the model families, as pure functions of a box and its image size.

Elsewhere a box is in pixels of the original image; only here is it converted to a family's format.
The source of each convention is given in the family that uses it.

``tolerance`` is the largest error, in pixels of the original image, of a coordinate after encoding
and decoding a box inside its image.
"""

from __future__ import annotations

import dataclasses
import math
import re

from rmpl.errors import RmplError
from rmpl.records import Box
from rmpl.tasks.schema import BoxValue


def four_numbers(value: BoxValue) -> list[float]:
    """Return the four finite numbers of an encoded box.

    Raises
    ------
    ValueError
        If ``value`` is not four finite numbers.
    """
    if isinstance(value, str) or len(value) != 4 or not all(map(math.isfinite, value)):
        raise ValueError(f"not a box: {value!r}")
    return value


def box_inside(
    corners: list[float], width: int, height: int, across: float = 1.0, down: float = 1.0
) -> Box:
    """Return the box of ``corners``, given in units of 1 / ``across`` of the width.

    Swapped corners are repaired, and the box is clipped to the image.
    """
    x1, x2 = sorted(min(max(x / across, 0.0), 1.0) * width for x in (corners[0], corners[2]))
    y1, y2 = sorted(min(max(y / down, 0.0), 1.0) * height for y in (corners[1], corners[3]))
    return Box(x1, y1, x2, y2)


def resized(
    width: int, height: int, factor: int, min_pixels: int, max_pixels: int
) -> tuple[int, int]:
    """Return the width and height to which Qwen's processors resize an image.

    Both are rounded to multiples of ``factor``, and scaled if the area would lie outside
    ``min_pixels`` to ``max_pixels``, as in Qwen2-VL's image processor (a test compares them).
    """
    across, down = round(width / factor) * factor, round(height / factor) * factor
    if across * down > max_pixels:
        scale = math.sqrt(width * height / max_pixels)
        across, down = (
            max(factor, math.floor(side / scale / factor) * factor) for side in (width, height)
        )
    elif across * down < min_pixels:
        scale = math.sqrt(min_pixels / (width * height))
        across, down = (math.ceil(side * scale / factor) * factor for side in (width, height))
    return across, down


def no_grid(step: int, family: str) -> None:
    """Refuse a coarser grid for a family with a box convention of its own.

    Raises
    ------
    RmplError
        If ``step`` is not 1.
    """
    if step != 1:
        raise RmplError(
            f"box_step {step} does not fit {family}, whose boxes have their own units",
            remedy="leave box_step at 1",
        )


@dataclasses.dataclass(frozen=True)
class RelativeBoxes:
    """Boxes as four integers ``[x1, y1, x2, y2]`` on a grid of 0 to ``scale`` over the image.

    Parameters
    ----------
    key
        The JSON key of a box.
    scale
        The coordinate of the right and the bottom edge.
    step
        Coordinates are rounded to multiples of it: 1 for large models; very small ones learn a
        coarser grid much faster. The round-trip error is at most ``step / 2`` of ``scale``.
    """

    key: str = "bbox_2d"
    scale: int = 1000
    step: int = 1

    def encode(self, box: Box, width: int, height: int) -> BoxValue:
        """Return four integers for a box in pixels of a ``width`` x ``height`` image."""
        return [
            self._round(box.x1 / width),
            self._round(box.y1 / height),
            self._round(box.x2 / width),
            self._round(box.y2 / height),
        ]

    def decode(self, value: BoxValue, width: int, height: int) -> Box:
        """Return the box in pixels; swapped corners are repaired, and it is clipped.

        Raises
        ------
        ValueError
            If ``value`` is not four finite numbers.
        """
        return box_inside(four_numbers(value), width, height, self.scale, self.scale)

    def tolerance(self, width: int, height: int) -> tuple[float, float]:
        """Return the largest round-trip error in x and y: half a grid step."""
        share = self.step / 2 / self.scale
        return width * share, height * share

    def pattern(self, width: int, height: int) -> str:
        """Return the regular expression of four numbers on the grid."""
        number = _multiples(self.step, self.scale)
        return rf"\[({number})(,({number})){{3}}\]"

    def _round(self, share: float) -> int:
        steps = round(share * self.scale / self.step)
        return min(max(steps * self.step, 0), self.scale)


@dataclasses.dataclass(frozen=True)
class CornerBoxes:
    """Boxes as a string of two corners, ``<|box_start|>(x1,y1),(x2,y2)<|box_end|>``, 0 to 1000.

    The markers are tokens of the family's vocabulary. They are optional when decoding, because
    special tokens may be skipped.
    """

    key: str = "box"
    step: int = 1

    def encode(self, box: Box, width: int, height: int) -> BoxValue:
        """Return the string for a box in pixels of a ``width`` x ``height`` image."""
        corners = RelativeBoxes(step=self.step).encode(box, width, height)
        return "<|box_start|>({},{}),({},{})<|box_end|>".format(*corners)

    def decode(self, value: BoxValue, width: int, height: int) -> Box:
        """Return the box in pixels; swapped corners are repaired, and it is clipped.

        Raises
        ------
        ValueError
            If ``value`` is not a string of four integers.
        """
        corners = numbers_in(value, r"(?:<\|box_start\|>)?\(N,N\),\(N,N\)(?:<\|box_end\|>)?")
        return box_inside(corners, width, height, 1000, 1000)

    def pattern(self, width: int, height: int) -> str:
        """Return the regular expression of the two corners, with the markers as tokens."""
        number = _multiples(self.step, 1000)
        corner = rf"\(({number}),({number})\)"
        return rf'"<|box_start|>{corner},{corner}<|box_end|>"'

    def tolerance(self, width: int, height: int) -> tuple[float, float]:
        """Return the largest round-trip error in x and y: half a grid step."""
        return RelativeBoxes(step=self.step).tolerance(width, height)


@dataclasses.dataclass(frozen=True)
class AbsoluteBoxes:
    """Boxes as four integers, in pixels of the image as the processor resizes it.

    Parameters
    ----------
    key
        The JSON key of a box.
    factor
        Resized sides are multiples of it, in pixels.
    min_pixels, max_pixels
        Bounds of the resized image's area. They are part of the convention: other bounds give other
        numbers for the same box, so training and inference must agree.
    """

    key: str = "bbox_2d"
    factor: int = 28
    min_pixels: int = 56 * 56
    max_pixels: int = 16384 * 28 * 28

    def encode(self, box: Box, width: int, height: int) -> BoxValue:
        """Return four integers for a box in pixels of the original ``width`` x ``height`` image."""
        across, down = self._resized(width, height)
        return [
            min(max(round(x * size / of), 0), size - 1)
            for x, size, of in (
                (box.x1, across, width),
                (box.y1, down, height),
                (box.x2, across, width),
                (box.y2, down, height),
            )
        ]

    def decode(self, value: BoxValue, width: int, height: int) -> Box:
        """Return the box in pixels of the original image.

        Swapped corners are repaired, and the box is clipped to the image.

        Raises
        ------
        ValueError
            If ``value`` is not four finite numbers.
        """
        across, down = self._resized(width, height)
        return box_inside(four_numbers(value), width, height, across, down)

    def pattern(self, width: int, height: int) -> str:
        """Return the regular expression of four numbers within the resized image."""
        across, down = (_up_to(size - 1) for size in self._resized(width, height))
        return rf"\[({across}),({down}),({across}),({down})\]"

    def tolerance(self, width: int, height: int) -> tuple[float, float]:
        """Return the largest round-trip error in x and y: one resized pixel.

        Half a pixel by rounding; a whole one at the right and bottom edges, which the family clips
        to the last pixel.
        """
        across, down = self._resized(width, height)
        return width / across, height / down

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        # The processor refuses images with an aspect ratio over 200; no model is asked about them,
        # but scoring must still read predictions for them.
        longest = 200 * min(width, height)
        return resized(
            min(width, longest), min(height, longest), self.factor, self.min_pixels, self.max_pixels
        )


@dataclasses.dataclass(frozen=True)
class UnitBoxes:
    """Boxes as four fractions ``[0.61, 0.36, 0.92, 0.83]`` of the image padded to a square.

    The side of the square is the longer side of the image, which is centred in it.

    Parameters
    ----------
    key
        The JSON key of a box.
    digits
        The number of decimals.
    """

    key: str = "bbox"
    digits: int = 2

    def encode(self, box: Box, width: int, height: int) -> BoxValue:
        """Return four fractions for a box in pixels of a ``width`` x ``height`` image."""
        side, left, top = self._square(width, height)
        shares = (
            (box.x1 + left) / side,
            (box.y1 + top) / side,
            (box.x2 + left) / side,
            (box.y2 + top) / side,
        )
        return [round(min(max(share, 0.0), 1.0), self.digits) for share in shares]

    def decode(self, value: BoxValue, width: int, height: int) -> Box:
        """Return the box in pixels, clipped to the image without its padding.

        Raises
        ------
        ValueError
            If ``value`` is not four finite numbers.
        """
        side, left, top = self._square(width, height)
        x1, y1, x2, y2 = (number * side for number in four_numbers(value))
        return box_inside([x1 - left, y1 - top, x2 - left, y2 - top], width, height, width, height)

    def pattern(self, width: int, height: int) -> str:
        """Return the regular expression of four fractions without trailing zeros."""
        share = rf"1\.0|0\.(0|[0-9]{{0,{self.digits - 1}}}[1-9])"
        return rf"\[({share})(,({share})){{3}}\]"

    def tolerance(self, width: int, height: int) -> tuple[float, float]:
        """Return the largest round-trip error: half the last decimal of the longer side.

        It is the same in x and y, so it is large for the shorter side of a narrow image.
        """
        off = max(width, height) * 10**-self.digits / 2
        return off, off

    @staticmethod
    def _square(width: int, height: int) -> tuple[int, int, int]:
        side = max(width, height)
        return side, (side - width) // 2, (side - height) // 2


@dataclasses.dataclass(frozen=True)
class LocBoxes:
    """Boxes as a string of four location tokens, y before x: ``<loc0100><loc0050>...``.

    Each token is one of 1024 bins over the image's height or width and is decoded to its centre.
    """

    key: str = "box"
    bins: int = 1024

    def encode(self, box: Box, width: int, height: int) -> BoxValue:
        """Return the string for a box in pixels of a ``width`` x ``height`` image."""
        shares = (box.y1 / height, box.x1 / width, box.y2 / height, box.x2 / width)
        numbers = (min(max(int(share * self.bins), 0), self.bins - 1) for share in shares)
        return "".join(f"<loc{number:04d}>" for number in numbers)

    def decode(self, value: BoxValue, width: int, height: int) -> Box:
        """Return the box in pixels; swapped corners are repaired.

        Raises
        ------
        ValueError
            If ``value`` is not four location tokens.
        """
        y1, x1, y2, x2 = (n + 0.5 for n in numbers_in(value, "<locN><locN><locN><locN>"))
        return box_inside([x1, y1, x2, y2], width, height, self.bins, self.bins)

    def pattern(self, width: int, height: int) -> str:
        """Return the regular expression of four location tokens."""
        tokens = "|".join(f"<loc{number:04d}>" for number in range(self.bins))
        return f'"({tokens}){{4}}"'

    def tolerance(self, width: int, height: int) -> tuple[float, float]:
        """Return the largest round-trip error in x and y: half a bin."""
        return width / self.bins / 2, height / self.bins / 2


def numbers_in(value: BoxValue, form: str) -> list[float]:
    """Return the integers of an encoded box; ``N`` stands for an integer in the regex ``form``.

    Raises
    ------
    ValueError
        If ``value`` has another form.
    """
    pattern = form.replace("N", r"(\d{1,4})")
    found = re.fullmatch(pattern, value.replace(" ", "")) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"not a box: {value!r}")
    return [float(number) for number in found.groups()]


def _multiples(step: int, scale: int) -> str:
    """Return the regular expression of the multiples of ``step`` up to ``scale``."""
    steps = range(round(scale / step) + 1)
    return "|".join(str(min(number * step, scale)) for number in steps)


def _up_to(most: int) -> str:
    """Return the regular expression of the integers from 0 to ``most``."""
    digits = str(most)
    shorter = [
        "[0-9]" if length == 1 else f"[1-9][0-9]{{{length - 1}}}"
        for length in range(1, len(digits))
    ]
    # Of the same length: a common prefix, a smaller digit, then any digits.
    below = [
        f"{digits[:place]}[{least}-{int(digit) - 1}][0-9]{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        for least in [1 if place == 0 and len(digits) > 1 else 0]
        if int(digit) > least
    ]
    return "|".join([*shorter, *below, digits])
