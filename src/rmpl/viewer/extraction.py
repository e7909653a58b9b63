"""The page of extracted documents with their events, without gold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rmpl.records import Document
from rmpl.viewer.cards import draw_cards
from rmpl.viewer.compare import compare
from rmpl.viewer.drawing.palette import Palette
from rmpl.viewer.markup import el
from rmpl.viewer.page import render_page, write_page


def extraction_page(
    *,
    title: str,
    documents: Sequence[Document],
    rule: str,
    notes: Sequence[str] = (),
    max_image_bytes: int = 120_000,
) -> str:
    """Return a self-contained page of documents with their events.

    Parameters
    ----------
    rule
        A description of the selection of documents.
    notes
        Lines shown below the title.
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
        el("ul", {"class": "notes"}, *lines) if lines else None,
    )
    cards = draw_cards(
        comparisons,
        palette,
        rule,
        filters=len(documents) > 1,
        max_image_bytes=max_image_bytes,
    )
    main = el("main", None, el("section", {"id": "documents"}, *cards))
    return render_page(title, header, main)


def write_extraction(
    path: Path, *, title: str, documents: Sequence[Document], rule: str, notes: Sequence[str] = ()
) -> Path:
    """Write such a page of at most about 100 documents, with images as large as possible.

    Raises
    ------
    RmplError
        If the file cannot be written.
    """

    def render(most: int) -> str:
        return extraction_page(
            title=title, documents=documents, rule=rule, notes=notes, max_image_bytes=most
        )

    return write_page(path, render)
