"""Rendering a document as HTML: sentences and images, gold beside predicted, and links.

Reports and all other pages draw documents with this module. The markup needs the style sheet and
script of ``rmpl.viewer.page``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import PIL.Image

from rmpl.records import Image, Sentence
from rmpl.viewer.compare import Comparison, ImagePair, TextPair
from rmpl.viewer.drawing.anchors import image_key, image_mark, sentence_key, text_mark
from rmpl.viewer.drawing.image import DrawnImageEvent, draw_image
from rmpl.viewer.drawing.items import Item, event_items, items_as_json, linked_items
from rmpl.viewer.drawing.links import LinkBadges, list_links
from rmpl.viewer.drawing.palette import Palette
from rmpl.viewer.drawing.text import DrawnEvent, draw_sentence
from rmpl.viewer.drawing.thumbnails import load_image
from rmpl.viewer.markup import Attribute, Markup, el, join

SIDES: Mapping[bool, str] = {True: "gold", False: "predicted"}
"""The names of the two sides of a document."""


@dataclasses.dataclass(frozen=True)
class _Canvas:
    """The settings shared by all parts of a document's drawing."""

    comparison: Comparison
    prefix: str
    palette: Palette
    badges: LinkBadges
    sides: tuple[bool, ...]
    names: Mapping[bool, str]
    everything: bool
    on_demand: bool
    max_image_bytes: int
    opened: Mapping[str, PIL.Image.Image]


def _panes(canvas: _Canvas, drawn: Iterable[Markup]) -> Markup:
    """Return one drawing per side, side by side (stacked on a narrow screen)."""
    panes = [
        el("div", {"class": f"pane {SIDES[gold]}"}, _side(canvas, gold), one)
        for gold, one in zip(canvas.sides, drawn, strict=True)
    ]
    return el("div", {"class": "panes"}, *panes)


def _side(canvas: _Canvas, gold: bool) -> Markup | None:
    if canvas.on_demand and len(canvas.sides) == 1:
        return None
    return el("span", {"class": "side"}, canvas.names[gold])


def _row(
    key: str,
    name: str,
    medium_id: str,
    panes: Markup,
    items: Iterable[Item],
    *,
    css: str = "row",
    silent: bool = False,
    caption: str = "",
) -> Markup:
    """Return a sentence or image with a permalink and the data for the filters.

    One that is ``silent`` is hidden until the page's reader asks for it.
    """
    heading = el("a", {"href": f"#{key}", "title": medium_id}, name)
    attributes: dict[str, Attribute] = {
        "class": f"{css} silent" if silent else css,
        "id": key,
        "data-items": items_as_json(sorted(set(items))),
        "hidden": silent,
    }
    below = el("p", {"class": "caption", "dir": "auto"}, caption) if caption else None
    return el("section", attributes, el("h4", None, heading), panes, below)


def _draw_text(canvas: _Canvas, number: int, sentence: Sentence) -> Markup | None:
    """Return a sentence's row, or ``None`` if it has no events and is not to be drawn."""
    pairs = [
        (index, pair)
        for index, pair in enumerate(canvas.comparison.text)
        if pair.either.sentence_id == sentence.id
    ]
    if not pairs and not (canvas.everything or canvas.on_demand):
        return None

    def side(gold: bool) -> Markup:
        drawn = [_text_event(canvas, index, pair, gold) for index, pair in pairs]
        return draw_sentence(sentence, drawn, gold=gold, palette=canvas.palette)

    panes = _panes(canvas, [side(gold) for gold in canvas.sides])
    key = sentence_key(canvas.prefix, number)
    items = [item for _, pair in pairs for item in event_items(pair)]
    judged = canvas.comparison.judged
    for mention in judged.linked_text if judged else ():
        event = mention.gold or mention.predicted
        if event is not None and event.sentence_id == sentence.id:
            items += linked_items(mention)
    silent = not pairs and canvas.on_demand
    return _row(key, f"Sentence {number}", sentence.id, panes, items, silent=silent)


def _text_event(canvas: _Canvas, index: int, pair: TextPair, gold: bool) -> DrawnEvent:
    event = pair.side(gold)
    badges = canvas.badges.of_text(event.id if event else None, gold=gold)
    return DrawnEvent(pair, text_mark(canvas.prefix, index), canvas.names[gold], badges)


def _image_event(canvas: _Canvas, index: int, pair: ImagePair, gold: bool) -> DrawnImageEvent:
    event = pair.side(gold)
    badges = canvas.badges.of_image(event.id if event else None, gold=gold)
    return DrawnImageEvent(pair, image_mark(canvas.prefix, index), canvas.names[gold], badges)


def _extent(pairs: Sequence[ImagePair]) -> tuple[float, float]:
    """Return the extent of the boxes of some events in pixels, with a margin."""
    events = [event for pair in pairs for event in (pair.gold, pair.predicted) if event]
    boxes = [argument.box for event in events for argument in event.arguments]
    width = max((max(box.x1, box.x2) for box in boxes), default=0.0)
    height = max((max(box.y1, box.y2) for box in boxes), default=0.0)
    return 1.05 * width, 1.05 * height


def _draw_image(canvas: _Canvas, number: int, image: Image) -> Markup | None:
    """Return an image's row, or ``None`` if it has no events and is not to be drawn."""
    pairs = [
        (index, pair)
        for index, pair in enumerate(canvas.comparison.image)
        if pair.either.image_id == image.id
    ]
    if not pairs and not (canvas.everything or canvas.on_demand):
        return None
    embedded = load_image(
        image,
        f"{canvas.prefix}p{number}",
        max_bytes=canvas.max_image_bytes,
        extent=_extent([pair for _, pair in pairs]),
        opened=canvas.opened.get(image.id),
    )
    drawn = [
        draw_image(
            image,
            embedded,
            [_image_event(canvas, index, pair, gold) for index, pair in pairs],
            gold=gold,
            palette=canvas.palette,
            first=place == 0,
        )
        for place, gold in enumerate(canvas.sides)
    ]
    items = [item for _, pair in pairs for item in event_items(pair)]
    judged = canvas.comparison.judged
    for mention in judged.linked_image if judged else ():
        event = mention.gold or mention.predicted
        if event is not None and event.image_id == image.id:
            items += linked_items(mention)
    return _row(
        image_key(canvas.prefix, number),
        f"Image {number}",
        image.id,
        _panes(canvas, drawn),
        items,
        css="row figure",
        silent=not pairs and canvas.on_demand,
        caption=image.caption,
    )


def _elsewhere(canvas: _Canvas) -> Markup | None:
    """Return the events in sentences or images that are not in the document."""
    sentences = {sentence.id for sentence in canvas.comparison.document.sentences}
    images = {image.id for image in canvas.comparison.document.images}
    lost = [
        f"{pair.either.event_type} in sentence {pair.either.sentence_id}"
        for pair in canvas.comparison.text
        if pair.either.sentence_id not in sentences
    ]
    lost += [
        f"{pair.either.event_type} in image {pair.either.image_id}"
        for pair in canvas.comparison.image
        if pair.either.image_id not in images
    ]
    if not lost:
        return None
    return el(
        "div",
        {"class": "nowhere"},
        "In sentences or images that are not in this document: ",
        el("ul", None, *(el("li", None, one) for one in lost)),
    )


def _heads(canvas: _Canvas) -> Markup | None:
    """Return the names of the sides above their panes."""
    if canvas.on_demand and len(canvas.sides) == 1:
        return None
    heads = [el("div", {"class": f"pane {SIDES[one]}"}, canvas.names[one]) for one in canvas.sides]
    return el("div", {"class": "panes heads", "aria-hidden": "true"}, *heads)


def _silent(comparison: Comparison) -> dict[str, int]:
    """Return the number of sentences and of images without events."""
    drawn = {pair.either.sentence_id for pair in comparison.text}
    drawn_images = {pair.either.image_id for pair in comparison.image}
    return {
        "sentence": sum(one.id not in drawn for one in comparison.document.sentences),
        "image": sum(one.id not in drawn_images for one in comparison.document.images),
    }


def has_silence(comparison: Comparison) -> bool:
    """Return whether a document has sentences or images without events."""
    return any(_silent(comparison).values())


def _more(canvas: _Canvas) -> Markup | None:
    """Return the button that shows what has no events; the page's script writes its verb."""
    counts = _silent(canvas.comparison)
    words = [f"{n} {what}{'s' * (n > 1)}" for what, n in counts.items() if n]
    if not words:
        return None
    what = f"{' and '.join(words)} without events"
    attributes = {"type": "button", "class": "more", "data-what": what}
    return el("button", attributes, f"Show {what}")


def _quiet(sentences: Sequence[tuple[int, Sentence]], images: int) -> Markup | None:
    """Return the sentences without events, collapsed, and the number of images without events."""
    parts = []
    if sentences:
        count = f"{len(sentences)} sentence{'s' if len(sentences) > 1 else ''} without events"
        rows = [el("li", {"value": number, "dir": "auto"}, one.text) for number, one in sentences]
        parts.append(
            el("details", {"class": "quiet"}, el("summary", None, count), el("ol", None, *rows))
        )
    if images:
        count = f"{images} image{'s' if images > 1 else ''} without events, not shown"
        parts.append(el("p", {"class": "quiet"}, count))
    return join(*parts) if parts else None


def draw_document(
    comparison: Comparison,
    *,
    prefix: str,
    palette: Palette,
    sides: tuple[bool, ...] = (True, False),
    names: Mapping[bool, str] = SIDES,
    everything: bool = False,
    on_demand: bool = False,
    max_image_bytes: int = 120_000,
    opened: Mapping[str, PIL.Image.Image] = MappingProxyType({}),
) -> Markup:
    """Return one document, with each sentence and image drawn once per side.

    Parameters
    ----------
    prefix
        The prefix of all ids and keys of this drawing; letters and digits, unique on its page.
    sides
        ``True`` for gold, ``False`` for predicted, in display order.
    names
        The names of the sides.
    everything
        Whether sentences and images without events are drawn too.
    on_demand
        Whether they are drawn but hidden, with a button that shows them.
    max_image_bytes
        The maximum JPEG size per image; images are downsized to it.
    opened
        RGB images by id, used instead of the document's image files.
    """
    badges = LinkBadges(comparison, prefix)
    canvas = _Canvas(
        comparison,
        prefix,
        palette,
        badges,
        sides,
        names,
        everything,
        on_demand and not everything,
        max_image_bytes,
        opened,
    )
    document = comparison.document
    rows: list[Markup] = []
    silent: list[tuple[int, Sentence]] = []
    for number, sentence in enumerate(document.sentences, 1):
        row = _draw_text(canvas, number, sentence)
        if row is None:
            silent.append((number, sentence))
        else:
            rows.append(row)
    figures = [_draw_image(canvas, number, one) for number, one in enumerate(document.images, 1)]
    shown = [figure for figure in figures if figure is not None]
    return join(
        _heads(canvas) if rows else None,
        *rows,
        el("div", {"class": "figures"}, *shown) if shown else None,
        list_links(comparison, badges),
        _elsewhere(canvas),
        _more(canvas) if canvas.on_demand else _quiet(silent, len(figures) - len(shown)),
    )
