"""``rmpl world``: write the generated corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("world"),
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 7,
    scale: Annotated[float, typer.Option(help="Size, 1 being the demo's.", min=0.01)] = 1.0,
    *,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Write it again even if it is there.")
    ] = False,
) -> None:
    """Write the generated world: ACE, SWiG, MNRE and M2E2 in their own formats.

    A world that is already there, whole and of the same seed and size, is kept.
    """
    from rmpl.cli.progress import Bars
    from rmpl.synthetic.build import build_world, is_built

    if not fresh and is_built(out, seed=seed, scale=scale):
        typer.echo(f"{out}: this world is already there")
        return
    with Bars() as bars:
        about = build_world(
            out,
            seed=seed,
            scale=scale,
            progress=lambda done, total, _: bars.update("world", done, total),
        )
    for corpus, counts in about["counts"].items():
        typer.echo(f"{corpus}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
