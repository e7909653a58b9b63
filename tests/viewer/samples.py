"""Documents made by hand for the viewer's tests."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import PIL.ImageDraw

from builders import sentence
from rmpl.records import (
    NOWHERE,
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Span,
    TextArgument,
    TextEvent,
)

TEXT = "Police arrested three protesters in Kyiv after the march on Friday ."


def make_picture(folder: Path, name: str = "one.jpg", size: tuple[int, int] = (400, 300)) -> Path:
    """Write a picture with a red and a blue block."""
    picture = PIL.Image.new("RGB", size, (200, 200, 190))
    draw = PIL.ImageDraw.Draw(picture)
    draw.rectangle((40, 60, 140, 260), fill=(205, 45, 45))
    draw.rectangle((220, 50, 340, 280), fill=(45, 85, 205))
    path = folder / name
    picture.save(path, "JPEG")
    return path


def gold_document(picture: Path | None = None, key: str = "doc1") -> Document:
    """Return a document with two text events, one image event, and a link."""
    return Document(
        id=key,
        sentences=(sentence("s0", "Nothing happened ."), sentence("s1", TEXT)),
        images=(Image("i0", str(picture) if picture else None, 400, 300), Image("i1")),
        text_events=(
            TextEvent(
                "t1",
                "s1",
                "Justice:Arrest-Jail",
                Span(1, 2),
                (
                    TextArgument("Agent", Span(0, 1)),
                    TextArgument("Person", Span(2, 4)),
                    TextArgument("Place", Span(5, 6)),
                ),
            ),
            TextEvent(
                "t2",
                "s1",
                "Conflict:Demonstrate",
                Span(8, 9),
                (TextArgument("Entity", Span(3, 4)),),
            ),
        ),
        image_events=(
            ImageEvent(
                "i1",
                "i0",
                "Justice:Arrest-Jail",
                (
                    ImageArgument("Agent", Box(40, 60, 140, 260)),
                    ImageArgument("Person", Box(220, 50, 340, 280)),
                ),
            ),
        ),
        links=(Link("t1", "i1"),),
    )


def predicted_document(picture: Path | None = None, key: str = "doc1") -> Document:
    """Return a prediction for ``gold_document`` with one mistake of every kind."""
    gold = gold_document(picture, key)
    return Document(
        id=key,
        sentences=gold.sentences,
        images=gold.images,
        text_events=(
            TextEvent(
                "p1",
                "s1",
                "Justice:Arrest-Jail",
                Span(1, 2),
                (
                    TextArgument("Agent", Span(0, 1), 0.97),
                    TextArgument("Person", Span(3, 4), 0.61),
                    TextArgument("Agent", Span(5, 6), 0.4),
                    TextArgument("Place", NOWHERE, 0.2, "Lviv"),
                ),
                0.99,
            ),
            TextEvent("p2", "s1", "Contact:Meet", Span(8, 9), (), 0.51),
            TextEvent("p3", "s0", "Conflict:Attack", Span(1, 2), (), 0.33),
        ),
        image_events=(
            ImageEvent(
                "p1",
                "i0",
                "Justice:Arrest-Jail",
                (
                    ImageArgument("Agent", Box(45, 65, 140, 255), 0.9),
                    ImageArgument("Person", Box(290, 50, 390, 280), 0.7),
                    ImageArgument("Instrument", Box(5, 5, 30, 30), 0.1),
                ),
                0.93,
            ),
        ),
        links=(Link("p1", "p1", 0.88), Link("p2", "p1", 0.3)),
    )
