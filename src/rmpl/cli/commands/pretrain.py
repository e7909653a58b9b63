"""``rmpl pretrain``: make the embedded model's base again, from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.outputs import hold_folder, lets_go


@lets_go
def command(
    recipe: Annotated[Path, typer.Argument(help="Recipe of the base.")],
    out: Annotated[Path, typer.Option(help="Folder to write the base model to.")],
    work: Annotated[Path, typer.Option(help="Folder for data and checkpoints.")],
) -> None:
    """Make the embedded model's base: generic skills only, no event types or roles."""
    from rmpl.cli.progress import Bars
    from rmpl.embedded.pretraining import pretrain

    hold_folder(work)
    with Bars() as bars:
        pretrain(
            recipe,
            out=out,
            work=work,
            report=bars.update,
        )
    typer.echo(f"base: {out}")
