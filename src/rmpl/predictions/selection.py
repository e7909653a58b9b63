"""Leaving events out of extracted documents, and counting those that stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rmpl.predictions.min_score import check_min_score, with_min_score
from rmpl.records import Document

_MOST_TYPES = 12
"""Types that are named in a summary."""


class EventCounts:
    """Counts of documents and of their events by type.

    Parameters
    ----------
    least
        The score below which ``select`` leaves events out; ``None`` keeps all.

    Attributes
    ----------
    documents, with_events
        The number of documents, and of those that have events.
    by_type
        The number of events by type; a text event and an image event that are linked are two.
    left_out, unscored
        The number of events below ``least``, and of those without a score, which stay.

    Raises
    ------
    RmplError
        If the minimum score is not between 0 and 1.
    """

    def __init__(self, least: float | None = None) -> None:
        if least is not None:
            check_min_score(least)
        self.least = least
        self.documents = 0
        self.with_events = 0
        self.by_type: Counter[str] = Counter()
        self.left_out = 0
        self.unscored = 0

    def select(self, document: Document) -> Document:
        """Return the document without its events below the minimum score; count the others."""
        if self.least is not None:
            found = with_min_score(document, self.least)
            self.left_out += _events(document) - _events(found)
            self.unscored += sum(one.score is None for one in found.text_events)
            self.unscored += sum(one.score is None for one in found.image_events)
            document = found
        self.add(
            [
                *(event.event_type for event in document.text_events),
                *(event.event_type for event in document.image_events),
            ]
        )
        return document

    def add(self, types: Iterable[str]) -> None:
        """Count a document with events of these types."""
        before = self.by_type.total()
        self.by_type.update(types)
        self.documents += 1
        self.with_events += self.by_type.total() > before

    def lines(self) -> Iterator[str]:
        """Yield what was left out, and as the last line the number of events by type."""
        if self.left_out:
            yield f"left out: {counted(self.left_out, 'event')} below --min-score {self.least:g}"
        if self.unscored:
            yield f"--min-score: {counted(self.unscored, 'event')} without a score not left out"
        events, most = self.by_type.total(), self.by_type.most_common()
        named = [f"{kind} {count:,}" for kind, count in most[:_MOST_TYPES]]
        others = most[_MOST_TYPES:]
        if others:
            named.append(f"{len(others):,} other types {sum(count for _, count in others):,}")
        part = f"{self.with_events:,} of " if 0 < self.with_events < self.documents else ""
        where = f"{part}{counted(self.documents, 'document')}"
        if not events:
            yield f"no events in {where}"
        else:
            yield f"{counted(events, 'event')} in {where}: {', '.join(named)}"


def _events(document: Document) -> int:
    return len(document.text_events) + len(document.image_events)


def counted(count: int, what: str) -> str:
    """Return a number of things in words: ``1 event``, ``2,000 events``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
