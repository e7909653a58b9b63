"""Running a grid: every cell with every seed, sequentially or in parallel.

Layout of its folder::

    rmpl/seed7/            a run's folder like any other (see ``rmpl.training.run``)
    rmpl/seed7/scored.json its strict counts by document; marks it as finished
    ablation.json          the summary of all finished runs, rewritten after each
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import multiprocessing
import os
import queue
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import msgspec
import torch

from rmpl.errors import RmplError
from rmpl.experiments.ablation_results import AblationResult, summarise
from rmpl.experiments.evaluation import Benchmark
from rmpl.experiments.grid import BenchmarkGrid, Cell, Plan
from rmpl.experiments.grid_cells import CellRun, finished_run, run_cell
from rmpl.io.files import write_file
from rmpl.runs.checkpoints import writing

RESULT = "ablation.json"
_POLL_SECONDS = 0.5

Report = Callable[[int, int, str], None]
"""Called with (training steps done, total steps of all runs, current activity)."""
Job = tuple[Cell, int]
Message = tuple[tuple[str, int], str, int, int]
"""A cell's name and seed, the step, units done, units in total."""


class Ablation:
    """A grid with its folder.

    Parameters
    ----------
    plan
        The grid.
    out
        The folder for all results.
    data
        The folder that the corpora's and the benchmark's paths are relative to.
    seeds
        The number of seeds, from the grid's first on; all by default.
    cells
        The cells to run, in addition to the reference; all by default.

    Raises
    ------
    RmplError
        If there is no such cell, the grid has fewer seeds, or the benchmark cannot be read.
    """

    def __init__(
        self,
        plan: Plan,
        out: Path,
        data: Path,
        *,
        seeds: int | None = None,
        cells: Sequence[str] = (),
    ) -> None:
        grid = plan.grid
        if seeds is not None and not 1 <= seeds <= len(grid.seeds):
            raise RmplError(
                f"{seeds} seeds requested, but the grid has {len(grid.seeds)}",
                remedy="add seeds to the grid file",
            )
        unknown = [name for name in cells if name not in grid.cells]
        if unknown:
            raise RmplError(f"no cell {unknown[0]}", remedy=f"its cells: {', '.join(grid.cells)}")
        self.plan = plan
        self.out = out
        self.seeds = grid.seeds[:seeds]
        self._data = data
        self.benchmark = read_benchmark(grid.benchmark, data)
        chosen = {grid.reference, *cells} if cells else set(grid.cells)
        # Seed by seed, so that the whole table is available early, with few seeds.
        self.jobs: list[Job] = [
            (cell, seed) for seed in self.seeds for cell in plan.cells if cell.name in chosen
        ]

    def run(self, *, jobs: int = 1, report: Report | None = None) -> AblationResult:
        """Run all unfinished cells and return the results of the grid.

        Parameters
        ----------
        jobs
            The number of parallel runs, which share the processor's cores.
        report
            Called with the progress.

        Raises
        ------
        RmplError
            As training does, or if a finished cell is that of another recipe.
        """
        finished = self._finished()
        steps = self.plan.budget.steps
        waiting = [job for job, run in zip(self.jobs, finished, strict=True) if run is None]
        before = len(self.jobs) - len(waiting)
        progress = _Overall(steps * before, steps * len(self.jobs), report)
        for _ in self._run_all(waiting, jobs, progress):
            self.write(self.result())
        result = self.result()
        self.write(result)
        return result

    def result(self) -> AblationResult:
        """Return the results of all finished runs."""
        runs = [run for run in self._finished() if run is not None]
        return summarise(self.plan, self.seeds, self.benchmark, runs)

    def write(self, result: AblationResult) -> None:
        """Write a result into the grid's folder."""
        write_result(result, self.out / RESULT)

    def _finished(self) -> list[CellRun | None]:
        return [finished_run(self.out, cell, seed, self.benchmark) for cell, seed in self.jobs]

    def _run_all(self, waiting: list[Job], jobs: int, progress: _Overall) -> Iterator[None]:
        """Run cells; yields after each."""
        if jobs == 1 or len(waiting) < 2:
            for cell, seed in waiting:
                report = functools.partial(progress.update, (cell.name, seed))
                run_cell(self.out, cell, seed, self._data, self.benchmark, report)
                yield
            return
        yield from self._run_in_processes(waiting, jobs, progress)

    def _run_in_processes(
        self, waiting: list[Job], jobs: int, progress: _Overall
    ) -> Iterator[None]:
        # A process that has used a GPU or threads cannot be forked safely.
        context = multiprocessing.get_context("spawn")
        messages: Queue[Message] = context.Queue()
        threads = max((os.cpu_count() or 1) // jobs, 1)
        with concurrent.futures.ProcessPoolExecutor(
            jobs,
            mp_context=context,
            initializer=_start_worker,
            initargs=(messages, threads, self.plan.grid.benchmark, self._data),
        ) as pool:
            pending = {
                pool.submit(_work, self.out, cell, seed, self._data) for cell, seed in waiting
            }
            try:
                while pending:
                    done, pending = concurrent.futures.wait(
                        pending, _POLL_SECONDS, concurrent.futures.FIRST_COMPLETED
                    )
                    progress.drain(messages)
                    for one in done:
                        one.result()
                        yield
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):  # only a terminal interrupts them, too
                    for process in multiprocessing.active_children():
                        process.terminate()
                pool.shutdown(wait=False, cancel_futures=True)
                raise


class _Overall:
    """The overall progress of all runs."""

    def __init__(self, first: int, total: int, report: Report | None) -> None:
        self._first, self._total, self._report = first, total, report
        self._steps: dict[tuple[str, int, str], int] = {}
        if report is not None:
            report(first, total, "")

    def update(self, name: tuple[str, int], what: str, done: int, of: int) -> None:
        if what.startswith("train "):
            self._steps[(*name, what)] = done
        if self._report is not None:
            activity = f"{name[0]}, seed {name[1]}: {what} {done}/{of}"
            self._report(self._first + sum(self._steps.values()), self._total, activity)

    def drain(self, messages: Queue[Message]) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self.update(*messages.get_nowait())


_worker: dict[str, Any] = {}
"""The arguments of this worker process."""


def _start_worker(
    messages: Queue[Message], threads: int, benchmark: BenchmarkGrid, data: Path
) -> None:
    torch.set_num_threads(threads)
    _worker.update(messages=messages, benchmark=read_benchmark(benchmark, data))


def _work(out: Path, cell: Cell, seed: int, data: Path) -> None:
    def report(what: str, done: int, of: int) -> None:
        _worker["messages"].put(((cell.name, seed), what, done, of))

    run_cell(out, cell, seed, data, _worker["benchmark"], report)


def read_benchmark(named: BenchmarkGrid, data: Path) -> Benchmark:
    """Read a grid's benchmark.

    Raises
    ------
    RmplError
        If it is not there or malformed.
    """
    return Benchmark(named.reader, data / named.path, limit=named.limit)


def write_result(result: AblationResult, path: Path) -> None:
    """Write a result as indented JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"
    with writing(path, "the runs are kept"):
        write_file(path, content)
