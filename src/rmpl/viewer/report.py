"""The report of a run: scores, errors, training curves, and documents with gold and predictions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec

from rmpl.records import Document
from rmpl.scoring import SETTINGS
from rmpl.scoring.analysis import Analysis, summarise
from rmpl.scoring.bounds import ScoreIntervals
from rmpl.scoring.counts import ScoreDict
from rmpl.viewer.cards import draw_cards, draw_legend
from rmpl.viewer.compare import Comparison, compare
from rmpl.viewer.curves import draw_curves
from rmpl.viewer.drawing.anchors import Anchors
from rmpl.viewer.drawing.palette import Palette
from rmpl.viewer.errors import draw_errors
from rmpl.viewer.markup import Markup, el, join
from rmpl.viewer.page import render_page, write_page
from rmpl.viewer.score_tables import draw_scores
from rmpl.viewer.selection import by_document, choose
from rmpl.viewer.toolbar import draw_toolbar

SHOWN = 12
"""The default number of documents in a report."""

PER_PAGE = 100
"""The number of documents per page."""


@dataclasses.dataclass(frozen=True)
class _Pages:
    """The settings shared by all pages of a report."""

    path: Path
    title: str
    notes: Sequence[str]
    warnings: Sequence[str]
    parts: Sequence[Sequence[Comparison]]
    palette: Palette
    rule: str

    def file(self, number: int) -> Path:
        """Return the file of a page: ``report.html``, ``report-2.html``, ..."""
        if number == 1:
            return self.path
        return self.path.with_name(f"{self.path.stem}-{number}{self.path.suffix}")

    def address(self, number: int) -> str:
        """Return the address of a page beside the others."""
        return quote(self.file(number).name, safe="")

    def anchors(self) -> Anchors:
        """Return the anchors of all documents, relative to the first page."""
        addresses = ["", *(self.address(number) for number in range(2, len(self.parts) + 1))]
        return Anchors(list(zip(addresses, self.parts, strict=True)))


def write_report(
    path: Path,
    *,
    title: str,
    summary_scores: Mapping[str, Mapping[str, ScoreDict]],
    curves: Mapping[str, Sequence[Mapping[str, float]]],
    gold: Sequence[Document],
    predicted: Sequence[Document],
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    limit: int = SHOWN,
    intervals: Mapping[str, Mapping[str, ScoreIntervals]] | None = None,
    settings: Sequence[str] = SETTINGS,
) -> list[Path]:
    """Write a self-contained HTML file that needs no network (more than one for many documents).

    Parameters
    ----------
    summary_scores
        ``{protocol: {task: {tp, n_pred, n_gold, p, r, f1}}}`` in percent, as in ``metrics.json``.
    curves
        Training curves by stage, as ``read_curves`` returns them.
    gold, predicted
        The same documents with gold and with predicted events. Sentences and images are the
        gold's.
    notes
        Lines shown below the title, such as what was not run and why.
    warnings
        Shown below the title, in a frame.
    limit
        The number of documents to draw, in addition to those with the first example of an error
        category; the report describes the selection. 0 draws none. Errors are counted over all.
    intervals
        ``{protocol: {task: intervals}}`` from ``rmpl.scoring.bootstrap``.
    settings
        The settings that were predicted: ``text``, ``image``, ``multimedia``.

    Returns
    -------
    list of Path
        The files written, ``path`` first.

    Raises
    ------
    RmplError
        If a document is repeated on one side, or a file cannot be written.
    """
    documents = by_document(gold, predicted)
    compared = {
        key: compare(wanted or _without_events(found, key), found or Document(key))
        for key, (wanted, found) in documents.items()
    }
    chosen, rule = choose(documents, limit)
    if limit:
        chosen, rule = _with_examples(compared, chosen, rule, settings)
    shown = [compared[key] for key in chosen]
    parts = [shown[i : i + PER_PAGE] for i in range(0, len(shown), PER_PAGE)] or [[]]
    pages = _Pages(path, title, notes, warnings, parts, Palette.of(gold, predicted), rule)
    analysis = _analyse(compared, chosen, settings)
    errors = draw_errors(analysis, pages.anchors(), pages.palette)
    front = [
        _section("scores", "Scores", draw_scores(summary_scores, intervals)),
        _section("errors", "Errors", *errors),
        _section("training", "Training", draw_curves(curves)),
    ]
    return [
        _write_page(pages, number, front if number == 1 else [])
        for number in range(1, len(parts) + 1)
    ]


def _without_events(document: Document | None, key: str) -> Document:
    """Return an empty gold for a document that has none: its sentences and images."""
    if document is None:
        return Document(key)
    return msgspec.structs.replace(document, text_events=(), image_events=(), links=())


def _analyse(
    compared: Mapping[str, Comparison], first: Sequence[str], settings: Sequence[str]
) -> Analysis:
    """Summarise the verdicts of all documents, with examples from ``first`` if possible."""
    judged = (compared[key].judged for key in dict.fromkeys((*first, *compared)))
    return summarise((one for one in judged if one is not None), settings)


def _with_examples(
    compared: Mapping[str, Comparison], chosen: Sequence[str], rule: str, settings: Sequence[str]
) -> tuple[Sequence[str], str]:
    """Add documents with examples of error categories that the chosen ones do not have."""
    analysis = _analyse(compared, chosen, settings)
    holding = [
        examples[0].document
        for errors in analysis.errors.values()
        for examples in errors.examples.values()
    ]
    added = [key for key in dict.fromkeys(sorted(holding)) if key not in chosen]
    if not added:
        return chosen, rule
    number = f"{len(added)} more document{'s' if len(added) > 1 else ''}"
    return [*chosen, *added], f"{rule} After them, {number}, for examples of rarer errors."


def _write_page(pages: _Pages, number: int, front: Sequence[Markup]) -> Path:
    first = 1 + PER_PAGE * (number - 1)

    shown = pages.parts[number - 1]

    def drawn(most: int) -> list[Markup]:
        if not shown:
            return [el("p", {"class": "none"}, "No documents.")]
        return [
            el("p", None, pages.rule),
            draw_legend(pages.palette, shown),
            draw_toolbar(shown),
            *draw_cards(shown, pages.palette, first_number=first, max_image_bytes=most),
        ]

    def render(most: int) -> str:
        main = el("main", None, *front, _section("documents", "Documents", *drawn(most)))
        return render_page(pages.title, _header(pages, number), main)

    return write_page(pages.file(number), render)


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
        *(el("p", {"class": "warning"}, warning) for warning in pages.warnings),
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
            links.append(el("a", {"href": pages.address(other)}, other))
    return el("span", {"class": "pages"}, join(*links, sep=" "))
