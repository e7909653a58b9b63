"""``rmpl reproduce``: one row of the results table, from data to scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmpl.cli.options import Limit, Overrides, RecipeArgument, RecipeData

if TYPE_CHECKING:
    from rmpl.experiments.evaluation import Benchmark
    from rmpl.experiments.lock import Lock
    from rmpl.experiments.requirements import Requirement
    from rmpl.recipe.recipe import Recipe

DIFFERS = 1
"""Exit code if scores or losses differ from the lock file."""


def command(
    recipe: RecipeArgument,
    out: Annotated[
        Path | None, typer.Option(help="Run folder. Default: runs/reproduce/NAME.")
    ] = None,
    data: RecipeData = None,
    benchmark: Annotated[
        Path | None, typer.Option(help="M2E2 folder. Default: m2e2 in the data folder.")
    ] = None,
    limit: Limit = None,
    set_: Overrides = None,
    verify: Annotated[
        Path | None,
        typer.Option(help="Lock file to compare with; exit code 1 if scores or losses differ."),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what is available and what is missing.")
    ] = False,
) -> None:
    """Reproduce a row of the results table, and write a lock file.

        rmpl reproduce recipes/tiny.yaml --data world

    Checks the data, trains, predicts, scores, and prints the row. The lock file records recipe,
    seed, data digests, versions and scores. Finished work is kept; run the same command again to
    resume.
    """
    from rmpl.cli.progress import Bars
    from rmpl.errors import RmplError
    from rmpl.experiments.evaluation import Benchmark
    from rmpl.experiments.lock import read_lock
    from rmpl.experiments.reproduction import prepare_data, reproduce
    from rmpl.experiments.requirements import requirements
    from rmpl.recipe.recipe import load_recipe
    from rmpl.runs.folder import RunFolder
    from rmpl.runs.processes import is_first

    locked = None if verify is None else read_lock(verify)
    loaded = load_recipe(recipe, set_)
    folder = out if out is not None else Path("runs") / "reproduce" / loaded.name
    corpora = data if data is not None else Path(loaded.data)
    gold = benchmark if benchmark is not None else corpora / "m2e2"
    with Bars() as bars:
        if not dry_run and is_first() and prepare_data(loaded, corpora, bars.update):
            typer.echo(f"{corpora}: wrote the synthetic corpus, as the folder had no data")
        needed = requirements(loaded, corpora, gold, folder)
        if is_first():
            _print_requirements(needed)
        blocking = [one.what for one in needed if one.blocks and not one.is_met]
        if blocking:
            raise RmplError(
                f"missing: {', '.join(blocking)}",
                where=str(recipe),
                remedy="obtain it as described above and run the same command again",
            )
        if dry_run:
            typer.echo("everything required is available; nothing was trained or written")
            return
        documents = Benchmark("m2e2", gold, limit=limit)
        found = reproduce(loaded, folder, corpora, documents, bars.update, RunFolder(folder).lock)
    if found is None:
        return
    _show(loaded.name, found)
    _show_baseline(loaded, corpora, documents, RunFolder(folder).predictions)
    typer.echo(f"lock file: {RunFolder(folder).lock}")
    if locked is not None and verify is not None and _differ(verify, locked, found):
        raise typer.Exit(DIFFERS)


def _print_requirements(needed: list[Requirement]) -> None:
    for one in needed:
        state = "available" if one.is_met else "MISSING" if one.blocks else "not available"
        typer.echo(f"{state}: {one.what}: {one.found}")
        if not one.is_met:
            for line in one.remedy:
                typer.echo(f"    {line}")


def _show(name: str, lock: Lock) -> None:
    from rmpl.experiments.published import table_lines
    from rmpl.scoring import Counts
    from rmpl.scoring.tables import score_lines

    for protocol, tasks in lock.scores.items():
        counts = {t: Counts(one["tp"], one["n_pred"], one["n_gold"]) for t, one in tasks.items()}
        typer.echo("\n".join(score_lines(protocol, counts)))
    typer.echo("")
    typer.echo("\n".join(table_lines(name, lock.scores["strict"])))
    if lock.world is not None:
        typer.echo("synthetic corpus: these scores cannot be compared with published ones")


def _show_baseline(recipe: Recipe, data: Path, gold: Benchmark, predictions: Path) -> None:
    """Print the row of the baseline that needs no model, where the run finds events in texts."""
    from rmpl.experiments.lexicon_baseline import against_lexicon, lexicon_baseline
    from rmpl.scoring.tables import difference_lines, score_lines

    baseline = lexicon_baseline(recipe, data, gold.documents)
    if baseline is None:
        return
    scores, differences = against_lexicon(gold.documents, predictions, baseline)
    mentions = {"text_emi": scores.total()["text_emi"]}
    typer.echo(f"\nlexicon: {len(baseline.lexicon.words):,} words of the same corpora, no model")
    typer.echo("\n".join(score_lines("strict", mentions)))
    typer.echo("\n".join(difference_lines("strict", (recipe.name, "lexicon"), differences)))


def _differ(path: Path, locked: Lock, here: Lock) -> bool:
    """Print the differences from a lock file; return whether a score or loss differs."""
    from rmpl.experiments.lock import deviations, figures

    found = deviations(locked, here)
    for one in found:
        typer.echo(f"{one.kind}: {one.key}: {one.locked} in the lock file, {one.here} here")
    wrong = sum(one.kind == "figure" for one in found)
    typer.echo(f"{path}: {wrong} of {figures(locked)} figures differ")
    return wrong > 0
