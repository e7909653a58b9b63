"""Running a grid cell with one seed: training, evaluation, results in a folder of its own."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from rmpl.errors import RmplError
from rmpl.experiments.evaluation import Benchmark, measure
from rmpl.experiments.grid import Cell
from rmpl.io import formats
from rmpl.io.files import write_file
from rmpl.io.locks import writing_folder
from rmpl.io.saved import saved_record
from rmpl.recipe.former_names import former_names
from rmpl.runs.checkpoints import writing
from rmpl.runs.folder import RunFolder
from rmpl.runs.provenance import read_run
from rmpl.scoring import Scores
from rmpl.training.run import Run

Progress = Callable[[str, int, int], None]
"""Called with (step, units done, units in total); training steps include the stage."""


class CellRun(msgspec.Struct, frozen=True):
    """A finished run of a cell with one seed.

    ``seconds`` are those of its last start, if it was resumed, and ``data`` holds the digests of
    its corpora.
    """

    cell: str
    seed: int
    fingerprint: str
    scores: Scores
    seconds: dict[str, float]
    starts: int
    commit: str | None
    versions: dict[str, str]
    data: dict[str, str]


def folder_of(out: Path, cell: Cell, seed: int) -> Path:
    """Return the folder of a cell and seed."""
    return out / cell.name / f"seed{seed}"


def finished_run(out: Path, cell: Cell, seed: int, benchmark: Benchmark) -> CellRun | None:
    """Return the results of a cell and seed, ``None`` if they are not finished.

    Raises
    ------
    RmplError
        If they belong to another recipe or another benchmark.
    """
    folder = folder_of(out, cell, seed)
    path = RunFolder(folder).scored
    if not path.is_file():
        return None
    remedy = "delete it: its cell is then scored again"
    found = saved_record(path, CellRun, formats.ABLATION, "the scores of a cell", remedy)
    if found.fingerprint != _fingerprint(cell, seed, benchmark):
        raise RmplError(
            "this cell was run by another recipe or scored on other documents",
            where=str(folder),
            remedy="choose another --out, or delete that folder",
        )
    return found


def run_cell(
    out: Path,
    cell: Cell,
    seed: int,
    data: Path,
    benchmark: Benchmark,
    progress: Progress | None = None,
) -> CellRun:
    """Train and evaluate a cell with a seed and save the results; an interrupted one resumes.

    Raises
    ------
    RmplError
        As training and extraction do, or if another process runs this cell and seed.
    """
    with writing_folder(folder_of(out, cell, seed)):
        # Another process may have finished it in the meantime.
        done = finished_run(out, cell, seed, benchmark)
        return done or _run(out, cell, seed, data, benchmark, progress)


def _run(
    out: Path, cell: Cell, seed: int, data: Path, benchmark: Benchmark, progress: Progress | None
) -> CellRun:
    folder = folder_of(out, cell, seed)
    report = None
    if progress is not None:

        def report(stage: str, step: int, steps: int, loss: float) -> None:  # noqa: ARG001
            progress(f"train {stage}", step, steps)

    began = time.monotonic()
    Run(cell.seeded(seed), folder, data).train(report)
    trained = time.monotonic()
    scores = measure(folder, benchmark, media=cell.media, settings=cell.settings, progress=progress)
    about = read_run(folder)
    last = about["starts"][-1]
    found = CellRun(
        cell=cell.name,
        seed=seed,
        fingerprint=_fingerprint(cell, seed, benchmark),
        scores=scores,
        seconds={"train": trained - began, "predict": time.monotonic() - trained},
        starts=len(about["starts"]),
        commit=last["commit"],
        versions=last["versions"],
        data={name: one["sha256"] for name, one in about["data"].items()},
    )
    with writing(folder, "the trained stages are whole"):
        write_file(RunFolder(folder).scored, msgspec.json.encode(found))
    return found


def _fingerprint(cell: Cell, seed: int, benchmark: Benchmark) -> str:
    about: dict[str, Any] = {
        "recipe": former_names(cell.seeded(seed).model_dump(mode="json")),
        "media": cell.media,
        "benchmark": benchmark.digest,
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
