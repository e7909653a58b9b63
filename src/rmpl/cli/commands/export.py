"""``rmpl export``: copy a finished run into a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.options import RunArgument


def command(
    run: RunArgument,
    out: Annotated[Path, typer.Argument(help="New folder; a run folder again.")],
    *,
    rank: Annotated[
        int | None,
        typer.Option(help="Reduce adapters to this rank, keeping the largest components.", min=1),
    ] = None,
    bf16: Annotated[
        bool, typer.Option("--bf16", help="Store adapters in bf16: half the size.")
    ] = False,
) -> None:
    """Copy a run's weights, recipe, scores and model card into a folder; never data.

    These are the files that `rmpl push` uploads. The folder can be used wherever a run can.
    """
    from rmpl.runs.export import export

    found = export(run, out, rank=rank, bf16=bf16)
    for name, size in found.sizes.items():
        typer.echo(f"{size:>15,}  {name}")
    typer.echo(f"{sum(found.sizes.values()):>15,}  bytes in {len(found.sizes)} files")
    for name, share in found.kept.items():
        if share < 1.0:
            typer.echo(f"{name}: rank {rank} keeps {share:.1%} of its squared singular values")
    typer.echo(f"exported: {out}")
