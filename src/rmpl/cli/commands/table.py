"""``rmpl table``: the events of a prediction file as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    predictions: Annotated[
        Path, typer.Argument(help="What rmpl extract, predict or link wrote, .jsonl or .jsonl.gz.")
    ],
    *,
    sentences: Annotated[
        bool, typer.Option("--sentences", help="Also print the sentence, or the image's name.")
    ] = False,
) -> None:
    """Print one row per event: document, type, trigger, arguments, score."""
    from rmpl.errors import one_line
    from rmpl.predictions.table import HEADER, event_rows
    from rmpl.scoring.tables import aligned

    rows = [
        [
            row.document,
            row.event_type,
            row.trigger,
            row.arguments,
            "" if row.score is None else f"{row.score:.2f}",
            row.where,
        ]
        for row in event_rows(predictions)
    ]
    if not rows:
        typer.echo(f"{predictions}: no events")
        return
    columns = len(HEADER) if sentences else len(HEADER) - 1
    table = [list(HEADER[:columns]), *([one_line(cell) for cell in row[:columns]] for row in rows)]
    typer.echo("\n".join(aligned(table, left=columns)))
