"""The table of a page's events, one a row, and the data that the page makes files from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rmpl.predictions.table import ArgumentRow, EventRow, event_rows
from rmpl.predictions.table_files import events_table
from rmpl.records import TextEvent
from rmpl.viewer.compare import Comparison, ImagePair, TextPair
from rmpl.viewer.drawing.anchors import card_key, image_key, prefix_of, sentence_key
from rmpl.viewer.drawing.items import event_items, items_as_json
from rmpl.viewer.drawing.palette import Palette, short
from rmpl.viewer.drawing.text import confidence
from rmpl.viewer.markup import Markup, el, join

_COLUMNS = ("Event", "Trigger", "Who and what", "Where", "Confidence", "Same event")


def draw_event_table(comparisons: Sequence[Comparison], palette: Palette) -> Markup:
    """Return the table of all events, text events first, document by document."""
    several = len(comparisons) > 1
    rows = [
        _row(_Place(comparison, number), pair, row, palette, several=several)
        for number, comparison in enumerate(comparisons, 1)
        for pair, row in zip(comparison.events, event_rows([comparison.document]), strict=True)
    ]
    if not rows:
        return el("p", {"class": "none"}, "No events.")
    names = (*(["Document"] if several else []), *_COLUMNS)
    head = el("tr", None, *(el("th", {"scope": "col"}, name) for name in names))
    body = el("tbody", None, *rows)
    table = el("table", {"class": "events"}, el("thead", None, head), body)
    return el("div", {"class": "scroll", "tabindex": "0"}, table)


def draw_data(comparisons: Sequence[Comparison]) -> Markup:
    """Return an invisible element with the events in the order of the table.

    It has the columns and rows of ``rmpl table`` for CSV, and the events as objects for JSON.
    """
    rows = list(event_rows(comparison.document for comparison in comparisons))
    columns, cells = events_table(rows)
    data = {"columns": columns, "rows": cells, "events": [_as_object(row) for row in rows]}
    # ASCII, so that no character of a document is replaced as one that HTML does not allow.
    return el("pre", {"id": "data", "hidden": True}, json.dumps(data, separators=(",", ":")))


def _as_object(row: EventRow) -> dict[str, Any]:
    own = row._asdict()
    own["arguments"] = [_argument(one) for one in row.arguments]
    if "metadata" in own:
        own["metadata"] = dict(own["metadata"])
    return {key: value for key, value in own.items() if value not in (None, "", {})}


def _argument(one: ArgumentRow) -> dict[str, Any]:
    event_wide = {"document", "event", "medium", "event_type", "image"}
    return {
        key: value
        for key, value in one._asdict().items()
        if key not in event_wide and value not in (None, "")
    }


class _Place:
    """The addresses of a document's events on the page."""

    def __init__(self, comparison: Comparison, number: int) -> None:
        document = comparison.document
        prefix = prefix_of(number)
        self.id, self.card = document.id, card_key(number)
        self._media = {
            one.id: (f"Sentence {n}", sentence_key(prefix, n))
            for n, one in enumerate(document.sentences, 1)
        }
        self._images = {
            one.id: (f"Image {n}", image_key(prefix, n)) for n, one in enumerate(document.images, 1)
        }
        self._text = {pair.either.id: pair for pair in comparison.text}
        self._image = {pair.either.id: pair for pair in comparison.image}
        self._links = [one.predicted or one.gold for one in comparison.links]

    def of(self, pair: TextPair | ImagePair) -> Markup:
        """Return a link to the sentence or image of an event."""
        event = pair.either
        if isinstance(event, TextEvent):
            name, key = self._media.get(event.sentence_id, (event.sentence_id, None))
        else:
            return self.image(event.image_id)
        return join(name) if key is None else el("a", {"href": f"#{key}"}, name)

    def image(self, name: str) -> Markup:
        """Return a link to an image."""
        shown, key = self._images.get(name, (name, None))
        return join(shown) if key is None else el("a", {"href": f"#{key}"}, shown)

    def same(self, pair: TextPair | ImagePair) -> Iterator[Markup]:
        """Yield links to the events that are the same one in the other medium."""
        event = pair.either
        for link in self._links:
            if link is None:
                continue
            if isinstance(event, TextEvent):
                other: TextPair | ImagePair | None = self._image.get(link.image)
                is_end = link.text == event.id
            else:
                other, is_end = self._text.get(link.text), link.image == event.id
            if is_end and other is not None:
                yield self.of(other)


def _row(
    place: _Place, pair: TextPair | ImagePair, row: EventRow, palette: Palette, *, several: bool
) -> Markup:
    chip = el(
        "span",
        {"class": f"mark trigger plain {palette.css(row.event_type)}", "title": row.event_type},
        short(row.event_type),
    )
    who = [
        el("li", None, el("b", None, one.role), " ", _filler(one), el("i", None, _score(one.score)))
        for one in row.arguments
    ]
    quoted = [el("span", {"class": "quoted", "dir": "auto"}, row.sentence or row.image)]
    if row.sentence and row.image:
        quoted.append(el("span", {"class": "quoted"}, "caption of ", place.image(row.image)))
    cells = [
        chip,
        row.trigger,
        el("ul", None, *who) if who else "",
        join(place.of(pair), *quoted),
        _score(row.score).strip(),
        join(*place.same(pair), sep=", "),
    ]
    named = list(zip(_COLUMNS, cells, strict=True))
    if several:
        named.insert(0, ("Document", el("a", {"href": f"#{place.card}"}, place.id)))
    attributes = {"data-items": items_as_json(event_items(pair)), "data-card": place.card}
    tds = [el("td", {"data-name": name if cell else None}, cell) for name, cell in named]
    return el("tr", attributes, *tds)


def _filler(one: ArgumentRow) -> Markup | str:
    if one.x1 is None:
        return one.filler
    return el("span", {"class": "box-corners"}, f"box {one.filler}")


def _score(score: float | None) -> str:
    return confidence(score)
