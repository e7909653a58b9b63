"""The page of extracted documents with their events, without gold.

It shows the documents or a table of their events, above a minimum confidence, with or without what
has no events, and saves what it shows as CSV or JSON. All of that is in the page: no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rmpl.records import Document
from rmpl.viewer.cards import draw_cards, draw_legend
from rmpl.viewer.compare import Comparison, compare
from rmpl.viewer.drawing.document import has_silence
from rmpl.viewer.drawing.palette import Palette
from rmpl.viewer.event_table import draw_data, draw_event_table
from rmpl.viewer.markup import Attribute, Markup, el
from rmpl.viewer.page import render_page, write_page
from rmpl.viewer.toolbar import draw_toolbar


def extraction_page(
    *,
    title: str,
    documents: Sequence[Document],
    rule: str,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    max_image_bytes: int = 120_000,
) -> str:
    """Return a self-contained page of documents with their events.

    Parameters
    ----------
    rule
        A description of the selection of documents.
    notes
        Lines shown below the title.
    warnings
        Shown below the title, in a frame.
    max_image_bytes
        The maximum JPEG size per image; images are downsized to it.
    """
    palette = Palette.of([], documents)
    comparisons = [compare(None, document) for document in documents]
    theme = el(
        "button",
        {"id": "theme", "type": "button", "title": "light or dark"},
        "◐",
        el("span", None, " theme"),
    )
    lines = [el("li", None, note) for note in notes]
    header = el(
        "header",
        None,
        el("nav", None, theme),
        el("h1", None, title),
        *(el("p", {"class": "warning"}, warning) for warning in warnings),
        el("ul", {"class": "notes"}, *lines) if lines else None,
    )
    if not comparisons:
        return render_page(title, header, el("main", None, el("p", None, "No documents.")))
    cards = draw_cards(comparisons, palette, on_demand=True, max_image_bytes=max_image_bytes)
    table = el("section", {"id": "events", "hidden": True}, draw_event_table(comparisons, palette))
    main = el(
        "main",
        None,
        draw_toolbar(comparisons, _controls(comparisons)),
        el("p", None, rule) if rule else None,
        el("section", {"id": "documents"}, draw_legend(palette, comparisons), *cards),
        table,
        draw_data(comparisons),
    )
    return render_page(title, header, main)


def _controls(comparisons: Sequence[Comparison]) -> list[Markup]:
    """Return the controls that change what is shown, and those that save it."""
    views = el(
        "span",
        {"class": "joined", "role": "group", "aria-label": "view"},
        el("button", {"type": "button", "data-view": "documents", "aria-pressed": "true"}, "Text"),
        el("button", {"type": "button", "data-view": "events", "aria-pressed": "false"}, "Table"),
    )
    whole = el("label", None, el("input", {"type": "checkbox", "name": "whole"}), " whole articles")
    events = [pair.either for one in comparisons for pair in one.events]
    wholes = [whole] if any(map(has_silence, comparisons)) else []
    if not events:
        return wholes
    slider: dict[str, Attribute] = {
        "type": "range",
        "name": "score",
        "min": 0,
        "max": 1,
        "step": "0.01",
        "value": 0,
    }
    least = el(
        "label",
        {"class": "least"},
        "confidence from ",
        el("input", slider),
        el("output", {"name": "least"}, "0.00"),
    )
    files = el(
        "span",
        {"class": "joined", "role": "group", "aria-label": "save the events that are shown"},
        el("button", {"type": "button", "name": "csv", "title": _SAVES}, "↓ CSV"),
        el("button", {"type": "button", "name": "json", "title": _SAVES}, "↓ JSON"),
    )
    is_scored = any(event.score is not None for event in events)
    return [views, *wholes, *([least] if is_scored else []), files]


_SAVES = "save the events that are shown"


def write_extraction(
    path: Path,
    *,
    title: str,
    documents: Sequence[Document],
    rule: str,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Path:
    """Write such a page of at most about 100 documents, with images as large as possible.

    Raises
    ------
    RmplError
        If the file cannot be written.
    """

    def render(most: int) -> str:
        return extraction_page(
            title=title,
            documents=documents,
            rule=rule,
            notes=notes,
            warnings=warnings,
            max_image_bytes=most,
        )

    return write_page(path, render)
