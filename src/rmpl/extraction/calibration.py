"""Calibrated confidences by Platt scaling.

The token probabilities of an answer are not the probability that it is correct: the model was
trained on other documents and is more confident in some tasks than in others. On held-out
documents, a logistic curve (slope and intercept) is fitted per task to pairs of (log-odds of the
answer, whether it was correct), with Platt's smoothed targets (Platt 1999) and a weak prior of
slope 1 and intercept 0, so that a few items do not make confidences extreme.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from rmpl.io import formats
from rmpl.io.saved import saved_record
from rmpl.runs.folder import RunFolder

MIN_ITEMS = 5
"""Minimum number of correct and of wrong items; with fewer, nothing is fitted."""
_SPREAD = np.array([1.0, 5.0])
"""Standard deviations of the prior on slope (mean 1) and intercept (mean 0)."""
_TINY = 1e-6
_STEPS = 50
_BINS = 10
_Numbers = NDArray[np.float64]


class Measured(msgspec.Struct, frozen=True):
    """Quality of a task's probabilities before and after calibration.

    ``right`` is the number of correct items, ``brier`` the mean squared difference to the outcome
    (0 or 1), ``ece`` the expected calibration error over ten bins with the same number of items.
    ``*_after`` are two-fold cross-validated.
    """

    items: int
    right: int
    brier_before: float
    brier_after: float
    ece_before: float
    ece_after: float


class Scale(msgspec.Struct, frozen=True):
    """A logistic curve over log-odds: ``sigmoid(slope * logit(p) + intercept)``."""

    slope: float = 1.0
    intercept: float = 0.0
    measured: Measured | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether there were enough items to fit it to."""
        return self.measured is not None or self != Scale()

    def __call__(self, probability: float) -> float:
        """Return the calibrated probability."""
        if self.slope == 1.0 and self.intercept == 0.0:
            return probability
        return float(_apply(np.array([probability]), self.slope, self.intercept)[0])


class Calibration(msgspec.Struct, frozen=True):
    """The calibration of a run, fitted on held-out data.

    Parameters
    ----------
    scales
        Curves by task name. Scores of other tasks are not calibrated.
    link_threshold
        The probability of "same event" above which a pair counts in favour of one event.
    data
        A description of the held-out data.
    thresholds
        By task of mentions, the calibrated score below which a mention is left out.
    """

    scales: dict[str, Scale] = {}
    link_threshold: float = 0.5
    data: str = ""
    format: str = formats.CALIBRATION
    thresholds: dict[str, float] = {}

    def scale(self, task: str) -> Scale:
        """Return a task's curve."""
        return self.scales.get(task, Scale())


def fit(probabilities: Sequence[float], outcomes: Sequence[bool]) -> Scale:
    """Fit a curve to a model's probabilities and outcomes (whether each was correct).

    With too few items of either outcome, probabilities are left unchanged.
    """
    given, correct = np.array(probabilities, dtype=float), np.array(outcomes, dtype=float)
    if min(correct.sum(), len(correct) - correct.sum()) < MIN_ITEMS:
        return Scale()
    order = np.random.default_rng(0).permutation(len(given))
    after = np.empty_like(given)
    for part, other in ((order[::2], order[1::2]), (order[1::2], order[::2])):
        after[part] = _apply(given[part], *_fit(given[other], correct[other]))
    slope, intercept = _fit(given, correct)
    measured = Measured(
        items=len(given),
        right=int(correct.sum()),
        brier_before=float(np.mean((given - correct) ** 2)),
        brier_after=float(np.mean((after - correct) ** 2)),
        ece_before=_calibration_error(given, correct),
        ece_after=_calibration_error(after, correct),
    )
    return Scale(slope, intercept, measured)


def read_calibration(folder: Path) -> Calibration | None:
    """Return the calibration of the run in ``folder``, ``None`` if it has none.

    Raises
    ------
    RmplError
        If the file is not a calibration, or of a newer version.
    """
    path = RunFolder(folder).calibration
    if not path.exists():
        return None
    remedy = "write it again with rmpl calibrate"
    return saved_record(path, Calibration, formats.CALIBRATION, "a calibration", remedy)


def _logits(probabilities: _Numbers) -> _Numbers:
    p = np.clip(probabilities, _TINY, 1 - _TINY)
    return np.log(p / (1 - p))


def _apply(probabilities: _Numbers, slope: float, intercept: float) -> _Numbers:
    found: _Numbers = 1 / (1 + np.exp(-(slope * _logits(probabilities) + intercept)))
    return found


def _fit(given: _Numbers, correct: _Numbers) -> tuple[float, float]:
    """Fit slope and intercept to smoothed targets by Newton's method; no negative slope."""
    x = _logits(given)
    positive = correct.sum()
    negative = len(correct) - positive
    target = np.where(correct > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))
    design = np.stack([x, np.ones_like(x)], axis=1)
    expected = np.array([1.0, 0.0])

    def loss(weights: _Numbers) -> float:
        z = design @ weights
        cross_entropy = np.logaddexp(0, z) - target * z
        return float(cross_entropy.sum() + 0.5 * (((weights - expected) / _SPREAD) ** 2).sum())

    weights = expected.copy()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(design @ weights)))
        curve = design.T @ (design * (p * (1 - p))[:, None]) + np.diag(_SPREAD**-2)
        gradient = design.T @ (p - target) + (weights - expected) / _SPREAD**2
        step = np.linalg.solve(curve, gradient)
        # A full step may overshoot far from the optimum; the loss is convex, so halve it then.
        while loss(weights - step) > loss(weights) and np.abs(step).max() > _TINY:
            step /= 2
        weights = weights - step
        if np.abs(step).max() <= _TINY:
            break
    if weights[0] > 0:
        return float(weights[0]), float(weights[1])
    share = float(target.mean())
    return 0.0, math.log(share / (1 - share))


def _calibration_error(given: _Numbers, correct: _Numbers) -> float:
    order = np.argsort(given, kind="stable")
    bins = np.array_split(order, min(_BINS, len(order)))
    gaps = [len(one) * abs(float(given[one].mean() - correct[one].mean())) for one in bins]
    return sum(gaps) / len(given)
