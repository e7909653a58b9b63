"""``rmpl plot``: figures for papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.outputs import hold_folder, lets_go


@lets_go
def command(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            help="Runs' folders, and files of rmpl score --json or --errors-json or of rmpl ablate."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("plots"),
    ending: Annotated[
        list[str] | None, typer.Option("--format", help="svg, png or pdf; may be repeated.")
    ] = None,
    width: Annotated[float, typer.Option(help="Of a figure, in inches.", min=2, max=20)] = 6.3,
) -> None:
    """Plot scores side by side, F1 by event type, training curves, and ablations.

    What is drawn follows from what the files hold: scores of several systems stand side by side,
    with their intervals where they were computed.
    """
    from rmpl.errors import RmplError
    from rmpl.experiments.plot_inputs import read_inputs
    from rmpl.experiments.plots import FORMATS, write_plots

    formats = list(dict.fromkeys(ending or ["svg"]))
    for name in formats:
        if name not in FORMATS:
            raise RmplError(f"no format {name}", remedy=f"use one of {', '.join(FORMATS)}")
    found = read_inputs(inputs)
    hold_folder(out)
    for file in write_plots(found, out, formats=formats, width=width):
        typer.echo(f"plot: {file}")
