"""An error analysis as HTML: tables by type and role, confusion matrices, box overlaps."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rmpl.scoring import SETTINGS
from rmpl.scoring.analysis import NONE, Analysis
from rmpl.scoring.counts import ScoreDict
from rmpl.viewer.charts import draw_bars
from rmpl.viewer.drawing.palette import Palette, short
from rmpl.viewer.markup import Markup, el, join

_HEAT_LEVELS = 5
_TASKS = {
    "text": ("text_emi", "text_are"),
    "image": ("image_emi", "image_are"),
    "multimedia": ("mm_emi", "mm_are"),
}
"""The scores of mentions (or links) and of arguments, by setting."""

_NOTHING: ScoreDict = {"tp": 0, "n_pred": 0, "n_gold": 0, "p": 0.0, "r": 0.0, "f1": 0.0}


def draw_types(analysis: Analysis, palette: Palette) -> Markup:
    """Return one table per setting: F1 of mentions and arguments by event type, with bars."""
    tables = []
    for setting in SETTINGS:
        mentions, arguments = (analysis.by_type.get(task, {}) for task in _TASKS[setting])
        types = sorted(mentions.keys() | arguments.keys())
        if not types:
            continue
        rows = []
        for name in types:
            chip = el("span", {"class": f"mark trigger right {palette.css(name)}"}, short(name))
            cells = [
                *_score_cells(mentions.get(name, _NOTHING), palette.css(name)),
                *_score_cells(arguments.get(name, _NOTHING), ""),
            ]
            rows.append(el("tr", None, el("th", {"scope": "row"}, chip), *cells))
        names = ("Type", "EMI F1", "counts", "ARE F1", "counts")
        tables.append(_table("types", f"{setting.capitalize()} events by type", names, rows))
    return el("div", {"class": "wide"}, *tables)


def draw_roles(analysis: Analysis) -> Markup:
    """Return one collapsed table per setting: P, R and F1 of arguments by type and role."""
    parts = []
    for setting in SETTINGS:
        roles = analysis.by_role.get(_TASKS[setting][1], {})
        if not roles:
            continue
        rows = []
        for name, score in roles.items():
            event_type, _, role = name.rpartition(" ")
            percent = [el("td", None, f"{score[key]:.1f}") for key in ("p", "r")]
            cells = [*percent, *_score_cells(score, "")]
            head = el("th", {"scope": "row"}, f"{short(event_type)} {role}")
            rows.append(el("tr", None, head, *cells))
        title = f"{setting.capitalize()} arguments by role"
        table = _table("types roles", title, ("Role", "P", "R", "F1", "counts"), rows)
        parts.append(el("details", None, el("summary", None, f"{title} ({len(rows)})"), table))
    return el("div", {"class": "wide"}, *parts)


def _table(css: str, title: str, names: tuple[str, ...], rows: list[Markup]) -> Markup:
    counts = {"title": "correct / predicted / gold", "class": "counts"}
    heads = [
        el("th", {"scope": "col", **(counts if name == "counts" else {})}, name) for name in names
    ]
    table = el(
        "table",
        {"class": css},
        el("caption", None, title),
        el("thead", None, el("tr", None, *heads)),
        el("tbody", None, *rows),
    )
    return el("div", {"class": "scroll", "tabindex": "0"}, table)


def _score_cells(score: ScoreDict, css: str) -> tuple[Markup, Markup]:
    bar = el(
        "svg",
        {"class": "meter", "viewBox": "0 0 100 10", "preserveAspectRatio": "none"},
        el("rect", {"class": "back", "width": 100, "height": 10}),
        el("rect", {"class": f"front {css}", "width": min(100.0, score["f1"]), "height": 10}),
    )
    shown = f"{score['f1']:.1f}" if score["n_gold"] or score["n_pred"] else "none"
    raw = f"{score['tp']:,}/{score['n_pred']:,}/{score['n_gold']:,}"
    number = el("span", {"class": "number"}, shown)
    return el("td", None, bar, number), el("td", {"class": "counts"}, raw)


def draw_confusion(analysis: Analysis) -> Markup:
    """Return one matrix per setting: gold types in rows, predicted types in columns."""
    return join(
        *(
            _matrix(task.partition("_")[0], rows)
            for task, rows in analysis.confusion.items()
            if rows
        )
    )


def _matrix(setting: str, counts: Mapping[str, Mapping[str, int]]) -> Markup:
    types = sorted({*counts, *(name for row in counts.values() for name in row)} - {NONE})
    most = max(count for row in counts.values() for count in row.values())
    heads = [
        el("th", {"scope": "col", "title": name}, el("span", None, short(name)))
        for name in (*types, "missed")
    ]
    rows = []
    for gold in (*types, NONE):
        cells = []
        for predicted in (*types, NONE):
            count = counts.get(gold, {}).get(predicted, 0)
            # The square root makes rare confusions visible beside the large diagonal.
            level = math.ceil(_HEAT_LEVELS * math.sqrt(count / most))
            css = f"heat{level}" + (" diagonal" if gold == predicted else "")
            cells.append(el("td", {"class": css}, count or ("" if gold != predicted else "0")))
        if gold == NONE:
            cells[-1] = el("td", None)
        name = "spurious" if gold == NONE else short(gold)
        rows.append(el("tr", None, el("th", {"scope": "row"}, name), *cells))
    caption = f"{setting.capitalize()} events: gold type (rows) and predicted type (columns)"
    table = el(
        "table",
        {"class": "confusion"},
        el("caption", None, caption),
        el("thead", None, el("tr", None, el("td", None), *heads)),
        el("tbody", None, *rows),
    )
    return el("div", {"class": "wide scroll", "tabindex": "0"}, table)


def draw_overlaps(analysis: Analysis) -> Markup | None:
    """Return a histogram of the IoU of gold boxes with the predicted boxes paired with them."""
    if not any(analysis.overlaps):
        return None
    chart = draw_bars(
        "Overlap (IoU) of predicted boxes with gold boxes of the same role, on correct mentions",
        [f".{digit}" for digit in range(len(analysis.overlaps))],
        analysis.overlaps,
        x="IoU from; poor boxes below .5, correct ones from .5",
        y="boxes",
    )
    return el("div", {"class": "charts"}, chart)
