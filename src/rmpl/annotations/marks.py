"""What annotation tools mark, in one form: spans by character, events, relations, boxes.

Offsets are 0-based characters (code points) of the whole text, end exclusive. Every item knows its
place, file and line, for errors.
"""

from __future__ import annotations

import msgspec

from rmpl.errors import RmplError
from rmpl.records import Box, Document, Image


class Mark(msgspec.Struct, frozen=True, gc=False):
    """A labelled span. ``text`` is what the tool says is there, if it says so."""

    id: str
    label: str
    start: int
    end: int
    where: str
    text: str | None = None


class Role(msgspec.Struct, frozen=True, gc=False):
    """An argument of an event: its label, and the id of the mark, event or box that fills it."""

    label: str
    target: str
    where: str


class Event(msgspec.Struct, frozen=True, gc=False):
    """An event that a tool marks as such (brat): its label, its trigger's id, its arguments."""

    id: str
    label: str
    trigger: str
    roles: tuple[Role, ...]
    where: str


class Bond(msgspec.Struct, frozen=True, gc=False):
    """A labelled relation between two marks, events or boxes, by their ids."""

    id: str
    label: str
    head: str
    tail: str
    where: str


class Region(msgspec.Struct, frozen=True, gc=False):
    """A labelled box in pixels of an image. ``event`` is its event's id, if the tool knows it."""

    id: str
    label: str
    image: str
    box: Box
    where: str
    event: str | None = None


class ImageLabel(msgspec.Struct, frozen=True, gc=False):
    """A label of a whole image: an event without a box."""

    label: str
    image: str
    where: str


class Annotated(msgspec.Struct, gc=False):
    """A document as a tool annotated it.

    Attributes
    ----------
    id, where, text
        Its id, its place, and its text.
    base
        The document that it was written from by rmpl, if that is known: sentences, tokens, and what
        the tool does not hold.
    holds
        What the tool annotates, ``text``, ``images`` or both; the rest is that of ``base``.
    utf16
        Whether offsets count UTF-16 units, as Java and JavaScript do.
    unseen
        The images of ``base`` that the tool did not show: their events stay.
    captions
        A description of an image, by its id.
    problems
        What is broken in it: it is then not imported at all.
    left_out, warnings
        (reason, place) of items that are not read, and of suspicious ones that are.
    """

    id: str
    where: str
    text: str = ""
    base: Document | None = None
    holds: frozenset[str] = frozenset({"text"})
    utf16: bool = False
    marks: list[Mark] = []
    events: list[Event] = []
    bonds: list[Bond] = []
    images: list[Image] = []
    regions: list[Region] = []
    image_labels: list[ImageLabel] = []
    unseen: frozenset[str] = frozenset()
    captions: dict[str, str] = {}
    event_ids: dict[str, str] = {}
    """The ids that events, by their ids in the tool, had in the document."""
    problems: list[RmplError] = []
    left_out: list[tuple[str, str]] = []
    warnings: list[tuple[str, str]] = []

    def refuse(self, what: str, where: str, remedy: str | None = None) -> None:
        """Note something broken."""
        self.problems.append(RmplError(what, where=where, remedy=remedy))

    def leave_out(self, reason: str, where: str) -> None:
        """Note an item that documents cannot hold."""
        self.left_out.append((reason, where))

    def warn(self, reason: str, where: str) -> None:
        """Note a suspicious item that is read nevertheless."""
        self.warnings.append((reason, where))
