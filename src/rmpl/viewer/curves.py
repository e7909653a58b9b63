"""Training curves: read from a run's folder, and drawn, whole and by source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io import formats
from rmpl.io.files import read_bytes
from rmpl.viewer.charts import draw_curve
from rmpl.viewer.markup import Markup, el, join

HELD_OUT = ", held out"
"""What follows a stage's name where the curve is that of what was held out."""

_WHOLE = {"loss": "loss", "score": "score, percent"}
Point = Mapping[str, float]
_Value = float | dict[str, float] | str | None


def read_curves(run: Path) -> dict[str, list[Point]]:
    """Return the curves of every stage that has any, by the stage's name.

    A stage that was measured on held-out samples has a second one. A last line that a killed run
    left unfinished is no point.

    Raises
    ------
    RmplError
        If a file holds something else.
    """
    curves: dict[str, list[Point]] = {}
    for path in sorted(run.glob("*/curve.jsonl")):
        curves[path.parent.name] = _read(path, formats.CURVE)
        held_out = path.with_name("held_out.jsonl")
        if held_out.is_file():
            curves[path.parent.name + HELD_OUT] = _read(held_out, formats.HELD_OUT)
    return curves


def _read(path: Path, known: str) -> list[Point]:
    points: list[Point] = []
    for number, line in enumerate(read_bytes(path).splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            continue
        # Gradients that are not finite are written as Python writes them, which is no JSON.
        plain = line.replace(b": NaN", b": null").replace(b": Infinity", b": null")
        where = f"{path}:{number}"
        formats.check_format_of(plain, known, where)
        try:
            point = msgspec.json.decode(plain, type=dict[str, _Value])
        except msgspec.DecodeError as error:
            raise RmplError(
                f"not a point of a curve ({error})",
                where=where,
                remedy="delete that line",
            ) from error
        flat: dict[str, float] = {}
        for name, value in point.items():
            if isinstance(value, dict):
                flat |= value
            elif isinstance(value, int | float):
                flat[name] = value
        points.append(flat)
    return points


def draw_curves(curves: Mapping[str, Sequence[Point]]) -> Markup:
    """Return a chart a curve of loss and score; those by source are folded away below them."""
    if not curves:
        return el("p", {"class": "none"}, "No training curves were given.")
    charts, folded = [], []
    for stage, points in curves.items():
        names = dict.fromkeys(name for point in points for name in point)
        whole = [name for name in _WHOLE if name in names] or ["loss"]
        charts += [
            draw_curve(f"{stage}: {name}", points, y=_WHOLE[name], key=name) for name in whole
        ]
        for name in names:
            kind, _, source = name.partition("/")
            if source and kind in _WHOLE:
                title = f"{stage}: {kind} of {source}"
                folded.append(draw_curve(title, points, y=_WHOLE[kind], key=name))
    parts = [el("div", {"class": "charts"}, *charts)]
    if folded:
        summary = el("summary", None, f"By source ({len(folded)})")
        parts.append(el("details", None, summary, el("div", {"class": "charts"}, *folded)))
    return join(*parts)
