"""Box conventions of model families, as pure functions of a box and the size of its image.

Inside the project a box is in pixels of the original image; here, and only here, it becomes what a
family writes. Sources for each convention are named beside the family that uses it.
"""

from __future__ import annotations

import dataclasses
import math

from rmpl.records import Box
from rmpl.tasks.schema import BoxValue


@dataclasses.dataclass(frozen=True)
class RelativeBoxes:
    """Boxes as four integers ``[x1, y1, x2, y2]`` on a grid of 0 to ``scale`` over the image.

    Parameters
    ----------
    key
        The JSON key of a box.
    scale
        The number that the full width, and the full height, stands for.
    step
        Coordinates are rounded to multiples of it. 1 for models of full size; a coarser grid is
        learnt much faster by a very small one. The round trip is exact to ``step / 2`` parts of
        ``scale`` in each coordinate.
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
        """Return the box in pixels; corners out of order are put right, outside is clipped.

        Raises
        ------
        ValueError
            If ``value`` is not four finite numbers.
        """
        if isinstance(value, str) or len(value) != 4 or not all(map(math.isfinite, value)):
            raise ValueError(f"not a box: {value!r}")
        x1, y1, x2, y2 = (min(max(number / self.scale, 0.0), 1.0) for number in value)
        return Box(
            min(x1, x2) * width, min(y1, y2) * height, max(x1, x2) * width, max(y1, y2) * height
        )

    def _round(self, share: float) -> int:
        steps = round(share * self.scale / self.step)
        return min(max(steps * self.step, 0), self.scale)
