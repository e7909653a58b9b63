"""``rmpl table``: the events of a prediction file as tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmpl.cli.event_files import MinScore, refuse_made, say_counts, say_files
from rmpl.cli.outputs import hold, releases_locks

if TYPE_CHECKING:
    from rmpl.predictions.table import EventRow


@releases_locks
def command(
    predictions: Annotated[
        Path,
        typer.Argument(
            help="What rmpl extract, predict or link wrote, .jsonl or .jsonl.gz, or - for standard "
            "input."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write a table of events and one of arguments (.csv, .xlsx, .parquet), or a graph "
            "(.graphml, .jsonld). Default: print the events."
        ),
    ] = None,
    min_score: MinScore = None,
    *,
    sentences: Annotated[
        bool, typer.Option("--sentences", help="Also print the sentence, or the image's name.")
    ] = False,
) -> None:
    """Print or write events as a table, one row per event.

        rmpl table news.jsonl --out news.csv

    A row has the document, the type, the trigger, who by role, the score and the place. The last
    line is the number of events by type.
    """
    from rmpl.cli.scoring import print_warnings
    from rmpl.io.read_report import ReadReport
    from rmpl.predictions.exports import export, export_files
    from rmpl.predictions.results import read_results
    from rmpl.predictions.selection import EventCounts
    from rmpl.predictions.table import event_rows

    refuse_made(predictions)
    if out is not None:
        hold(*export_files(out), reads=(predictions,))
    report, counts = ReadReport(), EventCounts(min_score)
    documents = map(counts.select, read_results(predictions, report))
    if out is not None:
        say_files(export(documents, out, report))
    elif rows := list(event_rows(documents)):
        typer.echo("\n".join(_lines(rows, sentences=sentences)))
    print_warnings(report)
    say_counts(counts)


def _lines(rows: list[EventRow], *, sentences: bool) -> list[str]:
    from rmpl.errors import one_line
    from rmpl.scoring.tables import aligned

    table = [["document", "event", "trigger", "arguments", "score", *["where"] * sentences]]
    for row in rows:
        filled = "; ".join(f"{one.role}: {one.filler}" for one in row.arguments)
        score = "" if row.score is None else f"{row.score:.2f}"
        cells = [row.document, row.event_type, row.trigger, filled, score]
        cells += [row.sentence or row.image] * sentences
        table.append(list(map(one_line, cells)))
    return aligned(table, left=len(table[0]))
