"""The gold side of a score: M2E2's files or a JSONL file, read for what scoring needs and no more.

Neither words nor pictures are needed to score, so only ids, events and links are decoded: that
reads the 33 MB of M2E2 in under 0.1 s. ``rmpl.corpora.m2e2.read_m2e2`` reads everything, with
checks; the events and links are the same (a test holds that).
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from rmpl.corpora.m2e2_release import (
    IMAGE_IDS,
    IMAGE_MULTIMEDIA,
    IMAGE_ONLY,
    LINKS,
    TEXT_MULTIMEDIA,
    TEXT_ONLY,
)
from rmpl.errors import RmplError
from rmpl.io.files import collector_paused, decode, read_bytes
from rmpl.ontology import Ontology
from rmpl.predictions.file import read_predictions
from rmpl.predictions.validity import Candidates
from rmpl.records import (
    Box,
    Document,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)


class Gold(msgspec.Struct, frozen=True):
    """Gold documents, and what the benchmark covers besides them.

    Sentences, where there are any, have an id and gold entities but no text. ``candidates`` is
    ``None`` for a JSONL gold, which does not say what it covers.
    """

    documents: list[Document]
    candidates: Candidates | None


class _Place(msgspec.Struct, gc=False):
    start: int
    end: int


class _Argument(_Place, gc=False):
    role: str


class _Event(msgspec.Struct, gc=False):
    trigger: _Place
    event_type: str
    arguments: list[_Argument] = []


class _Sentence(msgspec.Struct, gc=False):
    sentence_id: str
    events: list[_Event] = msgspec.field(name="golden-event-mentions", default_factory=list)


class _SentenceWithEntities(_Sentence, gc=False):
    entities: list[_Place] = msgspec.field(name="golden-entity-mentions", default_factory=list)


class _ImageEvent(msgspec.Struct, gc=False):
    role: dict[str, list[tuple[str, float, float, float, float]]]
    event_type: str


def read_gold(
    path: str | Path, *, entities: bool = False, ontology: Ontology | None = None
) -> Gold:
    """Read the gold of a score.

    Parameters
    ----------
    path
        The folder of M2E2's files (or of a corpus in its format), or a JSONL file in the shape of a
        prediction file.
    entities
        Read M2E2's gold entity mentions too; one relaxation needs them.
    ontology
        The inventory that a JSONL gold's types must be from; M2E2's if not given.

    Raises
    ------
    RmplError
        If files are missing, malformed or empty, or a link names what is not there.
    """
    path = Path(path)
    if not path.is_dir():
        documents = list(read_predictions(path, ontology=ontology))
        if not documents:
            raise RmplError("no gold document", where=str(path), remedy="check the file")
        return Gold(documents, None)
    with collector_paused():
        return _Reading(path, entities=entities).gold()


class _Parts:
    """What has been read of one document."""

    def __init__(self) -> None:
        self.sentences: dict[str, Sentence] = {}
        self.text_events: list[TextEvent] = []
        self.image_events: list[ImageEvent] = []
        self.links: list[Link] = []


class _Reading:
    def __init__(self, folder: Path, *, entities: bool) -> None:
        self.folder = folder
        self.entities = entities
        self.parts: dict[str, _Parts] = {}
        self.sentences: dict[str, str] = {}
        self.images: dict[str, str] = {}
        self.linkable: dict[str, str] = {}

    def gold(self) -> Gold:
        self._read_sentences(TEXT_ONLY, linkable=False)
        self._read_sentences(TEXT_MULTIMEDIA, linkable=True)
        self._read_image_events(IMAGE_ONLY, linkable=False)
        self._read_image_events(IMAGE_MULTIMEDIA, linkable=True)
        self._read_image_ids()
        self._read_links()
        documents = [
            Document(
                id=name,
                sentences=tuple(parts.sentences.values()),
                text_events=tuple(parts.text_events),
                image_events=tuple(parts.image_events),
                links=tuple(parts.links),
            )
            for name, parts in sorted(self.parts.items())
        ]
        return Gold(documents, Candidates(self.parts.keys(), self.sentences, self.images))

    def _parts_of(self, medium_id: str) -> tuple[str, _Parts]:
        name = medium_id.rpartition("_")[0]
        parts = self.parts.get(name)
        if parts is None:
            parts = self.parts[name] = _Parts()
        return name, parts

    def _read_sentences(self, name: str, *, linkable: bool) -> None:
        path = self.folder / name
        shape = _SentenceWithEntities if self.entities else _Sentence
        decoder: msgspec.json.Decoder[list[_Sentence]] = msgspec.json.Decoder(list[shape])  # type: ignore[valid-type]
        for raw in decode(decoder, read_bytes(path), str(path)):
            document, parts = self._parts_of(raw.sentence_id)
            self.sentences[raw.sentence_id] = document
            if isinstance(raw, _SentenceWithEntities):
                known = parts.sentences.get(raw.sentence_id)
                spans = {Span(e.start, e.end): None for e in raw.entities}
                if known is not None:  # in both files
                    spans |= dict.fromkeys(known.entities)
                parts.sentences[raw.sentence_id] = Sentence(raw.sentence_id, "", (), tuple(spans))
            for event in raw.events:
                event_id = f"t{len(parts.text_events) + 1}"
                parts.text_events.append(_text_event(event, event_id, raw.sentence_id))
                if linkable and self.linkable.setdefault(raw.sentence_id, event_id) != event_id:
                    raise RmplError(
                        "two multimedia events in one sentence: a link would be ambiguous",
                        where=f"{path}, {raw.sentence_id}",
                    )

    def _read_image_events(self, name: str, *, linkable: bool) -> None:
        path = self.folder / name
        decoder = msgspec.json.Decoder(dict[str, _ImageEvent])
        for image_id, raw in decode(decoder, read_bytes(path), str(path)).items():
            document, parts = self._parts_of(image_id)
            self.images[image_id] = document
            event_id = f"i{len(parts.image_events) + 1}"
            parts.image_events.append(_image_event(raw, event_id, image_id))
            if linkable:
                self.linkable[f"{image_id}.jpg"] = event_id

    def _read_image_ids(self) -> None:
        """Read which images are candidates: those listed or, without a list, the pictures."""
        listed = self.folder / IMAGE_IDS
        if listed.is_file():
            names = read_bytes(listed).decode("utf-8", "replace").split()
        else:
            names = sorted(path.stem for path in (self.folder / "images").glob("*.jpg"))
        for image_id in names:
            self.images[image_id] = self._parts_of(image_id)[0]

    def _read_links(self) -> None:
        path = self.folder / LINKS
        rows = read_bytes(path).decode("utf-8", "replace").splitlines()
        for number, row in enumerate(rows, start=1):
            if not row.strip():
                continue
            sentence_id, _, rest = row.strip().partition("\t")
            image_file = rest.partition("\t")[0]
            document, parts = self._parts_of(sentence_id)
            text, image = self.linkable.get(sentence_id), self.linkable.get(image_file)
            if text is None or image is None or not image_file.startswith(f"{document}_"):
                raise RmplError(
                    f"no multimedia event at {sentence_id} or at {image_file}",
                    where=f"{path}:{number}",
                    remedy="each row names a sentence, an image of its article and a type",
                )
            parts.links.append(Link(text, image))


def _text_event(raw: _Event, event_id: str, sentence_id: str) -> TextEvent:
    return TextEvent(
        id=event_id,
        sentence_id=sentence_id,
        event_type=raw.event_type,
        trigger=Span(raw.trigger.start, raw.trigger.end),
        arguments=tuple(TextArgument(a.role, Span(a.start, a.end)) for a in raw.arguments),
    )


def _image_event(raw: _ImageEvent, event_id: str, image_id: str) -> ImageEvent:
    return ImageEvent(
        id=event_id,
        image_id=image_id,
        event_type=raw.event_type,
        arguments=tuple(
            ImageArgument(role, Box(x1, y1, x2, y2, group=flag == "0"))
            for role, boxes in raw.role.items()
            for flag, x1, y1, x2, y2 in boxes
        ),
    )
