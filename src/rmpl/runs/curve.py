"""The training curve as a file: one JSON line for each logged step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from rmpl.io import formats

CURVE = "curve.jsonl"


def curve_line(point: Mapping[str, float]) -> str:
    """Return a point of a training curve as a line of its file."""
    return json.dumps({"format": formats.CURVE, **point}) + "\n"


def read_curve(path: Path) -> list[dict[str, float]]:
    """Return the points of a training curve; empty if there is none yet.

    A last line that a killed run left unfinished is no point.

    Raises
    ------
    RmplError
        If a line is of a newer version.
    """
    if not path.is_file():
        return []
    points = []
    for number, line in enumerate(path.read_text().splitlines(keepends=True), start=1):
        if line.endswith("\n"):
            point = json.loads(line)
            formats.check_format(point.pop("format", None), formats.CURVE, f"{path}:{number}")
            points.append(point)
    return points
