"""M2E2 as gold for scoring: only ids, events and links, without words and images.

``rmpl.corpora.m2e2.reader`` reads everything, with checks; a test compares their events and links.
"""

from __future__ import annotations

from pathlib import Path

from rmpl.corpora.m2e2.files import (
    IMAGE_MULTIMEDIA,
    IMAGE_ONLY,
    LINKS,
    REPEATED,
    TEXT_MULTIMEDIA,
    TEXT_ONLY,
    UNLINKED,
    EventsOfSentence,
    MentionsOfSentence,
    Parts,
    check_row,
    decode_images,
    decode_sentences,
    document_of,
    image_ids_in,
    link_rows,
    listed_image_ids,
)
from rmpl.corpora.m2e2.release import deviations
from rmpl.errors import RmplError
from rmpl.io.files import read_bytes
from rmpl.io.read_report import ReadReport
from rmpl.predictions.validity import Candidates
from rmpl.records import Document, Link, Sentence, Span


def read_m2e2_gold(
    folder: Path, *, entities: bool, report: ReadReport | None = None
) -> tuple[list[Document], Candidates, list[str]]:
    """Read events and links, and the ids of the benchmark.

    Parameters
    ----------
    folder
        The folder of the files.
    entities
        Whether to read gold entity mentions.
    report
        Counts what is suspicious of the links.

    Returns
    -------
    documents, candidates, deviations
        Sorted by id. Sentences are included if entities are read, without text. The deviations are
        repeated and missing links, and counts that are not the release's, of a corpus with its
        article ids.

    Raises
    ------
    RmplError
        If files are missing or malformed, or a link names an unknown event.
    """
    report = ReadReport() if report is None else report
    return _Reading(folder, MentionsOfSentence if entities else EventsOfSentence, report).gold()


class _Reading:
    def __init__(self, folder: Path, shape: type[EventsOfSentence], report: ReadReport) -> None:
        self.report = report
        self.types: set[str] = set()
        self.folder = folder
        self.shape = shape
        self.parts: dict[str, Parts] = {}
        self.sentences: dict[str, str] = {}
        self.images: dict[str, str] = {}
        self.linkable_text: dict[str, str] = {}
        self.linkable_images: dict[str, str] = {}

    def gold(self) -> tuple[list[Document], Candidates, list[str]]:
        self._read_sentences(TEXT_ONLY, linkable=False)
        self._read_sentences(TEXT_MULTIMEDIA, linkable=True)
        self._read_image_events(IMAGE_ONLY, linkable=False)
        self._read_image_events(IMAGE_MULTIMEDIA, linkable=True)
        listed = listed_image_ids(self.folder)
        for image_id in image_ids_in(self.folder / "images") if listed is None else listed:
            self.images[image_id] = self._parts_of(image_id)[0]
        self._read_links()
        documents = [self.parts[name].document(name) for name in sorted(self.parts)]
        counts = {
            "sentences": len(self.sentences),
            "text events": sum(len(one.text_events) for one in documents),
            "image events": sum(len(one.image_events) for one in documents),
            "links": sum(len(one.links) for one in documents),
        }
        candidates = Candidates(self.parts.keys(), self.sentences, self.images)
        suspicious = [
            f"{self.report.warnings[what]:,} x {what}"
            for what in (UNLINKED, REPEATED)
            if self.report.warnings[what]
        ]
        return documents, candidates, [*deviations(self.parts, counts), *suspicious]

    def _parts_of(self, medium_id: str) -> tuple[str, Parts]:
        name = document_of(medium_id)
        parts = self.parts.get(name)
        if parts is None:
            parts = self.parts[name] = Parts()
        return name, parts

    def _read_sentences(self, name: str, *, linkable: bool) -> None:
        path = self.folder / name
        for raw in decode_sentences(read_bytes(path), self.shape, str(path)):
            document, parts = self._parts_of(raw.sentence_id)
            self.sentences[raw.sentence_id] = document
            if isinstance(raw, MentionsOfSentence):
                known = parts.sentences.get(raw.sentence_id)
                spans = {Span(words.start, words.end): None for words in raw.entities}
                if known is not None:  # in both files
                    spans |= dict.fromkeys(known.entities)
                parts.sentences[raw.sentence_id] = Sentence(raw.sentence_id, "", (), tuple(spans))
            for event in raw.events:
                self.types.add(event.event_type)
                event_id = f"t{len(parts.text_events) + 1}"
                parts.text_events.append(event.record(event_id, raw.sentence_id))
                if (
                    linkable
                    and self.linkable_text.setdefault(raw.sentence_id, event_id) != event_id
                ):
                    raise RmplError(
                        "two multimedia events in one sentence: a link would be ambiguous",
                        where=f"{path}, {raw.sentence_id}",
                    )

    def _read_image_events(self, name: str, *, linkable: bool) -> None:
        path = self.folder / name
        for image_id, raw in decode_images(read_bytes(path), str(path)).items():
            document, parts = self._parts_of(image_id)
            self.images[image_id] = document
            self.types.add(raw.event_type)
            event_id = f"i{len(parts.image_events) + 1}"
            parts.image_events.append(raw.record(event_id, image_id))
            if linkable:
                self.linkable_images[image_id] = event_id

    def _read_links(self) -> None:
        path = self.folder / LINKS
        seen: set[tuple[str, str]] = set()
        for row in link_rows(read_bytes(path), str(path)):
            document, parts = self._parts_of(row.sentence_id)
            text = self.linkable_text.get(row.sentence_id)
            image = self.linkable_images.get(row.image_id)
            if text is None or image is None or document_of(row.image_id) != document:
                raise RmplError(
                    f"no multimedia event at {row.sentence_id} or at {row.image_id}.jpg",
                    where=row.where,
                    remedy="each row names a sentence, an image of its article and a type",
                )
            check_row(row, self.types)
            if (row.sentence_id, row.image_id) in seen:
                self.report.warn(REPEATED, row.where)
                continue
            seen.add((row.sentence_id, row.image_id))
            parts.links.append(Link(text, image))
        linked = {medium for pair in seen for medium in pair}
        for medium in (*self.linkable_text, *self.linkable_images):
            if medium not in linked:
                self.report.warn(UNLINKED, f"{path}, {medium}")
