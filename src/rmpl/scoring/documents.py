"""Scoring sets of documents: counts per document, totals, and sums of shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from rmpl.errors import RmplError
from rmpl.io.files import collector_paused
from rmpl.records import Document
from rmpl.scoring.counts import SETTINGS, TASKS, Counts, add_up
from rmpl.scoring.protocols import find_protocol


class DocumentScore(msgspec.Struct, frozen=True):
    """The counts of one document by task; ``predicted`` is whether it had a prediction."""

    counts: dict[str, Counts]
    predicted: bool


class Scores(msgspec.Struct, frozen=True):
    """The scores of a set of documents under one protocol.

    Documents are the unit of the bootstrap and of shards. ``+`` adds two shards of one prediction,
    whether each was scored against its own documents or against all.
    """

    protocol: str
    documents: dict[str, DocumentScore]

    def __add__(self, other: Scores) -> Scores:
        if self.protocol != other.protocol:
            raise RmplError(f"{self.protocol} and {other.protocol} scores cannot be added")
        merged = dict(self.documents)
        for doc_id, score in other.documents.items():
            present = merged.get(doc_id)
            if present is not None and present.predicted and score.predicted:
                raise RmplError(
                    "document in both shards",
                    where=f"document {doc_id}",
                    remedy="split predictions between documents",
                )
            if present is None or score.predicted:
                merged[doc_id] = score
        return Scores(self.protocol, merged)

    def only(self, settings: Sequence[str]) -> Scores:
        """Return the scores of the tasks of some settings."""
        return Scores(
            self.protocol,
            {
                doc_id: DocumentScore(
                    {task: one for task, one in score.counts.items() if TASKS[task] in settings},
                    score.predicted,
                )
                for doc_id, score in self.documents.items()
            },
        )

    def total(self) -> dict[str, Counts]:
        """Return the summed counts of each task."""
        return add_up(score.counts for score in self.documents.values())


def score(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    protocol: str = "strict",
    settings: Sequence[str] = SETTINGS,
) -> dict[str, Counts]:
    """Score predicted documents against gold documents.

    Gold documents without a prediction count as missed; predicted documents that are not in the
    gold count as wrong.

    Parameters
    ----------
    gold, predicted
        Documents; only events and links are used. ``predicted`` is consumed as a stream.
    protocol
        A name of ``rmpl.scoring.protocols.PROTOCOLS``.
    settings
        The settings to score: ``text``, ``image``, ``multimedia``.

    Raises
    ------
    RmplError
        If a document is repeated, a link names an unknown event, or the protocol is unknown.
    """
    return score_by_document(gold, predicted, [protocol], settings)[protocol].total()


def score_by_document(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    protocols: Sequence[str] = ("strict",),
    settings: Sequence[str] = SETTINGS,
) -> dict[str, Scores]:
    """Score under several protocols in one pass over the predictions, by document."""
    scorers = {name: _scorers(name, settings) for name in protocols}
    wanted = _by_id(gold)
    results: dict[str, Scores] = {name: Scores(name, {}) for name in scorers}
    seen: set[str] = set()
    # Scoring allocates many small objects without reference cycles.
    with collector_paused():
        for document in predicted:
            if document.id in seen:
                raise RmplError("predicted twice", where=f"document {document.id}")
            seen.add(document.id)
            target = wanted.get(document.id) or Document(document.id)
            _score_document(target, document, scorers, results, predicted=True)
        for document in wanted.values():
            if document.id not in seen:
                _score_document(document, Document(document.id), scorers, results, predicted=False)
    return results


Scorer = Callable[[Document, Document], Counts]


def _score_document(
    gold: Document,
    document: Document,
    scorers: dict[str, dict[str, Scorer]],
    results: dict[str, Scores],
    *,
    predicted: bool,
) -> None:
    for name, tasks in scorers.items():
        counts = {task: scorer(gold, document) for task, scorer in tasks.items()}
        results[name].documents[document.id] = DocumentScore(counts, predicted)


def check_settings(settings: Sequence[str]) -> None:
    """Refuse an unknown setting, and an empty list of settings.

    Raises
    ------
    RmplError
        If a setting is unknown or none is given.
    """
    for setting in settings:
        if setting not in SETTINGS:
            raise RmplError(f"unknown setting {setting}", remedy=f"use {', '.join(SETTINGS)}")
    if not settings:
        raise RmplError("no setting given", remedy=f"use {', '.join(SETTINGS)}")


def _scorers(protocol: str, settings: Sequence[str]) -> dict[str, Scorer]:
    check_settings(settings)
    scorers = find_protocol(protocol).scores
    return {task: scorer for task, scorer in scorers.items() if TASKS[task] in settings}


def _by_id(documents: Iterable[Document]) -> dict[str, Document]:
    by_id: dict[str, Document] = {}
    for document in documents:
        if document.id in by_id:
            raise RmplError("repeated in the gold", where=f"document {document.id}")
        by_id[document.id] = document
    return by_id
