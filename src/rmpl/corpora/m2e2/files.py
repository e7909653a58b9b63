"""Decoding the files of M2E2 (Li et al., ACL 2020) and of corpora in its format.

Sentences: word spans are 0-based, end exclusive; ``index`` holds character offsets in the article,
as strings, end INCLUSIVE. Images: boxes in pixels of the original image, flag ``"0"`` for a box
around a group. Links: a sentence, an image file and a type, separated by tabs.

The reader chooses how much of a sentence is decoded: only its events, which is fast (33 MB in
0.06 s), also its entity mentions, or everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from rmpl.errors import RmplError
from rmpl.io.files import decode, read_bytes
from rmpl.records import (
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)

TEXT_ONLY = "text_only_event.json"
TEXT_MULTIMEDIA = "text_multimedia_event.json"
IMAGE_ONLY = "image_only_event.json"
IMAGE_MULTIMEDIA = "image_multimedia_event.json"
LINKS = "crossmedia_coref.txt"
IMAGE_IDS = "image_ids.txt"

GROUP_FLAG = "0"


class Words(msgspec.Struct, gc=False):
    """Words ``start`` to ``end``, end exclusive."""

    start: int
    end: int


class RawArgument(Words, gc=False, kw_only=True):
    """An argument of a text event; ``text`` is as in the file and may differ from its words."""

    role: str
    text: str = ""


class RawTextEvent(msgspec.Struct, gc=False):
    """An event of a sentence."""

    trigger: Words
    event_type: str
    arguments: list[RawArgument] = []

    def record(self, event_id: str, sentence_id: str) -> TextEvent:
        """Convert it to a record."""
        arguments = tuple([TextArgument(a.role, Span(a.start, a.end)) for a in self.arguments])
        trigger = Span(self.trigger.start, self.trigger.end)
        return TextEvent(event_id, sentence_id, self.event_type, trigger, arguments)


class EventsOfSentence(msgspec.Struct, gc=False, kw_only=True):
    """The events of a sentence."""

    sentence_id: str
    events: list[RawTextEvent] = msgspec.field(name="golden-event-mentions", default_factory=list)


class MentionsOfSentence(EventsOfSentence, gc=False, kw_only=True):
    """The events and entity mentions of a sentence."""

    entities: list[Words] = msgspec.field(name="golden-entity-mentions", default_factory=list)


class WholeSentence(MentionsOfSentence, gc=False, kw_only=True):
    """A complete sentence; ``image`` lists the images of its article."""

    sentence_start: int
    sentence: str
    words: list[str]
    index: list[tuple[int, int]]
    image: list[str] = []


class RawImageEvent(msgspec.Struct, gc=False):
    """The event of an image: flags and corners of its boxes, by role."""

    role: dict[str, list[tuple[str, float, float, float, float]]]
    event_type: str

    def record(self, event_id: str, image_id: str) -> ImageEvent:
        """Convert it to a record."""
        arguments = [
            ImageArgument(role, Box(x1, y1, x2, y2, group=flag == GROUP_FLAG))
            for role, boxes in self.role.items()
            for flag, x1, y1, x2, y2 in boxes
        ]
        return ImageEvent(event_id, image_id, self.event_type, tuple(arguments))


class LinkRow(NamedTuple):
    """A row of the links and its location, file and line."""

    where: str
    fields: tuple[str, ...]

    @property
    def sentence_id(self) -> str:
        """The id of the linked sentence."""
        return self.fields[0].strip()

    @property
    def image_id(self) -> str:
        """The id of the linked image; empty if the row has none."""
        return self.fields[1].strip().removesuffix(".jpg") if len(self.fields) > 1 else ""


UNLINKED = "multimedia event without a link: the file of links may be cut off"
REPEATED = "repeated link, counted once"


def check_row(row: LinkRow, types: Collection[str]) -> None:
    """Check that a row of the links is whole: its last field is a type of the corpus.

    Raises
    ------
    RmplError
        If it is cut off or has other fields.
    """
    if len(row.fields) != 3 or row.fields[2].strip() not in types:
        raise RmplError(
            "not a link (sentence, TAB, image, TAB, type), or cut off",
            where=row.where,
            remedy="download or copy the file again",
        )


Raw = TypeVar("Raw", bound=EventsOfSentence)


def decode_sentences(data: bytes, shape: type[Raw], where: str) -> list[Raw]:
    """Decode a file of sentences into the struct ``shape``.

    Raises
    ------
    RmplError
        If it is malformed.
    """
    # Not strict: the offsets in `index` are numbers written as strings.
    decoder: msgspec.json.Decoder[list[Raw]]
    decoder = msgspec.json.Decoder(list[shape], strict=False)  # type: ignore[valid-type]
    return decode(decoder, data, where)


def decode_images(data: bytes, where: str) -> dict[str, RawImageEvent]:
    """Decode a file of image events, by image.

    Raises
    ------
    RmplError
        If it is malformed.
    """
    return decode(_IMAGES, data, where)


_IMAGES = msgspec.json.Decoder(dict[str, RawImageEvent])


def link_rows(data: bytes, where: str) -> Iterator[LinkRow]:
    """Yield the non-blank rows of the links."""
    for number, row in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if row.strip():
            yield LinkRow(f"{where}:{number}", tuple(row.split("\t")))


def listed_image_ids(folder: Path) -> list[str] | None:
    """Return the ids in the list of images, or ``None`` if there is no list.

    Raises
    ------
    RmplError
        If it cannot be read.
    """
    path = folder / IMAGE_IDS
    if not path.is_file():
        return None
    lines = read_bytes(path).decode("utf-8", "replace").splitlines()
    return [line.strip() for line in lines if line.strip()]


def image_ids_in(images: Path) -> list[str]:
    """Return the ids of the images in a folder; empty if there is no such folder."""
    return sorted(path.stem for path in images.glob("*.jpg"))


def document_of(medium_id: str) -> str:
    """Return the document id of a sentence or image id, which ends in ``_<number>``."""
    return medium_id.rsplit("_", 1)[0]


class Parts:
    """The parts of one document read so far."""

    def __init__(self) -> None:
        self.sentences: dict[str, Sentence] = {}
        self.images: dict[str, Image] = {}
        self.text_events: list[TextEvent] = []
        self.image_events: list[ImageEvent] = []
        self.links: list[Link] = []

    def document(self, name: str) -> Document:
        """Build the document, with sentences and images in order of their numbers."""
        return Document(
            id=name,
            sentences=tuple(sorted(self.sentences.values(), key=_number)),
            images=tuple(sorted(self.images.values(), key=_number)),
            text_events=tuple(self.text_events),
            image_events=tuple(self.image_events),
            links=tuple(self.links),
        )


def _number(medium: Sentence | Image) -> tuple[int, str]:
    number = medium.id.rsplit("_", 1)[-1]
    return (int(number) if number.isdecimal() else 0, medium.id)
