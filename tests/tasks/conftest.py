import dataclasses

import pytest

from rmpl.ontology import load_ontology
from rmpl.records import Box
from rmpl.tasks import Context


@dataclasses.dataclass(frozen=True)
class PixelBoxes:
    """Writes a box as the pixels it has, under the key ``box``."""

    key: str = "box"

    def encode(self, box: Box, width: int, height: int) -> list[float]:
        return [box.x1, box.y1, box.x2, box.y2]

    def decode(self, value, width: int, height: int) -> Box:
        if isinstance(value, str) or len(value) != 4:
            raise ValueError(value)
        return Box(*value)


@pytest.fixture(params=["full", "brief"])
def context(request) -> Context:
    pad = " " if request.param == "brief" else ""
    return Context(load_ontology("m2e2"), PixelBoxes(), request.param, pad)
