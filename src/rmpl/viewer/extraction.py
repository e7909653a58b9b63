"""The page of what was extracted: documents with their events, and nothing to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rmpl.records import Document
from rmpl.viewer.cards import draw_cards
from rmpl.viewer.compare import compare
from rmpl.viewer.markup import el
from rmpl.viewer.page import render_page, write_page
from rmpl.viewer.palette import Palette


def write_extraction(
    path: Path, *, title: str, documents: Sequence[Document], rule: str, notes: Sequence[str] = ()
) -> Path:
    """Write a self-contained HTML file that needs no network.

    Parameters
    ----------
    documents
        With their events; about a hundred fit one file.
    rule
        Which documents these are, in words.
    notes
        Lines shown below the title.

    Raises
    ------
    RmplError
        If the file cannot be written.
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
        el("ul", {"class": "notes"}, *lines) if lines else None,
    )

    def render(most: int) -> str:
        cards = draw_cards(comparisons, palette, rule, max_picture_bytes=most)
        main = el("main", None, el("section", {"id": "documents"}, *cards))
        return render_page(title, header, main)

    return write_page(path, render)
