"""The report of a run: scores, errors, training curves, documents drawn gold beside predicted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from rmpl.errors import RmplError
from rmpl.records import Document
from rmpl.scoring.bootstrap import ScoreIntervals
from rmpl.scoring.counts import ScoreDict
from rmpl.viewer.cards import draw_cards
from rmpl.viewer.charts import draw_curve
from rmpl.viewer.compare import Comparison, compare
from rmpl.viewer.markup import Markup, el, join
from rmpl.viewer.page import render_page
from rmpl.viewer.palette import Palette
from rmpl.viewer.score_tables import draw_scores
from rmpl.viewer.selection import by_document, choose
from rmpl.viewer.statistics import Statistics, collect
from rmpl.viewer.statistics_drawing import (
    draw_categories,
    draw_confusion,
    draw_overlaps,
    draw_types,
)

SHOWN = 12
"""How many documents a report shows unless told otherwise."""

PER_PAGE = 100
"""How many documents one file holds; more are paged."""

MAX_BYTES = 15_000_000
"""The size one file should not exceed; pictures are made smaller until it fits."""

_PICTURE_BYTES = (120_000, 60_000, 30_000, 12_000, 6_000)


@dataclasses.dataclass(frozen=True)
class _Pages:
    """What all files of one report share."""

    path: Path
    title: str
    notes: Sequence[str]
    parts: Sequence[Sequence[Comparison]]
    palette: Palette
    rule: str

    def file(self, number: int) -> Path:
        """Return the file of a page: ``report.html``, ``report-2.html``, ..."""
        if number == 1:
            return self.path
        return self.path.with_name(f"{self.path.stem}-{number}{self.path.suffix}")


def write_report(
    path: Path,
    *,
    title: str,
    summary_scores: Mapping[str, Mapping[str, ScoreDict]],
    curves: Mapping[str, Sequence[Mapping[str, float]]],
    gold: Sequence[Document],
    predicted: Sequence[Document],
    notes: Sequence[str] = (),
    limit: int = SHOWN,
    intervals: Mapping[str, Mapping[str, ScoreIntervals]] | None = None,
) -> list[Path]:
    """Write a self-contained HTML file that needs no network (more than one for many documents).

    Parameters
    ----------
    summary_scores
        ``{protocol: {task: {tp, n_pred, n_gold, p, r, f1}}}`` in percent, as in ``metrics.json``.
    curves
        Training curves by stage: records with ``step`` and ``loss``.
    gold, predicted
        The same documents with gold and with predicted events. Sentences and pictures are the
        gold's.
    notes
        Lines shown below the title, such as what was not run and why.
    limit
        How many documents are drawn; which ones, the report says. The charts are of all.
    intervals
        ``{protocol: {task: intervals}}`` from ``rmpl.scoring.bootstrap``.

    Returns
    -------
    list of Path
        The files written, ``path`` first.

    Raises
    ------
    RmplError
        If a document occurs twice on one side, or a file cannot be written.
    """
    documents = by_document(gold, predicted)
    compared = {key: compare(*both) for key, both in documents.items()}
    chosen, rule = choose(documents, limit)
    shown = [compared[key] for key in chosen]
    parts = [shown[i : i + PER_PAGE] for i in range(0, len(shown), PER_PAGE)] or [[]]
    pages = _Pages(path, title, notes, parts, Palette.of(gold, predicted), rule)
    front = [
        _section("scores", "Scores", draw_scores(summary_scores, intervals)),
        _errors(collect(compared.values()), pages.palette),
        _curves(curves),
    ]
    return [
        _write_page(pages, number, front if number == 1 else [])
        for number in range(1, len(parts) + 1)
    ]


def _write_page(pages: _Pages, number: int, front: Sequence[Markup]) -> Path:
    content = b""
    first = 1 + PER_PAGE * (number - 1)
    for most in _PICTURE_BYTES:
        cards = draw_cards(
            pages.parts[number - 1],
            pages.palette,
            pages.rule,
            first_number=first,
            max_picture_bytes=most,
        )
        main = el("main", None, *front, _section("documents", "Documents", *cards))
        content = render_page(pages.title, _header(pages, number), main).encode("utf-8")
        if len(content) <= MAX_BYTES:
            break
    file = pages.file(number)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise RmplError(
            f"the report cannot be written ({error.strerror})",
            where=str(file),
            remedy="choose a folder that exists and that you may write to",
        ) from error
    return file


def _section(key: str, title: str, *children: Markup) -> Markup:
    return el("section", {"id": key}, el("h2", None, title), *children)


def _header(pages: _Pages, number: int) -> Markup:
    names = {"scores": "Scores", "errors": "Errors", "training": "Training"}
    shown = names if number == 1 else {}
    links = [el("a", {"href": f"#{key}"}, name) for key, name in shown.items()]
    links.append(el("a", {"href": "#documents"}, "Documents"))
    word = el("span", None, " theme")
    theme = el("button", {"id": "theme", "type": "button", "title": "light or dark"}, "◐", word)
    lines = [el("li", None, note) for note in pages.notes]
    return el(
        "header",
        None,
        el("nav", None, *links, _page_links(pages, number), theme),
        el("h1", None, pages.title),
        el("ul", {"class": "notes"}, *lines) if lines else None,
    )


def _page_links(pages: _Pages, number: int) -> Markup | None:
    count = len(pages.parts)
    if count == 1:
        return None
    links: list[Markup | str] = ["Page"]
    for other in range(1, count + 1):
        if other == number:
            links.append(el("b", {"aria-current": "page"}, other))
        else:
            links.append(el("a", {"href": quote(pages.file(other).name, safe="")}, other))
    return el("span", {"class": "pages"}, join(*links, sep=" "))


def _errors(statistics: Statistics, palette: Palette) -> Markup:
    if not statistics.categories:
        return _section("errors", "Errors", el("p", {"class": "none"}, "Nothing was compared."))
    parts = [draw_categories(statistics), draw_types(statistics, palette)]
    parts.append(draw_confusion(statistics))
    overlaps = draw_overlaps(statistics)
    note = (
        "By the strict protocol, over all documents. Arguments of a mention that is not right "
        "count as missed or spurious."
    )
    explained = el("p", {"class": "none"}, note)
    return _section("errors", "Errors", explained, *parts, *([overlaps] if overlaps else []))


def _curves(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> Markup:
    charts = [draw_curve(stage, points) for stage, points in curves.items()]
    shown = charts or [el("p", {"class": "none"}, "No training curves were given.")]
    return _section("training", "Training", el("div", {"class": "charts"}, *shown))
