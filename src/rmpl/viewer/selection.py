"""Selecting the documents of a report by a stated rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rmpl.errors import RmplError
from rmpl.records import Document

Both = tuple[Document | None, Document | None]
"""One document with gold and with predicted events; one of the two may be absent."""


def by_document(gold: Iterable[Document], predicted: Iterable[Document]) -> dict[str, Both]:
    """Return gold and prediction of every document, in id order.

    Raises
    ------
    RmplError
        If an id is repeated on one side.
    """
    wanted, found = _by_id(gold, "gold"), _by_id(predicted, "predictions")
    return {doc_id: (wanted.get(doc_id), found.get(doc_id)) for doc_id in sorted({*wanted, *found})}


def _by_id(documents: Iterable[Document], side: str) -> Mapping[str, Document]:
    by_id: dict[str, Document] = {}
    for document in documents:
        if document.id in by_id:
            raise RmplError(f"repeated in the {side}", where=f"document {document.id}")
        by_id[document.id] = document
    return by_id


def _rank(both: Both) -> int:
    """Return 0 for a document with gold links, 1 with gold events, 2 with predictions only."""
    gold, predicted = both
    if gold is not None and gold.links:
        return 0
    if gold is not None and (gold.text_events or gold.image_events):
        return 1
    if predicted is not None and (predicted.text_events or predicted.image_events):
        return 2
    return 3


def choose(documents: Mapping[str, Both], limit: int) -> tuple[Sequence[str], str]:
    """Return the ids of at most ``limit`` documents to show, and a description of the rule.

    The selection does not depend on how well a document was predicted.
    """
    if len(documents) <= limit:
        return sorted(documents), f"All {len(documents)} documents, in id order."
    ranked = sorted((_rank(both), doc_id) for doc_id, both in documents.items())
    chosen = [doc_id for _, doc_id in ranked[:limit]]
    rule = (
        f"{limit} of {len(documents)} documents in id order: first those whose gold "
        "has cross-media links, then those with gold events, then those with predicted events. "
        "The selection does not depend on prediction quality."
    )
    return chosen, rule
