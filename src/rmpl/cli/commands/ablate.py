"""``rmpl ablate``: what every part of a recipe is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.outputs import hold, lets_go


@lets_go
def command(
    grid: Annotated[Path, typer.Argument(help="Grid of ablations, a YAML file.")],
    data: Annotated[
        Path, typer.Option(help="What paths of corpora and benchmark are relative to.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the runs; default runs/ablations/NAME.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Only the first so many seeds of the grid.", min=1)
    ] = None,
    cells: Annotated[
        str | None,
        typer.Option(help="Only these cells, with commas between, and the reference."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Runs at once; they share the cores.", min=1)] = 1,
    json: Annotated[
        Path | None, typer.Option(help="Write the result here, too; ablation.json in --out has it.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a key of the base recipe; may be repeated."),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list the cells and see that budgets agree.")
    ] = False,
) -> None:
    """Train, predict and score every cell of a grid with every seed; print the paper's table.

    Finished cells are kept: the same command goes on where it was stopped.
    """
    from rmpl.experiments.grid import load_plan

    plan = load_plan(grid, set_ or ())
    if dry_run:
        typer.echo(f"{plan.grid.name}: every cell takes {plan.budget}")
        for cell in plan.cells:
            typer.echo(f"  {cell.name}: {cell.about}")
        wanted = seeds or len(plan.grid.seeds)
        typer.echo(f"{len(plan.cells)} cells, {wanted} seeds; nothing was trained or written")
        return
    from rmpl.cli.progress import Bars
    from rmpl.experiments.ablation import RESULT, Ablation, write_result
    from rmpl.experiments.ablation_table import ablation_lines

    folder = out if out is not None else Path("runs") / "ablations" / plan.grid.name
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        hold(json)
    named = [] if cells is None else [name.strip() for name in cells.split(",")]
    ablation = Ablation(plan, folder, data, seeds=seeds, cells=named)
    with Bars() as bars:
        result = ablation.run(
            jobs=jobs, report=lambda done, of, said: bars.update("ablate", done, of, said)
        )
    if json is not None:
        write_result(result, json)
    typer.echo("\n".join(ablation_lines(result)))
    typer.echo(f"result: {json if json is not None else folder / RESULT}")
