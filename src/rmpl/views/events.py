"""Events and arguments that know their document: texts, sentences, images and linked events."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import msgspec

from rmpl.predictions.table import ArgumentRow, EventRow
from rmpl.records import Box, Image, ImageArgument, ImageEvent, TextArgument, TextEvent
from rmpl.views.notebook import draw

if TYPE_CHECKING:
    from rmpl.views.documents import DocumentView

_MOST = 40
"""Characters of a text in a repr."""


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class ArgumentView:
    """A participant of an event: a span of text, or a box in an image.

    Parameters
    ----------
    record
        The argument itself.
    row
        What a table of arguments says of it.
    """

    record: TextArgument | ImageArgument
    row: ArgumentRow

    @property
    def role(self) -> str:
        """The role that it plays."""
        return self.record.role

    @property
    def text(self) -> str:
        """The text as the document has it; of a box its description, if it has one, else ""."""
        if isinstance(self.record, ImageArgument):
            return self.record.gloss or ""
        return self.row.text

    @property
    def box(self) -> Box | None:
        """The box in pixels of the upright original image; ``None`` in a text."""
        return self.record.box if isinstance(self.record, ImageArgument) else None

    @property
    def start(self) -> int | None:
        """The first character in the text that was given, else in the sentence."""
        return self.row.start

    @property
    def end(self) -> int | None:
        """The character after the last one."""
        return self.row.end

    @property
    def score(self) -> float | None:
        """The probability that it and its event are correct."""
        return self.record.score

    def to_dict(self) -> dict[str, Any]:
        """Return what a table of arguments says of it, without what is unknown."""
        return {
            name: value for name, value in self.row._asdict().items() if value not in {None, ""}
        }

    def __repr__(self) -> str:
        filler = self.row.filler if isinstance(self.record, ImageArgument) else _quoted(self.text)
        return f"<{_short(self.role)} {filler}{_scored(self.score)}>"


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class EventView:
    """An event mention in a sentence or an image, with its document.

    Parameters
    ----------
    document
        The document that it is in.
    record
        The event itself.
    row
        What a table of events says of it.
    """

    document: DocumentView
    record: TextEvent | ImageEvent
    row: EventRow

    @property
    def id(self) -> str:
        """The event's id, unique in its document."""
        return self.record.id

    @property
    def event_type(self) -> str:
        """The type, as the schema names it."""
        return self.record.event_type

    @property
    def medium(self) -> str:
        """``text`` or ``image``."""
        return "text" if isinstance(self.record, TextEvent) else "image"

    @property
    def text(self) -> str:
        """The trigger as the document has it; "" in an image.

        Where the document's sentences are not known, the positions of its words.
        """
        return self.row.trigger

    @property
    def start(self) -> int | None:
        """The trigger's first character in the text that was given, else in the sentence."""
        return self.row.start

    @property
    def end(self) -> int | None:
        """The character after the trigger's last one."""
        return self.row.end

    @property
    def sentence(self) -> str | None:
        """The text of its sentence; ``None`` in an image."""
        return self.row.sentence if isinstance(self.record, TextEvent) else None

    @property
    def image(self) -> Image | None:
        """Its image; ``None`` in a text, or if the document does not have it."""
        if isinstance(self.record, TextEvent):
            return None
        wanted = self.record.image_id
        return next((one for one in self.document.images if one.id == wanted), None)

    @property
    def score(self) -> float | None:
        """The probability that type and place are correct."""
        return self.record.score

    @property
    def arguments(self) -> tuple[ArgumentView, ...]:
        """Who and what took part."""
        records: tuple[TextArgument | ImageArgument, ...] = self.record.arguments
        pairs = zip(records, self.row.arguments, strict=True)
        return tuple(ArgumentView(record, row) for record, row in pairs)

    @property
    def linked(self) -> tuple[EventView, ...]:
        """The events of the other medium that are the same one."""
        links = self.document.links
        names = {link.image for link in links if link.text == self.id}
        names |= {link.text for link in links if link.image == self.id}
        return tuple(one for one in self.document.events if one.id in names)

    def to_dict(self) -> dict[str, Any]:
        """Return the event as a prediction file has it, with its sentence or image."""
        whole = self.document.to_dict()
        events = whole[f"{self.medium}_events"]
        more = {"sentence": self.sentence} if self.medium == "text" else {}
        return {**next(one for one in events if one["id"] == self.id), **more}

    def to_json(self) -> str:
        """Return ``to_dict`` as JSON."""
        return msgspec.json.encode(self.to_dict()).decode()

    def __repr__(self) -> str:
        roles = "; ".join(f"{_short(one)}: {_short(two)}" for one, two in self.row.by_role.items())
        place = f"in {_short(self.row.image)}" if self.medium == "image" else _quoted(self.text)
        more = f" ({roles})" if roles else ""
        return f"<{_short(self.event_type)} {place}{more}{_scored(self.score)}>"

    def _repr_html_(self) -> str:
        return draw(self.document, only=self.record)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _MOST else f"{text[: _MOST - 1]}…")


def _short(text: str) -> str:
    """Return a text without quotes; control characters are escaped, as in one with them."""
    return _quoted(text)[1:-1]


def _scored(score: float | None) -> str:
    return "" if score is None else f" {score:.2f}"
