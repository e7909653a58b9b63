"""What is used of a run's JSON files by its card and its lock: checked when they are read."""

from __future__ import annotations

from typing import Any

import msgspec

from rmpl.io.saved import FileDigest


class _Machine(msgspec.Struct):
    gpus: list[str]


class _Start(msgspec.Struct):
    versions: dict[str, str]
    machine: _Machine
    commit: str | None


class _Stage(msgspec.Struct):
    steps: int = 0


class _Origin(msgspec.Struct):
    synthetic: bool
    terms: str = ""


class _Scored(msgspec.Struct):
    gold: str
    synthetic: bool


class RecordShape(msgspec.Struct):
    """What is used of ``run.json``."""

    starts: list[_Start] = []
    stages: dict[str, _Stage] = {}
    origins: dict[str, _Origin] = {}
    data: dict[str, dict[str, Any]] = {}
    read: dict[str, dict[str, dict[str, int]]] = {}
    scored: _Scored | None = None
    files: dict[str, FileDigest] = {}


class _Score(msgspec.Struct):
    tp: int
    n_pred: int
    n_gold: int
    p: float
    r: float
    f1: float


MetricsShape = dict[str, dict[str, _Score]]
"""``metrics.json``: protocol -> task -> score."""


class CalibrationShape(msgspec.Struct):
    """What a card uses of ``calibration.json``."""

    scales: dict[str, dict[str, Any]] = {}
