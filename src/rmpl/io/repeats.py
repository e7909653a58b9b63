"""What is there twice, kept once: arguments of an event with the same role and span or box."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import msgspec

from rmpl.io.read_report import ReadReport
from rmpl.records import Document, ImageArgument, TextArgument

TWICE = "an argument that its event has twice, read once"
T = TypeVar("T")


def of_text(argument: TextArgument) -> Hashable:
    """Return what makes an argument in a text the same as another one."""
    return argument.role, argument.span, argument.text if argument.span.start < 0 else None


def of_image(argument: ImageArgument) -> Hashable:
    """Return what makes an argument in an image the same as another one."""
    return argument.role, argument.box, argument.gloss


def once(
    items: Iterable[T],
    key: Callable[[T], Hashable],
    repeated: Callable[[T], object] = lambda _: None,
) -> tuple[T, ...]:
    """Return the first item of each key; every other one is passed to ``repeated``."""
    found: dict[Hashable, T] = {}
    for one in items:
        name = key(one)
        if name in found:
            repeated(one)
        else:
            found[name] = one
    return tuple(found.values())


def without_repeats(document: Document, where: str, report: ReadReport) -> Document:
    """Return a document whose events have no argument twice; ``report`` counts those left out.

    ``where`` is the place of the document: a file and line.
    """

    def note(event: str) -> Callable[[TextArgument | ImageArgument], None]:
        place = f"{where}: document {document.id}, {event}"
        return lambda argument: report.leave_out(TWICE, f"{place}: {argument.role}")

    texts = tuple(
        msgspec.structs.replace(one, arguments=once(one.arguments, of_text, note(one.id)))
        for one in document.text_events
    )
    images = tuple(
        msgspec.structs.replace(one, arguments=once(one.arguments, of_image, note(one.id)))
        for one in document.image_events
    )
    return msgspec.structs.replace(document, text_events=texts, image_events=images)
