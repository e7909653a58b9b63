"""``rmpl plot``: figures for papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.outputs import hold_folder, releases_locks


@releases_locks
def command(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            help="Run folders, and files of rmpl score --json or --errors-json or rmpl ablate."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("plots"),
    ending: Annotated[
        list[str] | None, typer.Option("--format", help="File format: svg, png or pdf; repeatable.")
    ] = None,
    width: Annotated[float, typer.Option(help="Width of a figure in inches.", min=2, max=20)] = 6.3,
) -> None:
    """Plot scores, F1 by event type, training curves and ablations.

        rmpl plot runs/a runs/b --format pdf

    The inputs determine the figures: scores of several systems are drawn side by side, with
    intervals where they were computed.
    """
    from rmpl.errors import RmplError
    from rmpl.experiments.plot_inputs import read_inputs
    from rmpl.experiments.plots import FORMATS, write_plots

    formats = list(dict.fromkeys(ending or ["svg"]))
    for name in formats:
        if name not in FORMATS:
            raise RmplError(f"unknown format {name}", remedy=f"use one of {', '.join(FORMATS)}")
    found = read_inputs(inputs)
    hold_folder(out)
    for file in write_plots(found, out, formats=formats, width=width):
        typer.echo(f"plot: {file}")
