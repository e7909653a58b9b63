"""``rmpl recipes``: what comes with the package, listed or copied."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    out: Annotated[
        Path | None, typer.Option(help="A new folder to copy them to, to be changed there.")
    ] = None,
) -> None:
    """List the recipes and grids that come with RMPL; with --out, copy them to a folder.

    Commands take them by the names listed here, from any folder. The copy has the files for
    accelerate (launch/), too.
    """
    from rmpl.recipe.shipped import RECIPES, copy_shipped, shipped_recipes

    if out is not None:
        copy_shipped(RECIPES, out)
        typer.echo(f"recipes: {out}")
        return
    found = list(shipped_recipes())
    width = max(len(one.path) for one in found)
    for one in found:
        typer.echo(f"{one.path:{width}}  {one.about}")
