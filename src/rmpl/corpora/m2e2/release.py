"""Checking a folder against the M2E2 release: files, checksums and counts.

The numbers are those of annotation release v0.1 (github.com/limanling/m2e2) and the ids of the
benchmark's 1,014 images. Known anomalies of the release are expected: a corpus in which they were
corrected is a different corpus.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from rmpl.corpora.m2e2.files import (
    IMAGE_IDS,
    IMAGE_MULTIMEDIA,
    IMAGE_ONLY,
    LINKS,
    TEXT_MULTIMEDIA,
    TEXT_ONLY,
    WholeSentence,
    decode_images,
    decode_sentences,
    document_of,
    image_ids_in,
    link_rows,
    listed_image_ids,
)
from rmpl.corpora.release import Check, ReleaseReport
from rmpl.errors import RmplError
from rmpl.io.files import read_bytes

SHA256 = {
    TEXT_ONLY: "5afae99f095246b8ce610dcfdac4045ec8ca3a51a58a08e2d24cc0cb98444243",
    TEXT_MULTIMEDIA: "698820b3323c2d7bc975d3af3bfc5449a7b1e3ac11bdbeda21dd25c2ed2372dc",
    IMAGE_ONLY: "bddb522c76a0130ac69a8ee227a02974bccb111830b3c42cf318e00b892d0e5e",
    IMAGE_MULTIMEDIA: "23cf1080bb51158ef7a56a1768cc60e2f7acf0264171744560264da99d6d46a4",
    LINKS: "423dcae24d165f402d8a1370678a09819c4361cffddb4fcee6c023aa96b85ed4",
}
"""The SHA-256 of every file of the release."""

SHA256_OF_IMAGE_IDS = "cc7e664f11332fc45d62c96c5ffe55aada27e30a7bc875f24287a2494ff06fa4"
"""The SHA-256 of the 1,014 sorted image ids, joined by line feeds."""

ARTICLE = re.compile(rb"VOA_EN_NW_20[01]\d\.")
"""The prefix of every article id; synthetic articles are of a later year."""

EVENTS_BY_TYPE = {
    "Conflict:Attack": (326, 26),
    "Conflict:Demonstrate": (136, 69),
    "Contact:Meet": (141, 79),
    "Contact:Phone-Write": (49, 37),
    "Justice:Arrest-Jail": (156, 56),
    "Life:Die": (210, 64),
    "Movement:Transport": (246, 54),
    "Transaction:Transfer-Money": (33, 6),
}
"""The number of text events and image events by type."""


COUNTS = {"sentences": 6167, "text events": 1297, "image events": 391, "links": 309}
"""What the release holds in all."""


def deviations(documents: Iterable[str], found: Mapping[str, int]) -> list[str]:
    """Return how the counts of a corpus with the release's article ids differ from the release's.

    Empty for a corpus of other articles.
    """
    if not any(ARTICLE.match(name.encode()) for name in documents):
        return []
    return [
        f"{found[what]:,} {what} instead of {count:,}"
        for what, count in COUNTS.items()
        if found[what] != count
    ]


def is_named_like_m2e2(folder: Path) -> bool:
    """Return whether a corpus is M2E2 or a part of it, judging by its article ids."""
    files = (folder / name for name in (LINKS, IMAGE_IDS, TEXT_MULTIMEDIA))
    return any(ARTICLE.search(read_bytes(path)) for path in files if path.is_file())


def check_m2e2(folder: str | Path) -> ReleaseReport:
    """Compare a folder with the release.

    A missing, unreadable or malformed file is a deviation, not an error.

    Raises
    ------
    RmplError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RmplError("no such folder", where=str(folder), remedy="check the path")
    checks: list[Check] = []
    contents: dict[str, bytes] = {}
    for name, fingerprint in SHA256.items():
        try:
            contents[name] = read_bytes(folder / name)
        except RmplError as error:
            checks.append(Check(f"sha256 of {name}", fingerprint, error.what))
            continue
        found = hashlib.sha256(contents[name]).hexdigest()
        checks.append(Check(f"sha256 of {name}", fingerprint, found))
    image_ids = _image_ids(folder)
    found = hashlib.sha256("\n".join(sorted(image_ids)).encode()).hexdigest()
    checks.append(Check("sha256 of the sorted image ids", SHA256_OF_IMAGE_IDS, found))
    if len(contents) == len(SHA256):
        try:
            checks.extend(_count(_Release(contents, image_ids, folder)))
        except RmplError as error:
            checks.append(Check("all files are readable", "yes", str(error)))
    return ReleaseReport(str(folder), "M2E2 v0.1", checks)


def _image_ids(folder: Path) -> set[str]:
    """Return the listed image ids or, if there is no list, those of the image files."""
    listed = listed_image_ids(folder)
    return set(image_ids_in(folder / "images") if listed is None else listed)


class _Release:
    """The decoded files."""

    def __init__(self, contents: dict[str, bytes], image_ids: set[str], folder: Path) -> None:
        def where(name: str) -> str:
            return str(folder / name)

        def sentences(name: str) -> list[WholeSentence]:
            return decode_sentences(contents[name], WholeSentence, where(name))

        self.text_only, self.text_multi = sentences(TEXT_ONLY), sentences(TEXT_MULTIMEDIA)
        self.image_only = decode_images(contents[IMAGE_ONLY], where(IMAGE_ONLY))
        self.image_multi = decode_images(contents[IMAGE_MULTIMEDIA], where(IMAGE_MULTIMEDIA))
        self.links = [row.fields for row in link_rows(contents[LINKS], where(LINKS))]
        if any(len(row) != 3 for row in self.links):
            raise RmplError("a row without three fields", where=where(LINKS))
        self.image_ids = image_ids


def _count(release: _Release) -> list[Check]:
    return [
        *_text_counts(release),
        *_image_counts(release),
        *_link_counts(release),
        *_document_counts(release),
        *_type_counts(release),
        *_oddities(release),
    ]


def _text_counts(release: _Release) -> list[Check]:
    checks = []
    for name, sentences, expected in (
        (TEXT_ONLY, release.text_only, (6013, 1105, 1659, 21569)),
        (TEXT_MULTIMEDIA, release.text_multi, (192, 192, 307, 1125)),
    ):
        found = (
            len(sentences),
            sum(len(s.events) for s in sentences),
            sum(len(e.arguments) for s in sentences for e in s.events),
            sum(len(s.entities) for s in sentences),
        )
        for what, number, count in zip(
            ("sentences", "events", "arguments", "entity mentions"), expected, found, strict=True
        ):
            checks.append(Check(f"{what} in {name}", number, count))
    everything = release.text_only + release.text_multi
    events = [event for sentence in everything for event in sentence.events]
    one_event = sum(len(s.events) == 1 for s in release.text_multi)
    one_word = sum(event.trigger.end - event.trigger.start == 1 for event in events)
    return [
        *checks,
        Check("sentences, merged by id", 6167, len({s.sentence_id for s in everything})),
        Check("text events", 1297, len(events)),
        Check("text arguments", 1966, sum(len(event.arguments) for event in events)),
        Check("multimedia sentences with exactly one event", 192, one_event),
        Check("triggers of one word", 1279, one_word),
    ]


def _image_counts(release: _Release) -> list[Check]:
    checks = []
    for name, images, expected in (
        (IMAGE_ONLY, release.image_only, (188, 688, 304)),
        (IMAGE_MULTIMEDIA, release.image_multi, (203, 741, 320)),
    ):
        found = (
            len(images),
            sum(len(boxes) for event in images.values() for boxes in event.role.values()),
            sum(len(event.role) for event in images.values()),
        )
        for what, number, count in zip(("images", "boxes", "roles"), expected, found, strict=True):
            checks.append(Check(f"{what} in {name}", number, count))
    annotated = release.image_only.keys() | release.image_multi.keys()
    return [
        *checks,
        Check("image events", 391, len(release.image_only) + len(release.image_multi)),
        Check(
            "images in both image files", 0, len(release.image_only.keys() & release.image_multi)
        ),
        Check("images", 1014, len(release.image_ids)),
        Check("annotated images not in the list", 0, len(annotated - release.image_ids)),
    ]


def _link_counts(release: _Release) -> list[Check]:
    sentences = {s.sentence_id for s in release.text_multi}
    linked_images = {row[1].removesuffix(".jpg") for row in release.links}
    across = sum(document_of(row[0]) != document_of(row[1]) for row in release.links)
    return [
        Check("links", 309, len(set(release.links))),
        Check("linked sentences", 192, len({row[0] for row in release.links} & sentences)),
        Check("linked images", 203, len(linked_images & release.image_multi.keys())),
        Check("links across articles", 0, across),
    ]


def _document_counts(release: _Release) -> list[Check]:
    sentences = release.text_only + release.text_multi
    with_text = {document_of(s.sentence_id) for s in sentences}
    annotated = {document_of(s.sentence_id) for s in sentences if s.events}
    annotated |= {document_of(i) for i in (*release.image_only, *release.image_multi)}
    everything = with_text | {document_of(image_id) for image_id in release.image_ids}
    return [
        Check("documents", 245, len(everything)),
        Check("documents with sentences", 229, len(with_text)),
        Check("documents with image annotation only", 5, len(annotated - with_text)),
        Check(
            "documents with unannotated images only",
            11,
            len(everything - with_text - annotated),
        ),
    ]


def _type_counts(release: _Release) -> list[Check]:
    sentences = release.text_only + release.text_multi
    text = Counter(event.event_type for s in sentences for event in s.events)
    events = (*release.image_only.values(), *release.image_multi.values())
    image = Counter(event.event_type for event in events)
    checks = []
    for name, (in_text, on_images) in EVENTS_BY_TYPE.items():
        checks.append(Check(f"{name} in text", in_text, text.pop(name, 0)))
        checks.append(Check(f"{name} on images", on_images, image.pop(name, 0)))
    return [*checks, Check("events of other types", 0, text.total() + image.total())]


def _oddities(release: _Release) -> list[Check]:
    sentences = release.text_only + release.text_multi
    both = {s.sentence_id for s in release.text_only} & {s.sentence_id for s in release.text_multi}
    flags = Counter(
        box[0]
        for event in (*release.image_only.values(), *release.image_multi.values())
        for boxes in event.role.values()
        for box in boxes
    )
    types = {name: event.event_type for name, event in release.image_multi.items()}
    other_type = sum(
        types.get(image.removesuffix(".jpg")) != kind for _, image, kind in release.links
    )
    named = {name.removesuffix(".jpg") for s in sentences for name in s.image}
    beyond, different = _word_oddities(sentences)
    found = [
        ("sentences in both text files (events are merged)", 38, len(both)),
        ("arguments whose text is not their words joined by blanks", 34, _spaced(sentences)),
        ("spans with two roles in one event", 4, _double_roles(sentences)),
        ("words beyond the end of their sentence", 6191, beyond),
        ("words that differ from the sentence at their offsets", 14, different),
        ("boxes of one participant (flag 1)", 1318, flags["1"]),
        ("boxes around a group (flag 0)", 111, flags["0"]),
        ("links whose type is not the image's", 2, other_type),
        ("images of articles that are not in the list", 19, len(named - release.image_ids)),
        ("listed images that are in no article", 103, len(release.image_ids - named)),
    ]
    return [Check(what, number, count, known=True) for what, number, count in found]


def _word_oddities(sentences: list[WholeSentence]) -> tuple[int, int]:
    """Count words beyond their sentence's text, and words that differ from it."""
    beyond = different = 0
    for sentence in sentences:
        start, text = sentence.sentence_start, sentence.sentence
        for word, (first, last) in zip(sentence.words, sentence.index, strict=False):
            if first - start >= len(text):
                beyond += 1
            elif text[first - start : last - start + 1] != word:
                different += 1
    return beyond, different


def _spaced(sentences: list[WholeSentence]) -> int:
    return sum(
        argument.text != " ".join(sentence.words[argument.start : argument.end])
        for sentence in sentences
        for event in sentence.events
        for argument in event.arguments
    )


def _double_roles(sentences: list[WholeSentence]) -> int:
    return sum(
        count > 1
        for sentence in sentences
        for event in sentence.events
        for count in Counter((a.start, a.end) for a in event.arguments).values()
    )
