"""Documents drawn in notebooks, by the drawing of reports."""

from __future__ import annotations

import msgspec

from rmpl.records import Document, ImageEvent, TextEvent
from rmpl.viewer.compare import compare
from rmpl.viewer.drawing.anchors import prefix_of
from rmpl.viewer.drawing.document import draw_document
from rmpl.viewer.drawing.palette import Palette
from rmpl.viewer.markup import el
from rmpl.viewer.page import render_page

_IMAGE_BYTES = 60_000
_HEIGHTS = {"page": 130, "sentence": 90, "image": 560}
"""Pixels that a drawing takes, roughly; a higher one scrolls."""
_HIGHEST = 900


def draw(document: Document, only: TextEvent | ImageEvent | None = None) -> str:
    """Return a drawing of a document, or of one of its events, as HTML for a notebook.

    It is a whole page in a sandboxed frame: its style and script touch nothing of the notebook, and
    text of the document is escaped twice.
    """
    if only is not None:
        document = _part(document, only)
    drawing = draw_document(
        compare(None, document),
        prefix=prefix_of(1),
        palette=Palette.of([], [document]),
        sides=(False,),
        names={True: "gold", False: "events"},
        max_image_bytes=_IMAGE_BYTES,
    )
    heading = el("h3", None, document.id)
    page = render_page(document.id, el("main", None, el("article", None, heading, drawing)))
    busy = {event.sentence_id for event in document.text_events}
    images = {event.image_id for event in document.image_events}
    height = _HEIGHTS["page"] + _HEIGHTS["sentence"] * len(busy) + _HEIGHTS["image"] * len(images)
    return el(
        "iframe",
        {
            "srcdoc": page,
            "sandbox": "allow-scripts",
            "title": "events of a document",
            "width": "100%",
            "height": min(height, _HIGHEST),
            "frameborder": 0,
        },
    )


def _part(document: Document, event: TextEvent | ImageEvent) -> Document:
    """Return a document with one event, and the sentence or image that it is in."""
    is_text = isinstance(event, TextEvent)
    place = event.sentence_id if isinstance(event, TextEvent) else event.image_id
    return msgspec.structs.replace(
        document,
        sentences=tuple(one for one in document.sentences if is_text and one.id == place),
        images=tuple(one for one in document.images if not is_text and one.id == place),
        text_events=(event,) if isinstance(event, TextEvent) else (),
        image_events=(event,) if isinstance(event, ImageEvent) else (),
        links=(),
        relations=(),
    )
