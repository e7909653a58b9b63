"""Intervals of scores as plain records, so that reading them does not need numpy."""

from __future__ import annotations

import msgspec


class Interval(msgspec.Struct, frozen=True):
    """The bounds of a percentage, from the quantiles of its resamples."""

    low: float
    high: float


class ScoreIntervals(msgspec.Struct, frozen=True):
    """The intervals of one score."""

    p: Interval
    r: Interval
    f1: Interval
