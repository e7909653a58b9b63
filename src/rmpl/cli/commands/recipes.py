"""``rmpl recipes``: list or copy the recipes of the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    out: Annotated[
        Path | None, typer.Option(help="New folder to copy them to, for editing.")
    ] = None,
) -> None:
    """List the recipes of the package, or copy them to a folder.

        rmpl recipes --out my_recipes

    Other commands accept the listed names from any folder. The copy includes the launch files for
    accelerate (launch/).
    """
    from rmpl.cli.listings import lines
    from rmpl.cli.listings import recipes as listed
    from rmpl.recipe.shipped import RECIPES, copy_shipped

    if out is not None:
        copy_shipped(RECIPES, out)
        typer.echo(f"recipes: {out}")
        return
    typer.echo("\n".join(lines(listed())))
