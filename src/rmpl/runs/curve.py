"""Training curves as files: one JSON line per logged step or per evaluation."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from rmpl.errors import RmplError
from rmpl.io import formats
from rmpl.io.files import read_bytes
from rmpl.runs.folder import StageFolder
from rmpl.viewer.curves import HELD_OUT, Point

_Value = float | dict[str, float | None] | str | None


def curve_line(point: Mapping[str, float]) -> str:
    """Return a point of a training curve as a line of its file."""
    return json.dumps({"format": formats.CURVE, **point}) + "\n"


def read_curve(path: Path) -> list[dict[str, float]]:
    """Return the points of a training curve; empty if there is none yet.

    A last line that a killed run left unfinished is no point.

    Raises
    ------
    RmplError
        If a line is no point, or of a newer version.
    """
    return _points(path, formats.CURVE) if path.is_file() else []


def read_curves(run: Path) -> dict[str, list[Point]]:
    """Return the curves of every stage of a run that has any, by the stage's name.

    A stage that was evaluated on held-out samples has a second one. Only finite numbers are kept.

    Raises
    ------
    RmplError
        If a line is no point, or of a newer version.
    """
    curves: dict[str, list[Point]] = {}
    for path in sorted(run.glob(f"*/{StageFolder(run).curve.name}")):
        stage = StageFolder(path.parent)
        curves[path.parent.name] = [_flat(one) for one in read_curve(path)]
        if stage.held_out.is_file():
            points = _points(stage.held_out, formats.HELD_OUT)
            curves[path.parent.name + HELD_OUT] = [_flat(one) for one in points]
    return curves


def _points(path: Path, known: str) -> list[dict[str, Any]]:
    points = []
    for number, line in enumerate(read_bytes(path).splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            continue
        where = f"{path}:{number}"
        formats.check_format_of(line, known, where)
        try:
            # Gradients that are not finite are written as Python writes them, which is no JSON.
            point = json.loads(line)
            msgspec.convert(point, dict[str, _Value])  # only checked: steps stay integers
        except (ValueError, RecursionError) as error:
            raise RmplError(
                f"not a point of a curve ({error})", where=where, remedy="delete that line"
            ) from error
        if not all(isinstance(point.get(key), int | float) for key in ("step", "loss")):
            raise RmplError("a point without step and loss", where=where, remedy="delete that line")
        formats.check_format(point.pop("format", None), known, where)
        points.append(point)
    return points


def _flat(point: Mapping[str, Any]) -> dict[str, float]:
    """Return the finite numbers of a point, those by source among them."""
    found: dict[str, float] = {}
    for name, value in point.items():
        pairs = value if isinstance(value, dict) else {name: value}
        found |= {
            key: one
            for key, one in pairs.items()
            if isinstance(one, int | float) and math.isfinite(one)
        }
    return found
