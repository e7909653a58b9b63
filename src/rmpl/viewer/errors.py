"""The error section of a report: error categories per score with examples.

It shows an ``Analysis`` of ``rmpl.scoring.analysis``, like ``rmpl score --errors``.
"""

from __future__ import annotations

import json

from rmpl.scoring.analysis import Analysis, TaskErrors
from rmpl.scoring.listing import Judgement
from rmpl.scoring.verdicts import Verdict
from rmpl.viewer.breakdowns import draw_confusion, draw_overlaps, draw_roles, draw_types
from rmpl.viewer.drawing.anchors import Anchors, Target
from rmpl.viewer.drawing.items import TASK_ITEMS
from rmpl.viewer.drawing.palette import SIGNS, Palette
from rmpl.viewer.markup import Markup, el, join
from rmpl.viewer.score_tables import task_title

_NOTE = (
    "By the strict protocol, over all documents. Every wrong prediction and every missed gold item "
    "has exactly one category."
)
_WAYS = " A category filters the documents below; an example links to its document."


def draw_errors(analysis: Analysis, anchors: Anchors, palette: Palette) -> list[Markup]:
    """Return the parts of the error section.

    Parameters
    ----------
    analysis
        The analysis of all documents; its examples link to their drawings.
    anchors
        The anchors of the documents of the report.
    """
    tasks = [_task(task, errors, anchors) for task, errors in analysis.errors.items()]
    overlaps = draw_overlaps(analysis)
    return [
        el("p", {"class": "none"}, _NOTE, _WAYS if anchors.any_drawn else None),
        el("div", {"class": "wide errors"}, *tasks),
        draw_types(analysis, palette),
        draw_roles(analysis),
        draw_confusion(analysis),
        *([overlaps] if overlaps is not None else []),
    ]


def _task(task: str, errors: TaskErrors, anchors: Anchors) -> Markup:
    """Return one score's table: a row per category, followed by examples, and the sum."""
    right = f"{errors.tp:,} correct of {errors.n_pred:,} predicted and {errors.n_gold:,} gold"
    title = join(task_title(task, with_setting=True), " ", el("small", None, right))
    rows = [
        row for verdict in errors.categories for row in _category(task, verdict, errors, anchors)
    ]
    none = el("tr", None, el("td", {"colspan": 3, "class": "none"}, "no errors"))
    heads = (("category", None), ("wrong", "wrong predictions"), ("missed", "missed gold items"))
    cells = [el("th", {"scope": "col", "title": meaning}, name) for name, meaning in heads]
    wrong, missed = errors.n_pred - errors.tp, errors.n_gold - errors.tp
    return el(
        "table",
        {"class": "categories", "id": f"errors-{task}"},
        el("caption", None, title),
        el("thead", None, el("tr", None, *cells)),
        el("tbody", None, *(rows or [none])),
        el("tfoot", None, _row("sum", wrong, missed)),
    )


def _row(head: Markup | str, predicted: int, gold: int) -> Markup:
    cells = [el("td", None, f"{count:,}") for count in (predicted, gold)]
    return el("tr", None, el("th", {"scope": "row"}, head), *cells)


def _category(
    task: str, verdict: Verdict, errors: TaskErrors, anchors: Anchors
) -> tuple[Markup, Markup]:
    """Return the row of one category and the row of its examples."""
    sign = SIGNS[verdict]
    setting, kind = TASK_ITEMS[task]
    wanted = json.dumps({"setting": setting, "kind": kind, "verdict": verdict.value})
    words = el("b", {"class": "glyph"}, sign.glyph), f" {sign.word}"
    if anchors.any_drawn:
        attributes = {"type": "button", "class": "category", "data-filter": wanted}
        name = el("button", {**attributes, "title": sign.meaning}, *words)
    else:
        name = el("span", {"title": sign.meaning}, *words)
    count = errors.categories[verdict]
    examples = [(one, anchors.find(one)) for one in errors.examples.get(verdict, [])]
    # Examples without a drawing are listed only if no example has one.
    shown = [pair for pair in examples if pair[1] is not None] or examples
    listed = el("ul", None, *(_example(*pair) for pair in shown))
    row = el("tr", {"class": "examples"}, el("td", {"colspan": 3}, listed))
    return _row(name, count.predicted, count.gold), row


def _example(judgement: Judgement, target: Target | None) -> Markup:
    """Return a description of an error, with a link to its drawing, if any."""
    sides = [side.name for side in (judgement.predicted, judgement.gold) if side is not None]
    description = join(" for ".join(sides))
    if target is not None:
        description = el("a", {"href": target.href, "data-mark": target.mark}, description)
    return el("li", None, description, " ", el("span", {"class": "place"}, judgement.medium))
