"""The results of a grid: means and spreads over seeds, and tests against the reference.

Scores are strict F1. The test is over documents: the counts of each document are summed over the
seeds that a cell and the reference share, and the two are compared by approximate randomisation and
a paired bootstrap (``rmpl.scoring.bootstrap``), with Holm's correction over all tests of the grid.
It estimates whether the difference would hold on other documents with these seeds; ``lower_in`` is
the number of seeds in which the cell is below the reference.

``docs/ablations.md`` describes the JSON of these records.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from rmpl.errors import RmplError
from rmpl.experiments.evaluation import STRICT, Benchmark
from rmpl.experiments.grid import Cell, Plan
from rmpl.experiments.grid_cells import CellRun
from rmpl.io.formats import ABLATION
from rmpl.scoring import DocumentScore, Scores
from rmpl.scoring.bootstrap import Difference, Interval, compare, holm
from rmpl.scoring.counts import ScoreDict, add_up

RESAMPLES = 20_000
"""Enough for small p values after correction for about sixty tests."""


class Spread(msgspec.Struct, frozen=True):
    """A percentage over seeds: mean, sample standard deviation (``None`` of one seed), extremes."""

    mean: float
    sd: float | None
    least: float
    most: float


class Against(msgspec.Struct, frozen=True):
    """The difference of a cell's F1 from the reference's, in points (negative: lower).

    ``difference`` and ``interval`` are for the summed counts of all shared ``seeds``.
    """

    difference: float
    interval: Interval
    p_value: float
    p_holm: float
    lower_in: int
    seeds: int


class RunResult(msgspec.Struct, frozen=True):
    """The scores and the time of one seed."""

    seed: int
    scores: dict[str, ScoreDict]
    seconds: dict[str, float]
    starts: int


class CellResult(msgspec.Struct, frozen=True):
    """A cell: its runs, scores over seeds, and differences from the reference."""

    name: str
    about: str
    media: Sequence[str]
    runs: list[RunResult]
    scores: dict[str, dict[Literal["p", "r", "f1"], Spread]]
    against_reference: dict[str, Against]


class AblationResult(msgspec.Struct, frozen=True):
    """The results of a grid so far."""

    format: str
    name: str
    reference: str
    protocol: str
    seeds: list[int]
    budget: dict[str, int]
    benchmark: dict[str, str | int]
    test: dict[str, str | int]
    missing: list[str]
    cells: list[CellResult]
    commits: list[str | None]
    versions: list[dict[str, str]]


def summarise(
    plan: Plan, seeds: Sequence[int], benchmark: Benchmark, runs: Sequence[CellRun]
) -> AblationResult:
    """Summarise the runs of a grid.

    Parameters
    ----------
    plan
        The grid.
    seeds
        The requested seeds of every cell.
    benchmark
        The scored documents.
    runs
        The finished runs.

    Raises
    ------
    RmplError
        If two cells of one seed were trained on different data.
    """
    _check_data(runs)
    by_cell = {c.name: {r.seed: r for r in runs if r.cell == c.name} for c in plan.cells}
    tested = _test(plan, by_cell)
    grid = plan.grid
    return AblationResult(
        format=ABLATION,
        name=grid.name,
        reference=grid.reference,
        protocol=STRICT,
        seeds=list(seeds),
        budget=plan.budget._asdict(),
        benchmark={
            "reader": grid.benchmark.reader,
            "documents": len(benchmark.documents),
            "sha256": benchmark.digest,
        },
        test={
            "unit": "documents",
            "resamples": RESAMPLES,
            "corrected_for": sum(len(one) for one in tested.values()),
        },
        missing=[
            f"{cell.name}/seed{seed}"
            for cell in plan.cells
            for seed in seeds
            if seed not in by_cell[cell.name]
        ],
        cells=[_cell(cell, by_cell[cell.name], tested.get(cell.name, {})) for cell in plan.cells],
        commits=list(dict.fromkeys(run.commit for run in runs)),
        versions=_distinct([run.versions for run in runs]),
    )


def _check_data(runs: Sequence[CellRun]) -> None:
    """Check that all cells of a seed were trained on the same data."""
    first: dict[tuple[int, str], CellRun] = {}
    for run in runs:
        for corpus, digest in run.data.items():
            other = first.setdefault((run.seed, corpus), run)
            if other.data[corpus] != digest:
                raise RmplError(
                    f"{run.cell} and {other.cell} of seed {run.seed} read another {corpus}",
                    remedy="run one of the two again: delete its folder",
                )


def _cell(cell: Cell, runs: Mapping[int, CellRun], against: dict[str, Against]) -> CellResult:
    results = [
        RunResult(
            run.seed,
            {task: counts.to_dict() for task, counts in run.scores.total().items()},
            {name: round(value, 1) for name, value in run.seconds.items()},
            run.starts,
        )
        for _, run in sorted(runs.items())
    ]
    tasks = results[0].scores if results else {}
    scores: dict[str, dict[Literal["p", "r", "f1"], Spread]] = {
        task: {
            "p": _spread([one.scores[task]["p"] for one in results]),
            "r": _spread([one.scores[task]["r"] for one in results]),
            "f1": _spread([one.scores[task]["f1"] for one in results]),
        }
        for task in tasks
    }
    return CellResult(cell.name, cell.about, cell.media, results, scores, against)


def _spread(values: Sequence[float]) -> Spread:
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Spread(statistics.fmean(values), deviation, min(values), max(values))


def _test(
    plan: Plan, by_cell: Mapping[str, Mapping[int, CellRun]]
) -> dict[str, dict[str, Against]]:
    """Test every cell against the reference, with correction for the number of tests."""
    reference = by_cell[plan.grid.reference]
    found: list[tuple[str, Difference, list[tuple[float, float]]]] = []
    for name, runs in by_cell.items():
        shared = sorted(runs.keys() & reference.keys())
        if name == plan.grid.reference or not shared:
            continue
        own = [runs[seed].scores for seed in shared]
        tasks = set(own[0].total())
        others = [_only(reference[seed].scores, tasks) for seed in shared]
        own = [_only(one, set(others[0].total())) for one in own]
        for difference in compare(_pooled(own), _pooled(others), resamples=RESAMPLES):
            pairs = [
                (a.total()[difference.task].f1, b.total()[difference.task].f1)
                for a, b in zip(own, others, strict=True)
            ]
            found.append((name, difference, pairs))
    corrected = holm([difference.p_value for _, difference, _ in found])
    tested: dict[str, dict[str, Against]] = {}
    for (name, one, pairs), p_holm in zip(found, corrected, strict=True):
        tested.setdefault(name, {})[one.task] = Against(
            difference=one.difference,
            interval=one.interval,
            p_value=one.p_value,
            p_holm=p_holm,
            lower_in=sum(own < other for own, other in pairs),
            seeds=len(pairs),
        )
    return tested


def _only(scores: Scores, tasks: set[str]) -> Scores:
    """Return scores restricted to these tasks."""
    documents = {
        name: DocumentScore({t: c for t, c in one.counts.items() if t in tasks}, one.predicted)
        for name, one in scores.documents.items()
    }
    return Scores(scores.protocol, documents)


def _pooled(scores: Sequence[Scores]) -> Scores:
    """Return scores with the summed counts of every document."""
    names = dict.fromkeys(name for one in scores for name in one.documents)
    documents = {
        name: DocumentScore(
            add_up(one.documents[name].counts for one in scores if name in one.documents),
            predicted=True,
        )
        for name in names
    }
    return Scores(STRICT, documents)


def _distinct(items: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
