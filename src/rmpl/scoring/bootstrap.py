"""Bootstrap confidence intervals and paired significance tests over documents.

Documents are resampled, not mentions: mentions of one document are not independent (Koehn, 2004;
Berg-Kirkpatrick et al., 2012). All scores of a resample come from one matrix product over the
counts of each document, so a thousand resamples take milliseconds.

This module imports numpy, which plain scores do not need.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from rmpl.errors import RmplError
from rmpl.scoring.bounds import Interval, ScoreIntervals
from rmpl.scoring.counts import Counts
from rmpl.scoring.documents import Scores

Counts3 = NDArray[np.float64]
"""Documents (or resamples) x tasks x (tp, predicted, gold)."""

__all__ = ["Difference", "Interval", "ScoreIntervals", "compare", "holm", "intervals"]

RESAMPLES = 1000
LEVEL = 0.95


class Difference(msgspec.Struct, frozen=True):
    """The difference of two systems in the F1 of one task (first minus second, in points).

    ``p_value`` is that of a paired, two-sided randomisation test over documents; ``p_holm`` is
    corrected for the number of tasks tested together (Holm, 1979).
    """

    task: str
    first: float
    second: float
    difference: float
    interval: Interval
    p_value: float
    p_holm: float


def intervals(
    scores: Scores, *, resamples: int = RESAMPLES, seed: int = 0, level: float = LEVEL
) -> dict[str, ScoreIntervals]:
    """Return bootstrap intervals of precision, recall and F1 of every task, in percent.

    The same scores and seed give the same intervals, whatever the order of the documents.

    Parameters
    ----------
    scores
        Scores of at least one document.
    resamples
        The number of bootstrap samples.
    level
        The confidence level, such as 0.95.
    """
    tasks, counts = _matrix(scores, sorted(scores.documents))
    drawn = _percentages(_resample(counts, _weights(len(counts), resamples, seed)))
    bounds = _quantiles(drawn, level)
    return {
        task: ScoreIntervals(*(Interval(*map(float, bounds[:, i, j])) for j in range(3)))
        for i, task in enumerate(tasks)
    }


def compare(
    first: Scores,
    second: Scores,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> list[Difference]:
    """Test whether two systems differ, task by task, on the same documents.

    The interval is that of a paired bootstrap (both systems on the same resampled documents); the p
    value is that of approximate randomisation (a document's two outputs are swapped at random).

    Raises
    ------
    RmplError
        If the two have different protocols or settings.
    """
    if first.protocol != second.protocol:
        raise RmplError(f"{first.protocol} and {second.protocol} scores cannot be compared")
    ids = sorted(first.documents.keys() | second.documents.keys())
    tasks, a = _matrix(first, ids)
    other_tasks, b = _matrix(second, ids)
    if tasks != other_tasks:
        raise RmplError("scores in different settings cannot be compared")
    observed = _f1(a.sum(0)) - _f1(b.sum(0))
    weights = _weights(len(ids), resamples, seed)
    bounds = _quantiles(_f1(_resample(a, weights)) - _f1(_resample(b, weights)), level)
    swaps = np.random.default_rng([seed, 1]).integers(0, 2, (resamples, len(ids)))
    moved = _resample(b - a, swaps.astype(np.float64))
    chance = _f1(a.sum(0) + moved) - _f1(b.sum(0) - moved)
    # The observed labelling is one of the random ones, hence the + 1; the margin absorbs rounding.
    at_least = (np.abs(chance) >= np.abs(observed) - 1e-9).sum(0)
    p_values = [float(p) for p in (at_least + 1) / (resamples + 1)]
    return [
        Difference(
            task=task,
            first=float(_f1(a.sum(0))[i]),
            second=float(_f1(b.sum(0))[i]),
            difference=float(observed[i]),
            interval=Interval(*map(float, bounds[:, i])),
            p_value=p_values[i],
            p_holm=corrected,
        )
        for i, (task, corrected) in enumerate(zip(tasks, holm(p_values), strict=True))
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down correction of p values, in their order."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[i] * (len(p_values) - rank)))
        corrected[i] = highest
    return corrected


def _matrix(scores: Scores, ids: Sequence[str]) -> tuple[list[str], Counts3]:
    """Return the tasks and the counts, documents x tasks x 3."""
    if not scores.documents:
        raise RmplError("there are no documents to resample")
    tasks = list(next(iter(scores.documents.values())).counts)
    rows = []
    for name in ids:
        score = scores.documents.get(name)
        counts = {} if score is None else score.counts
        rows.append([_triple(counts[task]) if task in counts else (0, 0, 0) for task in tasks])
    return tasks, np.array(rows, dtype=np.float64).reshape(len(ids), len(tasks), 3)


def _triple(counts: Counts) -> tuple[int, int, int]:
    return counts.tp, counts.n_pred, counts.n_gold


def _weights(documents: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """Return the count of each document in each resample, resamples x documents."""
    shares = np.full(documents, 1 / documents)
    drawn = np.random.default_rng([seed, 0]).multinomial(documents, shares, size=resamples)
    return drawn.astype(np.float64)


def _resample(counts: Counts3, weights: NDArray[np.float64]) -> Counts3:
    flat = weights @ counts.reshape(len(counts), -1)
    return flat.reshape(len(weights), *counts.shape[1:])


def _percentages(counts: Counts3) -> NDArray[np.float64]:
    """Return p, r and F1 in percent along a new last axis; 0/0 is 0."""
    tp, predicted, gold = counts[..., 0], counts[..., 1], counts[..., 2]
    return np.stack([_ratio(tp, predicted), _ratio(tp, gold), _ratio(2 * tp, predicted + gold)], -1)


def _f1(counts: Counts3) -> NDArray[np.float64]:
    return _ratio(2 * counts[..., 0], counts[..., 1] + counts[..., 2])


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return 100 * np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _quantiles(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    tail = (1 - level) / 2
    return np.quantile(values, [tail, 1 - tail], axis=0)
