"""``rmpl train``: train the stages of a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.options import Overrides, RecipeArgument, RecipeData, Verbose


def command(
    recipe: RecipeArgument,
    out: Annotated[Path | None, typer.Option(help="Run folder. Default: runs/NAME.")] = None,
    data: RecipeData = None,
    set_: Overrides = None,
    *,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Report what training will take; needs no weights and no GPU."
        ),
    ] = False,
    gpus: Annotated[
        int | None, typer.Option(help="GPUs assumed by --dry-run. Default: 8.", min=1)
    ] = None,
    gpu_memory: Annotated[
        float, typer.Option(help="Memory per GPU in GiB, assumed by --dry-run.", min=1)
    ] = 80.0,
    verbose: Verbose = False,
) -> None:
    """Train the stages of a recipe in order.

        rmpl train recipes/tiny.yaml --data world --out runs/tiny

    Finished stages are kept; an interrupted stage resumes from its last checkpoint.
    """
    import math

    from rmpl.cli.progress import Bars
    from rmpl.recipe.recipe import load_recipe
    from rmpl.runs.processes import is_first, part
    from rmpl.training.run import Run

    loaded = load_recipe(recipe, set_)
    folder = out if out is not None else Path("runs") / loaded.name
    first = is_first()
    run = Run(loaded, folder, data if data is not None else Path(loaded.data))
    if dry_run:
        from rmpl.cli.dry_run import print_dry_run

        print_dry_run(run, gpus=gpus, gpu_memory=gpu_memory, verbose=verbose)
        return
    with Bars() as bars:

        def show(stage: str, step: int, steps: int, loss: float) -> None:
            said = "" if math.isnan(loss) else f"loss {loss:.3f}"
            bars.update(f"train {stage}", step, steps, said)

        run.train(show if first else None)
    part()
    if not first:
        return
    for name, report in run.readings.items():
        for line in report.lines(verbose=verbose):
            typer.echo(f"{name}: {line}")
    for note in run.notes:
        typer.echo(note)
    typer.echo(f"trained: {folder}")
