"""The documents of a page: a legend, and one card per document."""

from __future__ import annotations

from collections.abc import Sequence

from rmpl.records import Document
from rmpl.scoring.verdicts import Verdict
from rmpl.viewer.compare import Comparison
from rmpl.viewer.drawing.anchors import card_key, prefix_of
from rmpl.viewer.drawing.document import draw_document
from rmpl.viewer.drawing.palette import SIGNS, Palette, short
from rmpl.viewer.markup import Markup, el, join

_HELP = (
    "Hover over, tap or tab to a mark to highlight its event; letters link a sentence with an "
    "image of the same event."
)
_KEYS = " Keys: j and k go to the next and the previous document, / to the search, Escape clears."


def draw_cards(
    comparisons: Sequence[Comparison],
    palette: Palette,
    *,
    first_number: int = 1,
    on_demand: bool = False,
    max_image_bytes: int = 120_000,
) -> list[Markup]:
    """Return one card per document.

    Parameters
    ----------
    first_number
        The number of the first document, for links across pages.
    on_demand
        Whether what has no events is there too, hidden until it is asked for.
    """
    return [
        _card(one, number, palette, max_image_bytes, on_demand=on_demand)
        for number, one in enumerate(comparisons, first_number)
    ]


def draw_legend(palette: Palette, comparisons: Sequence[Comparison]) -> Markup:
    """Return the colours of event types, the signs of verdicts, and how to use the page."""
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
    kinds = [
        el("span", {"class": "mark trigger plain any-type"}, "trigger"),
        el("span", {"class": "mark argument plain any-type"}, "role of an argument"),
    ]
    is_judged = any(one.judged is not None for one in comparisons)
    said = _HELP + (_KEYS if len(comparisons) > 1 else "")
    return el(
        "div",
        {"class": "legend"},
        el("p", {"class": "chips"}, *colours, *([] if is_judged else kinds)),
        el("p", {"class": "chips"}, *signs) if signs else None,
        el("p", {"class": "none"}, said),
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


def _card(
    comparison: Comparison,
    number: int,
    palette: Palette,
    max_image_bytes: int,
    *,
    on_demand: bool,
) -> Markup:
    has_gold = any(pair.gold is not None for pair in comparison.events)
    drawing = draw_document(
        comparison,
        prefix=prefix_of(number),
        palette=palette,
        sides=(True, False) if comparison.judged is not None else (has_gold,),
        on_demand=on_demand,
        max_image_bytes=max_image_bytes,
    )
    key = card_key(number)
    heading = el("h3", None, el("a", {"href": f"#{key}"}, comparison.document.id))
    tally = el("p", {"class": "tally"}, _tally(comparison) or "nothing to compare")
    parts = (heading, _about(comparison.document), tally, drawing)
    return el("article", {"class": "card", "id": key, "tabindex": "-1"}, *parts)


def _about(document: Document) -> Markup | None:
    """Return what is known of a document beside its text: title, author, date, and the rest."""
    known = document.metadata
    title = known.get("title")
    first = [known[key] for key in ("author", "date") if known.get(key)]
    others = [
        f"{key}: {value}" for key, value in known.items() if value and key not in _SHOWN_FIRST
    ]
    line = " \u00b7 ".join([*first, *others])
    return join(
        el("p", {"class": "title", "dir": "auto"}, title) if title else None,
        el("p", {"class": "about", "dir": "auto"}, line) if line else None,
    )


_SHOWN_FIRST = frozenset({"title", "author", "date"})
