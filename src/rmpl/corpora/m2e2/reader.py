"""Reading M2E2, or a corpus in its format, as validated documents.

38 sentences are in both text files with different events. They are merged here: scored against the
events of only one file, correct predictions of the other's events would count as wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rmpl.corpora.m2e2.files import (
    IMAGE_MULTIMEDIA,
    IMAGE_ONLY,
    LINKS,
    REPEATED,
    TEXT_MULTIMEDIA,
    TEXT_ONLY,
    UNLINKED,
    LinkRow,
    Parts,
    RawImageEvent,
    RawTextEvent,
    WholeSentence,
    Words,
    decode_images,
    decode_sentences,
    document_of,
    image_ids_in,
    link_rows,
    listed_image_ids,
)
from rmpl.errors import RmplError
from rmpl.io.files import collector_paused, read_bytes, repeated_keys
from rmpl.io.image_folders import ImageFolders
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import check_text, to_span
from rmpl.ontology import Ontology, load_ontology
from rmpl.records import Document, ImageEvent, Link, Sentence, Span, TextEvent


def read_m2e2(
    folder: Path,
    *,
    images: Path | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read M2E2, or a corpus in its format, as documents in the order of their ids.

    Parameters
    ----------
    folder
        The folder of the five files and ``image_ids.txt``. Without that list, the images are those
        in the images folder or, if there is none, those in the annotation files.
    images
        The folder of the images; by default ``folder/images`` if it exists. A missing image has
        ``path=None`` and size 0; one that cannot be opened is handled according to ``on_error``.
    on_error
        ``"raise"`` stops at the first invalid sentence, image or link, ``"count"`` skips it.
    report
        Counts what was used and left out.

    Raises
    ------
    RmplError
        If a file is missing or malformed, or, with ``on_error="raise"``, part of it is invalid.
    """
    report = ReadReport() if report is None else report
    with collector_paused():
        reading = _Reading(Path(folder), images, on_error, report)
        documents = reading.documents()
    yield from documents


class _Reading:
    """One pass over the folder."""

    def __init__(
        self, folder: Path, images: Path | None, on_error: OnError, report: ReadReport
    ) -> None:
        self.folder = folder
        if images is None and (folder / "images").is_dir():
            images = folder / "images"
        self.images = images
        self.on_error = on_error
        self.report = report
        self.ontology: Ontology = load_ontology("m2e2")
        self.parts: defaultdict[str, Parts] = defaultdict(Parts)
        self.named_images: set[str] = set()
        self.linkable_text: dict[str, list[str]] = {}
        self.linkable_images: dict[str, list[str]] = {}

    def documents(self) -> list[Document]:
        self._read_sentences(TEXT_ONLY)
        self._read_sentences(TEXT_MULTIMEDIA)
        self._read_image_events(IMAGE_ONLY)
        self._read_image_events(IMAGE_MULTIMEDIA)
        self._read_images()
        self._read_links()
        documents = [self.parts[name].document(name) for name in sorted(self.parts)]
        self._count(documents)
        return documents

    def _count(self, documents: list[Document]) -> None:
        text = [event for document in documents for event in document.text_events]
        image = [event for document in documents for event in document.image_events]
        use = self.report.use
        use("documents", len(documents))
        use("sentences", sum(len(document.sentences) for document in documents))
        use("text events", len(text))
        use("text arguments", sum(len(event.arguments) for event in text))
        use("images", sum(len(document.images) for document in documents))
        use("image events", len(image))
        use("image arguments", sum(len(event.arguments) for event in image))
        use("links", sum(len(document.links) for document in documents))

    def _read_sentences(self, name: str) -> None:
        path = str(self.folder / name)
        seen: set[str] = set()
        for raw in decode_sentences(read_bytes(self.folder / name), WholeSentence, path):
            where = f"{path}, {raw.sentence_id}"
            try:
                if raw.sentence_id in seen:
                    raise RmplError("a repeated sentence id", where=where)
                seen.add(raw.sentence_id)
                self._add_sentence(raw, where, multimedia=name == TEXT_MULTIMEDIA)
            except RmplError as error:
                self.report.refuse(error, self.on_error)

    def _add_sentence(self, raw: WholeSentence, where: str, *, multimedia: bool) -> None:
        parts = self._parts_of(raw.sentence_id, where)
        sentence = _to_sentence(raw, where)
        known = parts.sentences.get(sentence.id)
        if known is not None and known.tokens != sentence.tokens:
            raise RmplError("a different tokenization from the other file", where=where)
        first = len(parts.text_events) + 1
        events = [
            self._to_text_event(event, f"t{number}", sentence, where)
            for number, event in enumerate(raw.events, start=first)
        ]
        if known is None:
            parts.sentences[sentence.id] = sentence
        parts.text_events.extend(events)
        if multimedia:
            self.linkable_text[sentence.id] = [event.id for event in events]
        self.named_images.update(raw.image)

    def _to_text_event(
        self, raw: RawTextEvent, event_id: str, sentence: Sentence, where: str
    ) -> TextEvent:
        self._check_type(raw.event_type, where)
        roles = self.ontology.events[raw.event_type].text
        for argument in raw.arguments:
            if argument.role not in roles:
                self.report.warn(f"text role {argument.role} outside {raw.event_type}", where)
        for words in (raw.trigger, *raw.arguments):
            to_span(words.start, words.end, len(sentence.tokens), where)
        return raw.record(event_id, sentence.id)

    def _read_image_events(self, name: str) -> None:
        path = self.folder / name
        data = read_bytes(path)
        images = decode_images(data, str(path))
        for image_id in repeated_keys(data, images, "event_type"):
            error = RmplError("a repeated image id", where=f"{path}, {image_id}")
            self.report.refuse(error, self.on_error)
        for image_id, raw in images.items():
            where = f"{path}, {image_id}"
            try:
                parts = self._parts_of(image_id, where)
                event = self._to_image_event(
                    raw, f"i{len(parts.image_events) + 1}", image_id, where
                )
            except RmplError as error:
                self.report.refuse(error, self.on_error)
                continue
            parts.image_events.append(event)
            self.named_images.add(image_id)
            if name == IMAGE_MULTIMEDIA:
                self.linkable_images.setdefault(image_id, []).append(event.id)

    def _to_image_event(
        self, raw: RawImageEvent, event_id: str, image_id: str, where: str
    ) -> ImageEvent:
        self._check_type(raw.event_type, where)
        roles = self.ontology.events[raw.event_type].image
        for role, boxes in raw.role.items():
            if role not in roles:
                self.report.warn(f"image role {role} outside {raw.event_type}", where)
            if any(x1 > x2 or y1 > y2 for _, x1, y1, x2, y2 in boxes):
                raise RmplError("a box with its corners reversed", where=where)
        return raw.record(event_id, image_id)

    def _parts_of(self, medium_id: str, where: str) -> Parts:
        name = document_of(medium_id)
        if not name:
            raise RmplError("an id that names no document", where=where)
        return self.parts[name]

    def _check_type(self, event_type: str, where: str) -> None:
        if event_type not in self.ontology.events:
            raise RmplError(
                f"unknown event type {event_type!r}",
                where=where,
                remedy=f"M2E2 has {', '.join(self.ontology.events)}",
            )

    def _read_images(self) -> None:
        folders = [] if self.images is None else [self.images]
        image_event_ids = ImageFolders(folders, self.on_error, self.report)
        for image_id in self._image_ids():
            where = f"{self.folder}, image {image_id!r}"
            try:
                check_text(image_id, where)
                parts = self._parts_of(image_id, where)
            except RmplError as error:
                self.report.refuse(error, self.on_error)
                continue
            parts.images[image_id] = image_event_ids.find(image_id, f"{image_id}.jpg", where)

    def _image_ids(self) -> list[str]:
        annotated = {event.image_id for part in self.parts.values() for event in part.image_events}
        ids = listed_image_ids(self.folder)
        if ids is None and self.images is not None:
            ids = image_ids_in(self.images)
        elif ids is None:
            ids = [name.removesuffix(".jpg") for name in self.named_images]
        return sorted(annotated.union(ids))

    def _read_links(self) -> None:
        path = self.folder / LINKS
        seen: set[tuple[str, str]] = set()
        for row in link_rows(read_bytes(path), str(path)):
            pair = (row.sentence_id, row.image_id)
            if pair in seen:
                self.report.warn(REPEATED, row.where)
                continue
            try:
                self._add_link(row)
                seen.add(pair)
            except RmplError as error:
                self.report.refuse(error, self.on_error)
        linked = {medium for pair in seen for medium in pair}
        for medium in (*self.linkable_text, *self.linkable_images):
            if medium not in linked:
                self.report.warn(UNLINKED, f"{path}, {medium}")

    def _add_link(self, row: LinkRow) -> None:
        where, sentence_id, image_id = row.where, row.sentence_id, row.image_id
        if not image_id:
            raise RmplError("not a link (sentence, TAB, image, TAB, type)", where=where)
        texts = self.linkable_text.get(sentence_id, [])
        image_event_ids = self.linkable_images.get(image_id, [])
        name = document_of(sentence_id)
        if not texts or not image_event_ids or name != document_of(image_id):
            raise RmplError(
                "a link to a sentence or image without a multimedia event",
                where=f"{where}, {sentence_id} - {image_id}",
            )
        if len(texts) > 1:
            raise RmplError(
                "a link to a sentence with several multimedia events",
                where=f"{where}, {sentence_id}",
                remedy="the format identifies sentences, not mentions",
            )
        self.parts[name].links.append(Link(text=texts[0], image=image_event_ids[0]))


def _to_sentence(raw: WholeSentence, where: str) -> Sentence:
    start = raw.sentence_start
    if len(raw.words) != len(raw.index):
        raise RmplError("the number of offsets differs from that of words", where=where)
    tokens = tuple([(first - start, last - start + 1) for first, last in raw.index])
    text = raw.sentence
    if tokens and tokens[-1][0] <= len(text) < tokens[-1][1]:
        text = _restore_end(text, raw.words[-1], tokens[-1])
    position = 0
    for token_start, token_end in tokens:
        if token_start < position or token_end <= token_start:
            raise RmplError("words that overlap or are empty", where=where)
        position = token_end
    if position > len(text):
        raise RmplError("a word outside its sentence", where=where)
    if not text.isascii():
        check_text(text, where)
    return Sentence(
        id=raw.sentence_id,
        text=text,
        tokens=tokens,
        entities=_entities(raw.entities, len(tokens), where),
    )


def _restore_end(text: str, word: str, token: tuple[int, int]) -> str:
    """Restore what the file cuts off a sentence's end: its full stop, or a word's last letter.

    The missing part is the end of the last word, which is known, so that every token has the
    offsets of the file and a text.
    """
    start, end = token
    return (text + word[len(text) - start :])[:end]


def _entities(mentions: list[Words], tokens: int, where: str) -> tuple[Span, ...]:
    spans = [to_span(mention.start, mention.end, tokens, where) for mention in mentions]
    return tuple(dict.fromkeys(spans))
