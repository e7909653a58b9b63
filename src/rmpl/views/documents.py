"""A document that reads well: its events with their texts, as a table, as JSON, drawn.

::

    import rmpl

    for document in map(rmpl.view, rmpl.read_corpus("m2e2", "M2E2_FOLDER")):
        for event in document.events:
            print(event.event_type, event.text, event.arguments, event.sentence)
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from rmpl.errors import RmplError
from rmpl.predictions.conversion import extracted_line
from rmpl.predictions.media_run import MEDIA
from rmpl.predictions.merging import MultimediaEvent, multimedia_events
from rmpl.predictions.table import event_rows
from rmpl.records import Document, ImageEvent, TextEvent
from rmpl.views.events import EventView
from rmpl.views.frames import frame
from rmpl.views.notebook import draw


class DocumentView(Document, frozen=True, gc=True, dict=True):
    """A document whose events know their texts. It is a ``Document``, equal to the plain one.

    ``Extractor`` returns it; ``view`` makes it of any document. In a notebook it is drawn.
    """

    @property
    def events(self) -> tuple[EventView, ...]:
        """Its events, those of the text first."""
        records: list[TextEvent | ImageEvent] = [*self.text_events, *self.image_events]
        rows = event_rows([self])
        return tuple(EventView(self, one, row) for one, row in zip(records, rows, strict=True))

    @property
    def multimedia_events(self) -> list[MultimediaEvent]:
        """Text and image events that are one event, merged."""
        return multimedia_events(self)

    @property
    def media(self) -> tuple[str, ...]:
        """The media that it was asked about; both if that is not known."""
        return tuple(self.__dict__.get("media_asked", MEDIA))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of its line in the output of ``rmpl extract``."""
        found: dict[str, Any] = msgspec.to_builtins(self._line())
        return found

    def to_json(self, *, indent: int | None = None) -> str:
        """Return its line of the output of ``rmpl extract``; over several lines with ``indent``."""
        line = msgspec.json.encode(self._line())
        return (line if indent is None else msgspec.json.format(line, indent=indent)).decode()

    def to_pandas(self, table: Literal["events", "arguments"] = "events") -> Any:  # noqa: ANN401 - pandas is optional
        """Return its events as a data frame, with a column for every role; or its arguments.

        Columns are those of ``rmpl table``.

        Raises
        ------
        RmplError
            If pandas is not installed.
        """
        return frame([self], table)

    def _line(self) -> msgspec.Struct:
        return msgspec.structs.replace(extracted_line(self, "", None, self.media), file=UNSET)

    def __repr__(self) -> str:
        counts = {
            "sentence": len(self.sentences),
            "image": len(self.images),
            "event": len(self.text_events) + len(self.image_events),
            "link": len(self.links),
        }
        said = ", ".join(f"{count} {what}{'s' * (count != 1)}" for what, count in counts.items())
        return f"<Document {self.id!r:.80}: {said}>"

    def _repr_html_(self) -> str:
        return draw(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Document):
            return NotImplemented
        return _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash(Document(*_values(self)))


def view(document: Document, media: Collection[str] | None = None) -> DocumentView:
    """Return a document whose events know their texts.

    Parameters
    ----------
    document
        Any document; it stays as it is.
    media
        The media that it was asked about, if not both.

    Raises
    ------
    RmplError
        If it is no document.
    """
    if not isinstance(document, Document):
        raise RmplError(
            f"a {type(document).__name__} is no document",
            remedy="pass one of read_corpus or of an extractor",
        )
    if isinstance(document, DocumentView) and media is None:
        return document
    found = DocumentView(*_values(document))
    if media is not None:
        found.__dict__["media_asked"] = tuple(media)
    return found


def _values(document: Document) -> tuple[Any, ...]:
    return tuple(getattr(document, name) for name in Document.__struct_fields__)
