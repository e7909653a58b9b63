"""Training samples as the model receives them: prompt, target, processed image and boxes.

Each sample is drawn like a document of a report: the annotation beside the parsed target. Below
them stand the document's own links, which no sample shows as a whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import PIL.Image

from rmpl.records import Document
from rmpl.scoring.verdicts import Verdict
from rmpl.viewer.compare import Comparison, compare
from rmpl.viewer.drawing.anchors import card_key, prefix_of
from rmpl.viewer.drawing.document import draw_document
from rmpl.viewer.drawing.palette import Palette
from rmpl.viewer.drawing.thumbnails import embed
from rmpl.viewer.markup import Markup, el
from rmpl.viewer.page import render_page, write_page
from rmpl.viewer.toolbar import draw_toolbar

_NAMES = {True: "annotated", False: "parsed target"}
_TILE_BYTES = 20_000

Pieces = Sequence[tuple[str, bool]]
"""A text in pieces, each with whether it is a special token of the model."""


@dataclasses.dataclass(frozen=True)
class ShownSample:
    """A sample as the model receives it.

    Parameters
    ----------
    task, id
        The task and id of the sample.
    prompt, target
        The input text and the target text.
    tokens
        The numbers of tokens of the prompt and of the target.
    parts
        The document part with annotated and with parsed events, with boxes on the processed image;
        ``None`` if the answers of the task are not events.
    tiles
        The processed images: the whole image, crops of it, or both.
    whole
        The index of the tile with the whole image, to which the boxes of ``parts`` refer; ``None``
        if they refer to the image files of ``parts``.
    """

    task: str
    id: str
    prompt: Pieces
    target: Pieces
    tokens: tuple[int, int]
    parts: tuple[Document, Document] | None = None
    tiles: Sequence[PIL.Image.Image] = ()
    whole: int | None = None

    @property
    def comparison(self) -> Comparison | None:
        """The annotation and the target's events, paired."""
        return None if self.parts is None else compare(*self.parts)


@dataclasses.dataclass(frozen=True)
class ShownDocument:
    """A document of a corpus with its samples; ``left_out`` is the number not shown."""

    document: Document
    samples: Sequence[ShownSample]
    left_out: int = 0

    @property
    def links(self) -> Comparison | None:
        """The document as annotated; ``None`` if it has no links."""
        return compare(self.document, None) if self.document.links else None


def differences(documents: Sequence[ShownDocument]) -> list[str]:
    """Return the samples whose target differs from the annotation, as ``task id``."""
    found = []
    for shown in documents:
        for sample in shown.samples:
            comparison = sample.comparison
            if comparison is not None and not _agrees(comparison):
                found.append(f"{sample.task} {sample.id}")
    return found


def _agrees(comparison: Comparison) -> bool:
    verdicts = [pair.verdict for pair in comparison.events]
    verdicts += [one.verdict for pair in comparison.events for one in pair.arguments]
    return all(verdict is Verdict.RIGHT for verdict in verdicts)


def write_inspection(
    path: Path, *, title: str, notes: Sequence[str], documents: Sequence[ShownDocument]
) -> Path:
    """Write one self-contained page and return its file.

    Raises
    ------
    RmplError
        If it cannot be written.
    """
    parts = [part for one in documents for sample in one.samples for part in sample.parts or ()]
    palette = Palette.of([one.document for one in documents], parts)
    comparisons = [
        comparison
        for one in documents
        for sample in one.samples
        if (comparison := sample.comparison) is not None
    ]
    comparisons += [linked for one in documents if (linked := one.links) is not None]

    def render(most: int) -> str:
        cards = [_card(one, number, palette, most) for number, one in enumerate(documents, 1)]
        none = el("p", {"class": "none"}, "No samples.")
        lines = [el("li", None, note) for note in notes]
        word = el("span", None, " theme")
        theme = el("button", {"id": "theme", "type": "button", "title": "light or dark"}, "◐", word)
        links = [
            el("a", {"href": f"#{card_key(number)}"}, number)
            for number in range(1, len(documents) + 1)
        ]
        header = el(
            "header",
            None,
            el("nav", None, "Document", *links, theme),
            el("h1", None, title),
            el("ul", {"class": "notes"}, *lines) if lines else None,
        )
        shown = [draw_toolbar(comparisons), *cards] if cards else [none]
        return render_page(title, header, el("main", None, *shown))

    return write_page(path, render)


def _card(shown: ShownDocument, number: int, palette: Palette, most: int) -> Markup:
    key = card_key(number)
    heading = el("h3", None, el("a", {"href": f"#{key}"}, shown.document.id))
    samples = [
        _sample(sample, f"{prefix_of(number)}x{place}", palette, most)
        for place, sample in enumerate(shown.samples)
    ]
    rest = f"{shown.left_out} more samples of this document, not shown" if shown.left_out else None
    more = None if rest is None else el("p", {"class": "quiet"}, rest)
    links = _links(shown, f"{prefix_of(number)}y", palette, most)
    attributes = {"class": "card", "id": key, "tabindex": "-1"}
    return el("article", attributes, heading, *samples, more, links)


def _links(shown: ShownDocument, prefix: str, palette: Palette, most: int) -> Markup | None:
    """Return the document as annotated with its links, if it has any."""
    if shown.links is None:
        return None
    drawing = draw_document(
        shown.links,
        prefix=prefix,
        palette=palette,
        sides=(True,),
        names=_NAMES,
        max_image_bytes=most,
    )
    head = el("h4", None, el("b", None, "links"), " of the document, as annotated")
    return el("section", {"class": "sample"}, head, drawing)


def _sample(sample: ShownSample, prefix: str, palette: Palette, most: int) -> Markup:
    asked, answered = sample.tokens
    count = f"{asked} + {answered} tokens"
    head = el("h4", None, el("b", None, sample.task), " ", sample.id, " · ", count)
    texts = el(
        "div",
        {"class": "texts"},
        _text("prompt", sample.prompt),
        _text("target", sample.target),
    )
    comparison = sample.comparison
    drawing = None
    if comparison is not None:
        tile = None if sample.whole is None else sample.tiles[sample.whole]
        images = comparison.document.images
        drawing = draw_document(
            comparison,
            prefix=prefix,
            palette=palette,
            names=_NAMES,
            everything=True,
            max_image_bytes=most,
            opened={} if tile is None else {image.id: tile for image in images},
        )
    return el("section", {"class": "sample"}, head, texts, _tiles(sample, most), drawing)


def _text(name: str, pieces: Pieces) -> Markup:
    parts = [el("i", None, piece) if own else piece for piece, own in pieces]
    return el("div", None, el("span", {"class": "side"}, name), el("pre", {"dir": "auto"}, *parts))


def _tiles(sample: ShownSample, most: int) -> Markup | None:
    if not sample.tiles:
        return None
    sizes = dict.fromkeys(f"{tile.width} x {tile.height}" for tile in sample.tiles)
    count = f"{len(sample.tiles)} images of " if len(sample.tiles) > 1 else ""
    caption = f"as the model receives it: {count}{', '.join(sizes)} pixels"
    if sample.parts is not None and len(sample.tiles) == 1:
        return el("p", {"class": "tiles"}, caption)
    figures = [
        el(
            "img",
            {
                "src": embed(tile, min(most, _TILE_BYTES)),
                "alt": f"part {number}",
                "width": tile.width,
                "height": tile.height,
            },
        )
        for number, tile in enumerate(sample.tiles, 1)
    ]
    return el(
        "details",
        {"class": "tiles", "open": sample.parts is None},
        el("summary", None, caption),
        el("div", None, *figures),
    )
