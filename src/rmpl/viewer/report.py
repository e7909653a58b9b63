"""The report of a run: scores, training curves, and documents drawn gold beside predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.records import Document
from rmpl.viewer.charts import draw_curve
from rmpl.viewer.compare import Comparison, Verdict, compare
from rmpl.viewer.drawing import draw_document
from rmpl.viewer.markup import Markup, el, join
from rmpl.viewer.page import render_page
from rmpl.viewer.palette import SIGNS, Palette, short
from rmpl.viewer.score_tables import ScoreRow, draw_scores
from rmpl.viewer.selection import by_document, choose

SHOWN = 12
"""How many documents a report shows unless told otherwise."""

_PICTURE_BUDGET = 10_000_000
"""Bytes of JPEG a page may embed; a third more as text, which leaves room below 15 MB."""


def write_report(
    path: Path,
    *,
    title: str,
    summary_scores: Mapping[str, Mapping[str, ScoreRow]],
    curves: Mapping[str, Sequence[Mapping[str, float]]],
    gold: Sequence[Document],
    predicted: Sequence[Document],
    notes: Sequence[str] = (),
    limit: int = SHOWN,
) -> None:
    """Write one self-contained HTML file that needs no network.

    Parameters
    ----------
    summary_scores
        ``{protocol: {task: {tp, n_pred, n_gold, p, r, f1}}}`` in percent, as in ``metrics.json``.
    curves
        Training curves by stage: records with ``step`` and ``loss``.
    gold, predicted
        The same documents with gold and with predicted events.
    notes
        Lines shown below the title, such as what was not run and why.
    limit
        How many documents are drawn; which ones, the report says.

    Raises
    ------
    RmplError
        If a document occurs twice on one side, or the file cannot be written.
    """
    documents = by_document(gold, predicted)
    chosen, rule = choose(documents, limit)
    comparisons = [compare(*documents[doc_id]) for doc_id in chosen]
    palette = Palette.of(gold, predicted)
    page = render_page(
        title,
        _header(title, notes),
        el(
            "main",
            None,
            _section("scores", "Scores", draw_scores(summary_scores)),
            _curves(curves),
            _documents(comparisons, palette, rule),
        ),
    )
    try:
        path.write_bytes(page.encode("utf-8"))
    except OSError as error:
        raise RmplError(
            f"the report cannot be written ({error.strerror})",
            where=str(path),
            remedy="choose a folder that exists and that you may write to",
        ) from error


def _section(key: str, title: str, *children: Markup) -> Markup:
    return el("section", {"id": key}, el("h2", None, title), *children)


def _header(title: str, notes: Sequence[str]) -> Markup:
    names = {"scores": "Scores", "training": "Training", "documents": "Documents"}
    links = [el("a", {"href": f"#{key}"}, name) for key, name in names.items()]
    theme = el("button", {"id": "theme", "type": "button", "title": "light or dark"}, "◐ theme")
    lines = [el("li", None, note) for note in notes]
    return el(
        "header",
        None,
        el("nav", None, *links, theme),
        el("h1", None, title),
        el("ul", {"class": "notes"}, *lines) if lines else None,
    )


def _curves(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> Markup:
    charts = [draw_curve(stage, points) for stage, points in curves.items()]
    shown = charts or [el("p", {"class": "none"}, "No training curves were given.")]
    return _section("training", "Training", el("div", {"class": "charts"}, *shown))


def _legend(palette: Palette, comparisons: Sequence[Comparison]) -> Markup:
    types = {
        event.event_type
        for one in comparisons
        for pair in one.events
        for event in (pair.gold, pair.predicted)
        if event
    }
    colours = [
        el("span", {"class": f"mark trigger right first last {palette.css(name)}"}, short(name))
        for name in sorted(types)
    ]
    signs = [
        el(
            "span",
            {"class": f"mark argument first last {verdict.value} any-type", "title": sign.meaning},
            join(sign.word, el("b", {"class": "glyph"}, sign.glyph)),
        )
        for verdict, sign in SIGNS.items()
        if verdict is not Verdict.PLAIN
    ]
    return el(
        "div",
        {"class": "legend"},
        el("p", {"class": "chips"}, *colours),
        el("p", {"class": "chips"}, *signs),
        el(
            "p",
            {"class": "none"},
            "Point at, tap or tab to a mark to see its event light up; letters join a sentence "
            "with a picture that shows the same event.",
        ),
    )


def _tally(comparison: Comparison) -> str:
    """Return how many mentions and arguments are right, missed and spurious, in words."""
    pairs = comparison.events
    verdicts = [pair.verdict for pair in pairs]
    verdicts += [argument.verdict for pair in pairs for argument in pair.arguments]
    verdicts += [pair.verdict for pair in comparison.links]
    counted = [(sign.word, verdicts.count(verdict)) for verdict, sign in SIGNS.items()]
    return ", ".join(f"{count} {word}" for word, count in counted if count and word)


def _card(comparison: Comparison, index: int, palette: Palette, max_picture_bytes: int) -> Markup:
    drawing = draw_document(
        comparison, prefix=f"d{index}", palette=palette, max_picture_bytes=max_picture_bytes
    )
    key = f"doc-{index + 1}"
    heading = el("h3", None, el("a", {"href": f"#{key}"}, comparison.document.id))
    tally = el("p", {"class": "tally"}, _tally(comparison) or "nothing to compare")
    return el("article", {"class": "card", "id": key}, heading, tally, drawing)


def _documents(comparisons: Sequence[Comparison], palette: Palette, rule: str) -> Markup:
    pictures = sum(len({pair.either.image_id for pair in one.image}) for one in comparisons)
    most = min(120_000, _PICTURE_BUDGET // max(1, pictures))
    cards = [_card(one, index, palette, most) for index, one in enumerate(comparisons)]
    return _section(
        "documents",
        "Documents",
        el("p", None, rule),
        _legend(palette, comparisons),
        *(cards or [el("p", {"class": "none"}, "No documents were given.")]),
    )
