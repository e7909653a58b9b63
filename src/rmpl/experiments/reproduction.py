"""Reproducing a recipe, from its data to its row of the table, with a lock file.

Finished parts are reused: stages, and predictions of the same weights on the same documents.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import msgspec

from rmpl.backbones import embedded
from rmpl.experiments.evaluation import Benchmark, extract
from rmpl.experiments.lock import Lock, make_lock, write_lock
from rmpl.io.files import write_file
from rmpl.io.read_report import ReadReport
from rmpl.io.saved import saved_bytes
from rmpl.predictions.file import read_predictions
from rmpl.predictions.media_run import split_by_run
from rmpl.recipe.recipe import Recipe
from rmpl.runs.card import write_card
from rmpl.runs.folder import RunFolder
from rmpl.runs.origins import record_scored
from rmpl.runs.processes import is_first, part, wait, writing_alone
from rmpl.scoring import SETTINGS, score_by_document
from rmpl.scoring.counts import ScoreDict
from rmpl.synthetic.build import build_world
from rmpl.training.run import Run

PROTOCOLS = ("strict", "legacy")
WORLD_SEED = 7

Progress = Callable[[str, int, int, str], None]
"""Called with (step, done, total, further information)."""


def prepare_data(recipe: Recipe, data: Path, progress: Progress) -> bool:
    """Write the synthetic corpus if a recipe of the embedded model has no data yet.

    Returns
    -------
    bool
        Whether it was written.
    """
    if recipe.backbone.model != embedded.NAME or data.exists():
        return False
    build_world(
        data, seed=WORLD_SEED, progress=lambda done, total, _: progress("world", done, total, "")
    )
    return True


def reproduce(
    recipe: Recipe, out: Path, data: Path, benchmark: Benchmark, progress: Progress, lock: Path
) -> Lock | None:
    """Train, predict, score, and write the lock file.

    Parameters
    ----------
    recipe
        The recipe to train.
    out
        The run's folder.
    data
        The folder that the corpora's paths are relative to.
    benchmark
        The documents to score on.
    progress
        Called at every step.
    lock
        The lock file to write.

    Returns
    -------
    Lock or None
        ``None`` in all processes but the first.

    Raises
    ------
    RmplError
        As training and extraction do, or if another process writes into ``out``.
    """
    with writing_alone(out):
        return _reproduce(recipe, out, data, benchmark, progress, lock)


def _reproduce(
    recipe: Recipe, out: Path, data: Path, benchmark: Benchmark, progress: Progress, lock: Path
) -> Lock | None:
    run = Run(recipe, out, data)

    def trained(stage: str, step: int, steps: int, loss: float) -> None:
        progress(f"train {stage}", step, steps, "" if math.isnan(loss) else f"loss {loss:.3f}")

    run.train(trained if is_first() else None)
    wait()
    part()
    if not is_first():
        return None
    predict_once(recipe, out, benchmark, progress)
    scores = _score(out, benchmark)
    found = make_lock(out, recipe, data, benchmark, scores)
    write_file(RunFolder(out).metrics, msgspec.json.format(msgspec.json.encode(scores), indent=1))
    record_scored(out, benchmark.path)
    write_card(out)
    write_lock(found, lock)
    return found


def predict_once(recipe: Recipe, out: Path, benchmark: Benchmark, progress: Progress) -> None:
    """Extract the benchmark's events, unless there are predictions of these weights."""
    run = RunFolder(out)
    weights = run.stage(recipe.stages[-1].name).read_trained().fingerprint
    wanted = hashlib.sha256(f"{weights} {benchmark.digest}".encode()).hexdigest()
    marker = run.predicted
    if marker.is_file() and run.predictions.is_file() and saved_bytes(marker) == wanted.encode():
        return
    extract(
        out,
        benchmark,
        media=benchmark.media,
        progress=lambda step, done, of: progress(step, done, of, ""),
    )
    write_file(marker, wanted)


def _score(out: Path, benchmark: Benchmark) -> dict[str, dict[str, ScoreDict]]:
    """Score the prediction file, as ``rmpl score`` does."""
    settings = SETTINGS if benchmark.has_images else ("text",)
    report = ReadReport()
    found = read_predictions(RunFolder(out).predictions, report=report)
    results = score_by_document(benchmark.documents, found, PROTOCOLS, settings)
    run, _ = split_by_run(settings, report)
    results = {name: scores.only(run) for name, scores in results.items()}
    return {
        name: {task: counts.to_dict() for task, counts in scores.total().items()}
        for name, scores in results.items()
    }
