"""Per-type scores, confusion matrices, box overlaps and error categories as HTML."""

from __future__ import annotations

import json
import math
from collections import Counter

from rmpl.scoring import Counts
from rmpl.viewer.charts import draw_bars
from rmpl.viewer.markup import Markup, el, join
from rmpl.viewer.palette import SIGNS, Palette, short
from rmpl.viewer.statistics import NO_EVENT, Statistics

_HEAT_LEVELS = 5
_WORDS = {verdict.value: sign for verdict, sign in SIGNS.items()}


def draw_types(statistics: Statistics, palette: Palette) -> Markup:
    """Return a table a setting: F1 of mentions and arguments by event type, as bars and numbers."""
    tables = []
    for setting in ("text", "image"):
        types = sorted({key[1] for key in statistics.mentions if key[0] == setting})
        if not types:
            continue
        rows = []
        for name in types:
            mention = statistics.mentions[setting, name]
            argument = statistics.arguments.get((setting, name), Counts())
            chip = el("span", {"class": f"mark trigger right {palette.css(name)}"}, short(name))
            cells = [*_score_cells(mention, palette.css(name)), *_score_cells(argument, "")]
            rows.append(el("tr", None, el("th", {"scope": "row"}, chip), *cells))
        names = ("Type", "EMI F1", "counts", "ARE F1", "counts")
        heads = [el("th", {"scope": "col"}, name) for name in names]
        table = el(
            "table",
            {"class": "types"},
            el("caption", None, f"{setting.capitalize()} events by type"),
            el("thead", None, el("tr", None, *heads)),
            el("tbody", None, *rows),
        )
        tables.append(el("div", {"class": "scroll", "tabindex": "0"}, table))
    return el("div", {"class": "wide"}, *tables)


def _score_cells(counts: Counts, css: str) -> tuple[Markup, Markup]:
    bar = el(
        "svg",
        {"class": "meter", "viewBox": "0 0 100 10", "preserveAspectRatio": "none"},
        el("rect", {"class": "back", "width": 100, "height": 10}),
        el("rect", {"class": f"front {css}", "width": min(100.0, counts.f1), "height": 10}),
    )
    shown = f"{counts.f1:.1f}" if counts.n_gold or counts.n_pred else "none"
    raw = f"{counts.tp:,}/{counts.n_pred:,}/{counts.n_gold:,}"
    return el("td", None, bar, shown), el("td", {"class": "counts"}, raw)


def draw_confusion(statistics: Statistics) -> Markup:
    """Return a matrix a setting: gold types down, predicted types across, counts in the cells."""
    return join(
        *(
            _matrix(setting, counts)
            for setting, counts in statistics.confusion.items()
            if counts.total()
        )
    )


def _matrix(setting: str, counts: Counter[tuple[str, str]]) -> Markup:
    types = sorted({name for pair in counts for name in pair} - {NO_EVENT})
    most = max(counts.values())
    heads = [
        el("th", {"scope": "col", "title": name}, el("span", None, short(name)))
        for name in (*types, "missed")
    ]
    rows = []
    for gold in (*types, NO_EVENT):
        cells = []
        for predicted in (*types, NO_EVENT):
            count = counts[gold, predicted]
            # The square root keeps rare confusions visible beside a long diagonal.
            level = math.ceil(_HEAT_LEVELS * math.sqrt(count / most))
            css = f"heat{level}" + (" diagonal" if gold == predicted else "")
            cells.append(el("td", {"class": css}, count or ("" if gold != predicted else "0")))
        if gold == NO_EVENT:
            cells[-1] = el("td", None)
        name = "spurious" if gold == NO_EVENT else short(gold)
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


def draw_overlaps(statistics: Statistics) -> Markup | None:
    """Return a histogram of IoU between gold boxes and what was predicted for them."""
    if not statistics.overlaps:
        return None
    bins = Counter(min(9, math.floor(10 * value + 1e-9)) for value in statistics.overlaps if value)
    none = sum(not value for value in statistics.overlaps)
    labels = ["none", *(f".{digit}" for digit in range(10))]
    chart = draw_bars(
        "Overlap (IoU) of gold boxes with the box predicted for them",
        labels,
        [none, *(bins[digit] for digit in range(10))],
        x="IoU from; boxes count as right from .5",
        y="boxes",
    )
    return el("div", {"class": "charts"}, chart)


def draw_categories(statistics: Statistics) -> Markup:
    """Return a table of what became of mentions, arguments and links; each opens its examples."""
    verdicts = [value for value in _WORDS if value != "plain"]
    kinds = sorted({key[:2] for key in statistics.categories}, key=_KINDS.index)
    rows = []
    for setting, kind in kinds:
        cells = []
        for value in verdicts:
            count = statistics.categories[setting, kind, value]
            wanted = json.dumps({"setting": setting, "kind": kind, "verdict": value})
            attributes = {"type": "button", "class": "category", "data-filter": wanted}
            cells.append(el("td", None, el("button", attributes, f"{count:,}") if count else ""))
        rows.append(el("tr", None, el("th", {"scope": "row"}, f"{setting} {kind}s"), *cells))
    signs = [_WORDS[value] for value in verdicts]
    heads = [
        el("th", {"scope": "col", "title": sign.meaning}, f"{sign.glyph} {sign.word}")
        for sign in signs
    ]
    table = el(
        "table",
        {"class": "categories"},
        el("caption", None, "What became of what; a number shows its examples among the documents"),
        el("thead", None, el("tr", None, el("td", None), *heads)),
        el("tbody", None, *rows),
    )
    return el("div", {"class": "wide scroll", "tabindex": "0"}, table)


_KINDS = [
    ("text", "mention"),
    ("text", "argument"),
    ("image", "mention"),
    ("image", "argument"),
    ("multimedia", "link"),
]
