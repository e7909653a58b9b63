"""Scoring of multimedia event extraction: protocols, confidence intervals, error analysis."""

from rmpl.scoring.counts import SETTINGS, TASKS, Counts
from rmpl.scoring.documents import DocumentScore, Scores, score, score_by_document

__all__ = [
    "SETTINGS",
    "TASKS",
    "Counts",
    "DocumentScore",
    "Scores",
    "score",
    "score_by_document",
]
