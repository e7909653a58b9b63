"""Training curves drawn, whole and by source; ``rmpl.runs.curve`` reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rmpl.viewer.charts import draw_curve
from rmpl.viewer.markup import Markup, el, join

HELD_OUT = ", held out"
"""Suffix of a stage's name for the curve on held-out samples."""

_WHOLE = {"loss": "loss", "score": "score, percent"}
Point = Mapping[str, float]


def draw_curves(curves: Mapping[str, Sequence[Point]]) -> Markup:
    """Return one chart per loss and score curve; curves by source are collapsed below."""
    if not curves:
        return el("p", {"class": "none"}, "No training curves.")
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
