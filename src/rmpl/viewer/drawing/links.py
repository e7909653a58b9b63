"""Links between a sentence and an image: lettered badges on both ends, and a list of them."""

from __future__ import annotations

from collections.abc import Callable

from rmpl.records import Link, Sentence
from rmpl.viewer.compare import Comparison, Pair
from rmpl.viewer.drawing.anchors import link_mark, link_row_key
from rmpl.viewer.drawing.items import items_as_json, link_item
from rmpl.viewer.drawing.palette import SIGNS, short
from rmpl.viewer.drawing.text import confidence
from rmpl.viewer.markup import Markup, el, join


def letter(index: int) -> str:
    """Return the letter of the link with an index: A to Z, then AA, AB, ..."""
    name = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


def _badge(pair: Pair[Link], index: int, key: str) -> Markup:
    sign = SIGNS[pair.verdict]
    attributes = {
        "class": f"link {sign.css}",
        "data-l": key,
        "tabindex": "0",
        "title": " · ".join(part for part in (f"link {letter(index)}", sign.word) if part),
    }
    return el("span", attributes, letter(index), sign.glyph)


class LinkBadges:
    """The badges of a document's links, by event."""

    def __init__(self, comparison: Comparison, prefix: str) -> None:
        self._links = comparison.links
        self.prefix = prefix

    def badge(self, index: int) -> Markup:
        """Return the badge of one link."""
        return _badge(self._links[index], index, link_mark(self.prefix, index))

    def of_text(self, event_id: str | None, *, gold: bool) -> Markup:
        """Return the badges of one side's text event."""
        return self._badges(gold, lambda link: link.text == event_id)

    def of_image(self, event_id: str | None, *, gold: bool) -> Markup:
        """Return the badges of one side's image event."""
        return self._badges(gold, lambda link: link.image == event_id)

    def _badges(self, gold: bool, wanted: Callable[[Link], bool]) -> Markup:
        found = []
        for index, pair in enumerate(self._links):
            link = pair.side(gold)
            if link is not None and wanted(link):
                found.append(self.badge(index))
        return join(*found)


_Ends = dict[tuple[bool, str], tuple[str, str]]
"""By side and event id: the number of the sentence or image, and the event type."""


def _text_ends(comparison: Comparison) -> _Ends:
    numbers = {one.id: str(i) for i, one in enumerate(comparison.document.sentences, 1)}
    return {
        (gold, event.id): (numbers.get(event.sentence_id, "?"), short(event.event_type))
        for pair in comparison.text
        for gold in (True, False)
        if (event := pair.side(gold)) is not None
    }


def _sentences(comparison: Comparison) -> dict[tuple[bool, str], Sentence]:
    """Return the sentence of each text event, by side and id."""
    known = {one.id: one for one in comparison.document.sentences}
    return {
        (gold, event.id): known[event.sentence_id]
        for pair in comparison.text
        for gold in (True, False)
        if (event := pair.side(gold)) is not None and event.sentence_id in known
    }


def _image_ends(comparison: Comparison) -> _Ends:
    numbers = {one.id: str(i) for i, one in enumerate(comparison.document.images, 1)}
    return {
        (gold, event.id): (numbers.get(event.image_id, "?"), short(event.event_type))
        for pair in comparison.image
        for gold in (True, False)
        if (event := pair.side(gold)) is not None
    }


def _same(link: Link, sentence: Sentence | None) -> str | None:
    """Return the participants that a link aligns as text; ``None`` if there are none."""
    if sentence is None:
        return None
    participants = [
        f"{one.role} \u201c{sentence.slice(one.span)}\u201d{confidence(one.score)}"
        for one in link.alignments
        if sentence.holds(one.span)
    ]
    return f" \u00b7 in text and image: {', '.join(participants)}" if participants else None


def list_links(comparison: Comparison, badges: LinkBadges) -> Markup | None:
    """Return a list of the document's links with their badges; ``None`` if it has none."""
    text_ends, image_ends = _text_ends(comparison), _image_ends(comparison)
    sentences = _sentences(comparison)
    rows = []
    for index, pair in enumerate(comparison.links):
        gold = pair.gold is not None
        link = pair.side(gold)
        if link is None:
            continue
        sentence, text_type = text_ends.get((gold, link.text), ("?", f"unknown {link.text}"))
        image_number, image_type = image_ends.get(
            (gold, link.image), ("?", f"unknown {link.image}")
        )
        kind = text_type if text_type == image_type else f"{text_type} / {image_type}"
        word = SIGNS[pair.verdict].word
        rows.append(
            el(
                "li",
                {
                    "id": link_row_key(badges.prefix, index),
                    "data-items": items_as_json([link_item(comparison, pair)]),
                },
                badges.badge(index),
                f" sentence {sentence} and image {image_number}: {kind}",
                confidence(pair.predicted.score if pair.predicted else None),
                f" ({word})" if word else None,
                _same(link, sentences.get((gold, link.text))),
            )
        )
    return el("ul", {"class": "links"}, *rows) if rows else None
