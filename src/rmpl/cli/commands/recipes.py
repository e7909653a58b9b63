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
    """List the recipes and ablation grids of the package; with --out, copy them to a folder.

    Other commands accept the listed names from any folder. The copy includes the launch files for
    accelerate (launch/).
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
