"""The documents of a report: a legend, the filters, and one card per document."""

from __future__ import annotations

from collections.abc import Sequence

from rmpl.scoring.verdicts import Verdict
from rmpl.viewer.compare import Comparison
from rmpl.viewer.drawing.anchors import card_key, prefix_of
from rmpl.viewer.drawing.document import draw_document
from rmpl.viewer.drawing.palette import SIGNS, Palette, short
from rmpl.viewer.markup import Markup, el, join
from rmpl.viewer.toolbar import draw_toolbar

_HELP = (
    "Hover over, tap or tab to a mark to highlight its event; letters link a sentence with an "
    "image of the same event. Keys: j and k go to the next and the previous document, "
    "/ to the search, Escape clears."
)


def draw_cards(
    comparisons: Sequence[Comparison],
    palette: Palette,
    rule: str,
    *,
    first_number: int = 1,
    filters: bool = True,
    max_image_bytes: int = 120_000,
) -> list[Markup]:
    """Return the legend, the filters and one card per document.

    Parameters
    ----------
    rule
        A description of the selection of documents.
    first_number
        The number of the first document, for links across pages.
    filters
        Whether to show the filters.
    """
    if not comparisons:
        return [el("p", {"class": "none"}, "No documents.")]
    cards = [
        _card(one, number, palette, max_image_bytes)
        for number, one in enumerate(comparisons, first_number)
    ]
    return [
        el("p", None, rule),
        _legend(palette, comparisons),
        *([draw_toolbar(comparisons)] if filters else []),
        *cards,
    ]


def _legend(palette: Palette, comparisons: Sequence[Comparison]) -> Markup:
    types = {
        event.event_type
        for one in comparisons
        for pair in one.events
        for event in (pair.gold, pair.predicted)
        if event
    }
    colours = [
        el("span", {"class": f"mark trigger right {palette.css(name)}"}, short(name))
        for name in sorted(types)
    ]
    verdicts = {verdict for one in comparisons for verdict in _verdicts(one)}
    signs = [
        el(
            "span",
            {"class": f"mark argument {sign.css} any-type", "title": sign.meaning},
            join(sign.word, el("b", {"class": "glyph"}, sign.glyph)),
        )
        for verdict, sign in SIGNS.items()
        if verdict is not None and verdict in verdicts
    ]
    return el(
        "div",
        {"class": "legend"},
        el("p", {"class": "chips"}, *colours),
        el("p", {"class": "chips"}, *signs),
        el("p", {"class": "none"}, _HELP),
    )


def _verdicts(comparison: Comparison) -> list[Verdict | None]:
    """Return the verdicts on all mentions, arguments and links."""
    verdicts = [pair.verdict for pair in comparison.events]
    verdicts += [one.verdict for pair in comparison.events for one in pair.arguments]
    return verdicts + [pair.verdict for pair in comparison.links]


def _tally(comparison: Comparison) -> str:
    """Return the numbers of correct, missed etc. mentions, arguments and links as text.

    Without a comparison, return their total numbers.
    """
    if comparison.judged is None:
        counts = {"text event": comparison.text, "image event": comparison.image}
        found = {**counts, "link": comparison.links}
        words = [
            f"{len(all_)} {what}{'s' * (len(all_) > 1)}" for what, all_ in found.items() if all_
        ]
        return ", ".join(words) or "no events"
    verdicts = _verdicts(comparison)
    counted = [(sign.word, verdicts.count(verdict)) for verdict, sign in SIGNS.items()]
    return ", ".join(f"{count} {word}" for word, count in counted if count and word)


def _card(comparison: Comparison, number: int, palette: Palette, max_image_bytes: int) -> Markup:
    has_gold = any(pair.gold is not None for pair in comparison.events)
    drawing = draw_document(
        comparison,
        prefix=prefix_of(number),
        palette=palette,
        sides=(True, False) if comparison.judged is not None else (has_gold,),
        max_image_bytes=max_image_bytes,
    )
    key = card_key(number)
    heading = el("h3", None, el("a", {"href": f"#{key}"}, comparison.document.id))
    tally = el("p", {"class": "tally"}, _tally(comparison) or "nothing to compare")
    return el("article", {"class": "card", "id": key, "tabindex": "-1"}, heading, tally, drawing)
