"""``rmpl synthetic``: write the synthetic corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("world"),
    seed: Annotated[int, typer.Option(help="Random seed; another seed gives another corpus.")] = 7,
    scale: Annotated[float, typer.Option(help="Size relative to the demo's.", min=0.01)] = 1.0,
    *,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Write it again even if it exists.")
    ] = False,
) -> None:
    """Write the synthetic corpus, with text, images and links.

        rmpl synthetic --out world

    It is written in the formats of ACE, SWiG, MNRE and M2E2. A complete corpus of the same seed and
    size in the output folder is kept.
    """
    from rmpl.cli.progress import Bars
    from rmpl.synthetic.build import build_world, is_built

    if not fresh and is_built(out, seed=seed, scale=scale):
        typer.echo(f"{out}: this synthetic corpus already exists")
        return
    with Bars() as bars:
        about = build_world(
            out,
            seed=seed,
            scale=scale,
            progress=lambda done, total, _: bars.update("synthetic corpus", done, total),
        )
    for corpus, counts in about["counts"].items():
        typer.echo(f"{corpus}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
