"""Anchors of documents, sentences, images and links in the pages of a report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from rmpl.records import Link
from rmpl.scoring.listing import Judgement
from rmpl.viewer.compare import Comparison, ImagePair, Pair, TextPair


def card_key(number: int) -> str:
    """Return the id of the card of a report's document, numbered from 1 over all pages."""
    return f"doc-{number}"


def prefix_of(number: int) -> str:
    """Return the prefix of all ids and keys in a document's drawing."""
    return f"d{number}"


def sentence_key(prefix: str, number: int) -> str:
    """Return the id of a sentence's row; sentences are numbered from 1."""
    return f"{prefix}s{number}"


def image_key(prefix: str, number: int) -> str:
    """Return the id of an image's row; images are numbered from 1."""
    return f"{prefix}f{number}"


def link_row_key(prefix: str, index: int) -> str:
    """Return the id of a link in the list of links."""
    return f"{prefix}k{index}"


def text_mark(prefix: str, index: int) -> str:
    """Return the key shared by the marks of a paired text event."""
    return f"{prefix}t{index}"


def image_mark(prefix: str, index: int) -> str:
    """Return the key shared by the marks of a paired image event."""
    return f"{prefix}i{index}"


def link_mark(prefix: str, index: int) -> str:
    """Return the key shared by both ends of a link."""
    return f"{prefix}l{index}"


@dataclasses.dataclass(frozen=True)
class Target:
    """The address of a row, and the key of the marks to highlight in it, if any."""

    href: str
    mark: str | None = None


@dataclasses.dataclass(frozen=True)
class _Drawn:
    page: str
    number: int
    comparison: Comparison


class Anchors:
    """The anchors of judged items in the pages of a report.

    Parameters
    ----------
    pages
        For each page its address (empty for the page with the links) and its documents.
    """

    def __init__(self, pages: Sequence[tuple[str, Sequence[Comparison]]]) -> None:
        self._drawn: dict[str, _Drawn] = {}
        for page, comparisons in pages:
            for comparison in comparisons:
                number = len(self._drawn) + 1
                self._drawn[comparison.document.id] = _Drawn(page, number, comparison)

    @property
    def any_drawn(self) -> bool:
        """Whether any document is drawn."""
        return bool(self._drawn)

    def find(self, judgement: Judgement) -> Target | None:
        """Return the anchor of an item, or ``None`` if its document is not drawn."""
        drawn = self._drawn.get(judgement.document)
        if drawn is None:
            return None
        row, mark = _place(drawn.comparison, prefix_of(drawn.number), judgement)
        return Target(f"{drawn.page}#{row or card_key(drawn.number)}", mark)


def _place(
    comparison: Comparison, prefix: str, judgement: Judgement
) -> tuple[str | None, str | None]:
    """Return the row and the mark of an item, if any."""
    document = comparison.document
    if judgement.place == "link":
        link = _index([_link_ids(pair) for pair in comparison.links], judgement)
        return _key(link_row_key, prefix, link), _key(link_mark, prefix, link)
    event_mark, row_key = (
        (text_mark, sentence_key) if judgement.place == "sentence" else (image_mark, image_key)
    )
    pairs: Sequence[TextPair | ImagePair]
    if judgement.place == "sentence":
        media, pairs = [one.id for one in document.sentences], comparison.text
    else:
        media, pairs = [one.id for one in document.images], comparison.image
    event = _index([_event_ids(pair) for pair in pairs], judgement)
    number = media.index(judgement.medium) + 1 if judgement.medium in media else None
    return _key(row_key, prefix, number), _key(event_mark, prefix, event)


def _key(name: Callable[[str, int], str], prefix: str, number: int | None) -> str | None:
    return None if number is None else name(prefix, number)


_Ids = tuple[str, ...] | None


def _event_ids(pair: TextPair | ImagePair) -> tuple[_Ids, _Ids]:
    gold, predicted = ((one.id,) if one else None for one in (pair.gold, pair.predicted))
    return gold, predicted


def _link_ids(pair: Pair[Link]) -> tuple[_Ids, _Ids]:
    gold, predicted = ((x.text, x.image) if x else None for x in (pair.gold, pair.predicted))
    return gold, predicted


def _index(pairs: Sequence[tuple[_Ids, _Ids]], judgement: Judgement) -> int | None:
    """Return the first pair (gold, predicted) that contains the item's event or link."""
    by_prediction = judgement.predicted is not None
    side = judgement.predicted or judgement.gold
    wanted = None if side is None else side.events
    return next((i for i, ids in enumerate(pairs) if ids[by_prediction] == wanted), None)
