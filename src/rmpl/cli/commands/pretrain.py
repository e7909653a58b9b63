"""``rmpl pretrain``: pretrain the base of the embedded model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.outputs import hold_folder, releases_locks


@releases_locks
def command(
    recipe: Annotated[Path, typer.Argument(help="Pretraining recipe, a YAML file.")],
    out: Annotated[Path, typer.Option(help="Output folder for the base model.")],
    work: Annotated[Path, typer.Option(help="Folder for data and checkpoints.")],
) -> None:
    """Pretrain the base of the embedded model on generic skills.

        rmpl pretrain recipes/embedded_base.yaml --out base --work work

    The skills need no event types or roles (docs/training.md).
    """
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
