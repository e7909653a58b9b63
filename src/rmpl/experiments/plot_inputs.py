"""The inputs of plots, read from files written by other commands.

A file is recognised by its contents, not its name: scores (``rmpl score --json``), an error
analysis (``rmpl score --errors-json``), or an ablation grid (``rmpl ablate --json``). A run's
folder has training curves and, if it was scored, ``metrics.json``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io.files import read_bytes
from rmpl.io.formats import ABLATION, ERRORS, check_format
from rmpl.runs.curve import read_curves
from rmpl.runs.folder import METRICS, RunFolder
from rmpl.viewer.curves import Point


class Score(msgspec.Struct, frozen=True):
    """The F1 of a task in percent, with its interval if there is one."""

    f1: float
    f1_ci: tuple[float, float] | None = None
    gold_given: bool = False


class _Spread(msgspec.Struct, frozen=True):
    mean: float
    sd: float | None = None


class _Interval(msgspec.Struct, frozen=True):
    low: float
    high: float


class Against(msgspec.Struct, frozen=True):
    """A cell's difference from the reference, in points of F1."""

    difference: float
    interval: _Interval
    p_holm: float


class Cell(msgspec.Struct, frozen=True):
    """A cell of a grid of ablations; ``scores`` holds mean and spread over seeds by task."""

    name: str
    scores: dict[str, dict[str, _Spread]]
    against_reference: dict[str, Against] = {}


class Ablation(msgspec.Struct, frozen=True):
    """A grid of ablations."""

    format: str
    name: str
    reference: str
    seeds: list[int]
    cells: list[Cell]


class _Types(msgspec.Struct, frozen=True):
    by_type: dict[str, dict[str, Score]]


@dataclasses.dataclass
class PlotInputs:
    """Everything to plot, by the name of its file or run.

    ``scores`` holds protocol, then system, then task; systems in the given order.
    """

    scores: dict[str, dict[str, Mapping[str, Score]]] = dataclasses.field(default_factory=dict)
    types: dict[str, Mapping[str, Mapping[str, Score]]] = dataclasses.field(default_factory=dict)
    curves: dict[str, Mapping[str, Sequence[Point]]] = dataclasses.field(default_factory=dict)
    ablations: dict[str, Ablation] = dataclasses.field(default_factory=dict)


def read_inputs(paths: Sequence[Path]) -> PlotInputs:
    """Read files and runs' folders.

    Raises
    ------
    RmplError
        If one is missing, holds nothing to plot, or has an unknown format.
    """
    inputs = PlotInputs()
    for path, name in zip(paths, _names(paths), strict=True):
        if path.is_dir():
            _add_run(inputs, path, name)
        else:
            _add_file(inputs, path, name)
    return inputs


def _names(paths: Sequence[Path]) -> list[str]:
    """Return short unique names: a run's folder for its metrics, else the file's own name."""
    own = [p.resolve().parent.name if p.name == METRICS else p.stem for p in paths]
    return [
        name if own.count(name) == 1 else f"{path.resolve().parent.name}/{path.stem}"
        for name, path in zip(own, paths, strict=True)
    ]


def _add_run(inputs: PlotInputs, folder: Path, name: str) -> None:
    curves = read_curves(folder)
    if curves:
        inputs.curves[name] = curves
    metrics = RunFolder(folder).metrics
    if metrics.is_file():
        _add_file(inputs, metrics, name)
    elif not curves:
        raise RmplError(
            "no training curve and no metrics.json",
            where=str(folder),
            remedy="name a run's folder, or a file of rmpl score --json",
        )


def _add_file(inputs: PlotInputs, path: Path, name: str) -> None:
    content = read_bytes(path)
    try:
        keys = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        if "format" in keys:
            named = msgspec.json.decode(keys["format"])
            check_format(named, ERRORS if "by_type" in keys else ABLATION, str(path))
        if "cells" in keys:
            inputs.ablations[name] = msgspec.json.decode(content, type=Ablation)
        elif "by_type" in keys:
            inputs.types[name] = msgspec.json.decode(content, type=_Types).by_type
        else:
            found = msgspec.json.decode(content, type=dict[str, dict[str, Score]])
            for protocol, scores in found.items():
                inputs.scores.setdefault(protocol, {})[name] = scores
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RmplError(
            f"nothing that can be plotted ({error})",
            where=str(path),
            remedy="give files of rmpl score --json or --errors-json or of rmpl ablate --json, or "
            "runs' folders",
        ) from error
