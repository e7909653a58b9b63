"""Confidence intervals as plain records, importable without numpy."""

from __future__ import annotations

import msgspec


class Interval(msgspec.Struct, frozen=True):
    """The confidence interval of a percentage, from the quantiles of its resamples."""

    low: float
    high: float


class ScoreIntervals(msgspec.Struct, frozen=True):
    """The confidence intervals of one score."""

    p: Interval
    r: Interval
    f1: Interval
