"""Charts as inline SVG in the page's colours: curves, bars and histograms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rmpl.viewer.markup import Attribute, Markup, el

_WIDTH, _HEIGHT = 520.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 22.0, 26.0, 40.0
_MOST_POINTS = 400
"""The maximum number of points drawn of a curve."""


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about ``count`` round numbers that cover ``low`` to ``high``."""
    if not high > low:
        high = low + 1.0
    raw = (high - low) / max(count - 1, 1)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


class _Axes:
    """The scales of a chart, from values to SVG user units."""

    def __init__(self, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> None:
        self.x_ticks, self.y_ticks = x_ticks, y_ticks

    def x(self, value: float) -> float:
        low, high = self.x_ticks[0], self.x_ticks[-1]
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self.y_ticks[0], self.y_ticks[-1]
        return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    def draw(self, x_name: str, y_name: str, *, x_labels: bool = True) -> list[Markup]:
        """Return grid lines, tick labels and the names of both axes."""
        parts = []
        for tick in self.y_ticks:
            y = self.y(tick)
            line: dict[str, Attribute] = {
                "x1": _LEFT,
                "x2": _WIDTH - _RIGHT,
                "y1": y,
                "y2": y,
                "class": "grid",
            }
            parts.append(el("line", line))
            parts.append(el("text", {"x": _LEFT - 6, "y": y + 4, "class": "end"}, f"{tick:g}"))
        for tick in self.x_ticks if x_labels else ():
            place: dict[str, Attribute] = {
                "x": self.x(tick),
                "y": _HEIGHT - _BOTTOM + 16,
                "class": "middle",
            }
            parts.append(el("text", place, f"{tick:g}"))
        middle = (_LEFT + _WIDTH - _RIGHT) / 2
        parts.append(el("text", {"x": middle, "y": _HEIGHT - 6, "class": "middle name"}, x_name))
        parts.append(el("text", {"x": 4, "y": 11, "class": "name"}, y_name))
        return parts


def _chart(title: str, parts: Sequence[Markup]) -> Markup:
    drawing = el(
        "svg",
        {
            "class": "chart",
            "viewBox": f"0 0 {_WIDTH:g} {_HEIGHT:g}",
            "role": "img",
            "aria-label": title,
        },
        *parts,
    )
    return el("figure", {"class": "chart"}, el("figcaption", None, title), drawing)


def draw_curve(
    title: str,
    points: Sequence[Mapping[str, float]],
    *,
    x: str = "step",
    y: str = "loss",
    key: str | None = None,
) -> Markup:
    """Return a line chart of the values of ``key`` in ``points``, which are records with a step.

    Records without a finite value are omitted and counted below the chart. ``x`` and ``y`` are the
    axis labels; ``key`` defaults to ``y``.
    """
    key = y if key is None else key
    pairs = [(float(p["step"]), float(p[key])) for p in points if "step" in p and key in p]
    drawn_points = [(a, b) for a, b in pairs if math.isfinite(a) and math.isfinite(b)]
    if not drawn_points:
        empty = el("p", {"class": "none"}, "no values")
        return el("figure", {"class": "chart"}, el("figcaption", None, title), empty)
    every = math.ceil(len(drawn_points) / _MOST_POINTS)
    shown = drawn_points[::every] + ([drawn_points[-1]] if (len(drawn_points) - 1) % every else [])
    axes = _Axes(
        nice_ticks(min(a for a, _ in drawn_points), max(a for a, _ in drawn_points)),
        nice_ticks(min(0.0, *(b for _, b in drawn_points)), max(b for _, b in drawn_points)),
    )
    line = " ".join(f"{axes.x(a):.1f},{axes.y(b):.1f}" for a, b in shown)
    last_x, last_y = drawn_points[-1]
    marks = [
        el("polyline", {"class": "curve", "points": line}),
        el("circle", {"class": "curve", "cx": axes.x(last_x), "cy": axes.y(last_y), "r": 3}),
        el(
            "text",
            {"x": axes.x(last_x), "y": axes.y(last_y) - 8, "class": "end value"},
            f"{last_y:.3g}",
        ),
    ]
    drawing = _chart(title, [*axes.draw(x, y), *marks])
    if len(drawn_points) == len(points):
        return drawing
    omitted = len(points) - len(drawn_points)
    left_out = f"{omitted} of {len(points)} records without a finite {key} are not drawn"
    return el("div", None, drawing, el("p", {"class": "none"}, left_out))


def draw_bars(
    title: str, labels: Sequence[str], counts: Sequence[int], *, x: str, y: str
) -> Markup:
    """Return a bar chart: one bar per label, with its count above it."""
    ticks = nice_ticks(0, 1.05 * max([1, *counts]), 4)
    axes = _Axes([0.0, float(max(1, len(labels)))], ticks)
    wide = (axes.x(1) - axes.x(0)) * 0.86
    parts = axes.draw(x, y, x_labels=False)
    for index, (label, count) in enumerate(zip(labels, counts, strict=True)):
        left = axes.x(index) + (axes.x(1) - axes.x(0)) * 0.07
        top, base = axes.y(count), axes.y(0)
        bar: dict[str, Attribute] = {
            "class": "bar",
            "x": left,
            "y": top,
            "width": wide,
            "height": base - top,
        }
        parts.append(el("rect", bar, el("title", None, f"{label}: {count}")))
        centre = left + wide / 2
        parts.append(el("text", {"x": centre, "y": base + 16, "class": "middle"}, label))
        if count:
            parts.append(el("text", {"x": centre, "y": top - 4, "class": "middle value"}, count))
    return _chart(title, parts)
