"""``rmpl ablate``: ablations over several seeds, with significance tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.outputs import hold, releases_locks


@releases_locks
def command(
    grid: Annotated[Path, typer.Argument(help="Ablation grid, a YAML file.")],
    data: Annotated[
        Path, typer.Option(help="Data folder; paths of corpora and benchmark are relative to it.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the runs. Default: runs/ablations/NAME.")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(help="The number of seeds to run, from the start of the grid's list.", min=1),
    ] = None,
    cells: Annotated[
        str | None,
        typer.Option(help="Run only these grid cells (comma-separated) and the reference."),
    ] = None,
    jobs: Annotated[
        int, typer.Option(help="The number of parallel runs; they share the CPU cores.", min=1)
    ] = 1,
    json: Annotated[
        Path | None,
        typer.Option(help="Also write the result to this file; --out always gets ablation.json."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a key of the base recipe; repeatable."),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the grid cells and check that budgets agree.")
    ] = False,
) -> None:
    """Run an ablation grid over several seeds, and print its table.

        rmpl ablate recipes/ablations/tiny.yaml --data world --seeds 3

    Every cell is trained, predicted and scored with every seed. Finished runs are kept; run the
    same command again to resume.
    """
    from rmpl.experiments.grid import load_plan

    plan = load_plan(grid, set_ or ())
    if dry_run:
        typer.echo(f"{plan.grid.name}: every grid cell takes {plan.budget}")
        for cell in plan.cells:
            typer.echo(f"  {cell.name}: {cell.about}")
        wanted = seeds or len(plan.grid.seeds)
        typer.echo(f"{len(plan.cells)} grid cells, {wanted} seeds; nothing was trained or written")
        return
    from rmpl.cli.progress import Bars
    from rmpl.experiments.ablation import RESULT, Ablation, write_result
    from rmpl.experiments.ablation_table import ablation_lines

    folder = out if out is not None else Path("runs") / "ablations" / plan.grid.name
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        hold(json, reads=(grid, data))
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
