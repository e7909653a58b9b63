"""Corpus statistics: counts by type, role and label, lengths, and anomalies."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rmpl.errors import RmplError
from rmpl.io.images import open_image
from rmpl.io.read_report import MAX_CASES, ReadReport
from rmpl.records import Document, ImageEvent, Span, TextEvent

DECIMALS = 2


class Summary:
    """Statistics of the documents added.

    Attributes
    ----------
    counts
        Documents, sentences, images, events, arguments, links, relations.
    text_types, image_types
        Events by type.
    text_roles, image_roles
        Arguments by ``(type, role)``.
    labels
        Relations by label.
    oddities
        Valid but suspicious items, with example locations.
    """

    def __init__(self, max_cases: int = MAX_CASES) -> None:
        self.counts: Counter[str] = Counter()
        self.text_types: Counter[str] = Counter()
        self.image_types: Counter[str] = Counter()
        self.text_roles: Counter[tuple[str, str]] = Counter()
        self.image_roles: Counter[tuple[str, str]] = Counter()
        self.labels: Counter[str] = Counter()
        self.oddities = ReadReport(max_cases)

    def add(self, document: Document) -> None:
        """Count one document."""
        self.counts["documents"] += 1
        self.counts["sentences"] += len(document.sentences)
        self.counts["images"] += len(document.images)
        self.counts["links"] += len(document.links)
        self.counts["relations"] += len(document.relations)
        self.labels.update(relation.label for relation in document.relations)
        for event in document.text_events:
            self._add_text(event, document.id)
        for image_event in document.image_events:
            self._add_image(image_event)
        self._look_for_oddities(document)

    def _add_text(self, event: TextEvent, where: str) -> None:
        self.counts["text events"] += 1
        self.counts["text arguments"] += len(event.arguments)
        self.text_types[event.event_type] += 1
        self.text_roles.update((event.event_type, a.role) for a in event.arguments)
        spans = sorted({argument.span for argument in event.arguments})
        if len(spans) < len(event.arguments):
            self.oddities.warn("one span in several roles of an event", f"{where}, {event.id}")
        if any(_overlap(one, other) for one, other in itertools.pairwise(spans)):
            self.oddities.warn("arguments that overlap", f"{where}, {event.id}")

    def _add_image(self, event: ImageEvent) -> None:
        self.counts["image events"] += 1
        self.counts["image arguments"] += len(event.arguments)
        self.image_types[event.event_type] += 1
        self.image_roles.update((event.event_type, a.role) for a in event.arguments)

    def _look_for_oddities(self, document: Document) -> None:
        for sentence in document.sentences:
            if not sentence.tokens:
                self.oddities.warn("a sentence without words", f"{document.id}, {sentence.id}")
        sizes = {i.id: (i.width, i.height) for i in document.images if i.width and i.height}
        for event in document.image_events:
            width, height = sizes.get(event.image_id, (0, 0))
            boxes = [argument.box for argument in event.arguments]
            if width and any(b.x2 > width or b.y2 > height or b.x1 < 0 or b.y1 < 0 for b in boxes):
                self.oddities.warn("a box that exceeds its image", event.image_id)
        for relation in document.relations:
            if _overlap(*sorted((relation.head, relation.tail))):
                self.oddities.warn(
                    "a relation whose spans overlap", f"{document.id}, {relation.id}"
                )
        types = {e.id: e.event_type for e in document.text_events}
        image_types = {e.id: e.event_type for e in document.image_events}
        for link in document.links:
            if types[link.text] != image_types[link.image]:
                self.oddities.warn("a link of two types", f"{document.id}, {link.text}")

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON types, most frequent first."""
        return {
            "counts": {what: count for what, count in self.counts.items() if count},
            "text_types": dict(self.text_types.most_common()),
            "image_types": dict(self.image_types.most_common()),
            "text_roles": _nested(self.text_roles),
            "image_roles": _nested(self.image_roles),
            "labels": dict(self.labels.most_common()),
            "oddities": dict(self.oddities.warnings),
            "cases": self.oddities.cases,
        }


def _overlap(one: Span, other: Span) -> bool:
    return other.start < one.end


def _nested(roles: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (event_type, role), count in roles.most_common():
        nested.setdefault(event_type, {})[role] = count
    return nested


def check_images(document: Document, report: ReadReport, done: set[str]) -> None:
    """Decode every available image of a document and count the broken ones.

    ``done`` holds the paths that were decoded before; each image is decoded once.
    """
    for image in document.images:
        if image.path is None or image.path in done:
            continue
        done.add(image.path)
        try:
            open_image(Path(image.path))
            report.use("images decoded")
        except RmplError as error:
            report.refuse(error, "count")


class Lengths:
    """A distribution of integers."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, value: int) -> None:
        """Count one value."""
        self._counts[value] += 1

    def extend(self, values: Iterable[int]) -> None:
        """Count several values."""
        self._counts.update(values)

    def quantile(self, share: float) -> int:
        """Return the quantile ``share``: the smallest value that this share does not exceed."""
        wanted, seen = share * self._counts.total(), 0
        for value in sorted(self._counts):
            seen += self._counts[value]
            if seen >= wanted:
                return value
        return 0

    def as_dict(self) -> dict[str, float]:
        """Return number, mean, median, 95th percentile and maximum."""
        total = self._counts.total()
        mean = sum(v * c for v, c in self._counts.items()) / total if total else 0.0
        return {
            "n": total,
            "mean": round(mean, DECIMALS),
            "median": self.quantile(0.5),
            "p95": self.quantile(0.95),
            "max": max(self._counts, default=0),
        }
