"""From what a model says of its answer to a probability that it is right: Platt scaling.

The token probabilities of an answer are no probability of being right: the model was trained on
other documents, and is surer of some tasks than of others. On documents that training held out, a
logistic curve is fitted for every task to (log-odds of the answer, whether it was right), two
numbers each, with Platt's smoothed targets (Platt 1999) and a weak expectation of slope 1 and
intercept 0, so that a few items make no certainty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from rmpl.errors import RmplError
from rmpl.io import formats
from rmpl.runs.folder import RunFolder

LEAST = 5
"""Items of each outcome, right and wrong, below which nothing is fitted."""
_SPREAD = np.array([1.0, 5.0])
"""How far slope and intercept are expected to be from 1 and 0, which holds few items to it."""
_TINY = 1e-6
_STEPS = 50
_BINS = 10
_Numbers = NDArray[np.float64]


class Measured(msgspec.Struct, frozen=True):
    """How good the probabilities of a task's items were, before and after.

    ``brier`` is the mean squared difference to the outcome (0 or 1), ``ece`` the expected
    calibration error over ten bins of equally many items. What is said of after is measured on
    items that the curve was not fitted to, half on half.
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

    def __call__(self, probability: float) -> float:
        """Return the calibrated probability."""
        if self.slope == 1.0 and self.intercept == 0.0:
            return probability
        return float(_apply(np.array([probability]), self.slope, self.intercept)[0])


class Calibration(msgspec.Struct, frozen=True):
    """What was measured of a run on held-out training data.

    Parameters
    ----------
    scales
        By the task's name. A task that is not in it keeps what the model says.
    link_threshold
        The probability of "same event" above which a pair speaks for being one.
    data
        What it was measured on, in words.
    """

    scales: dict[str, Scale] = {}
    link_threshold: float = 0.5
    data: str = ""
    format: str = formats.CALIBRATION

    def scale(self, task: str) -> Scale:
        """Return a task's curve."""
        return self.scales.get(task, Scale())


def fit(probabilities: Sequence[float], outcomes: Sequence[bool]) -> Scale:
    """Fit a curve to what a model said and whether it was right.

    With too few items of either outcome, what the model says is kept, and only measured.
    """
    said, right = np.array(probabilities, dtype=float), np.array(outcomes, dtype=float)
    if min(right.sum(), len(right) - right.sum()) < LEAST:
        return Scale()
    order = np.random.default_rng(0).permutation(len(said))
    after = np.empty_like(said)
    for part, other in ((order[::2], order[1::2]), (order[1::2], order[::2])):
        after[part] = _apply(said[part], *_fit(said[other], right[other]))
    slope, intercept = _fit(said, right)
    measured = Measured(
        items=len(said),
        right=int(right.sum()),
        brier_before=float(np.mean((said - right) ** 2)),
        brier_after=float(np.mean((after - right) ** 2)),
        ece_before=_calibration_error(said, right),
        ece_after=_calibration_error(after, right),
    )
    return Scale(slope, intercept, measured)


def read_calibration(folder: Path) -> Calibration | None:
    """Return what was measured of the run in ``folder``, if anything was.

    Raises
    ------
    RmplError
        If the file is there and is not one of ours, or is of a newer version.
    """
    path = RunFolder(folder).calibration
    if not path.is_file():
        return None
    content = path.read_bytes()
    formats.check_format_of(content, formats.CALIBRATION, str(path))
    try:
        return msgspec.json.decode(content, type=Calibration)
    except msgspec.MsgspecError as error:
        raise RmplError(
            f"not a calibration ({error})", where=str(path), remedy="write it with rmpl calibrate"
        ) from error


def _logits(probabilities: _Numbers) -> _Numbers:
    p = np.clip(probabilities, _TINY, 1 - _TINY)
    return np.log(p / (1 - p))


def _apply(probabilities: _Numbers, slope: float, intercept: float) -> _Numbers:
    found: _Numbers = 1 / (1 + np.exp(-(slope * _logits(probabilities) + intercept)))
    return found


def _fit(said: _Numbers, right: _Numbers) -> tuple[float, float]:
    """Fit to smoothed targets by Newton's steps; the surer answer is never the less likely one."""
    x = _logits(said)
    positive = right.sum()
    negative = len(right) - positive
    target = np.where(right > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))
    design = np.stack([x, np.ones_like(x)], axis=1)
    expected = np.array([1.0, 0.0])

    def loss(weights: _Numbers) -> float:
        z = design @ weights
        surprise = np.logaddexp(0, z) - target * z
        return float(surprise.sum() + 0.5 * (((weights - expected) / _SPREAD) ** 2).sum())

    weights = expected.copy()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(design @ weights)))
        curve = design.T @ (design * (p * (1 - p))[:, None]) + np.diag(_SPREAD**-2)
        gradient = design.T @ (p - target) + (weights - expected) / _SPREAD**2
        step = np.linalg.solve(curve, gradient)
        # A whole step may overshoot far from the optimum; the loss is convex, so a part will do.
        while loss(weights - step) > loss(weights) and np.abs(step).max() > _TINY:
            step /= 2
        weights = weights - step
        if np.abs(step).max() <= _TINY:
            break
    if weights[0] > 0:
        return float(weights[0]), float(weights[1])
    share = float(target.mean())
    return 0.0, math.log(share / (1 - share))


def _calibration_error(said: _Numbers, right: _Numbers) -> float:
    order = np.argsort(said, kind="stable")
    bins = np.array_split(order, min(_BINS, len(order)))
    gaps = [len(one) * abs(float(said[one].mean() - right[one].mean())) for one in bins]
    return sum(gaps) / len(said)
