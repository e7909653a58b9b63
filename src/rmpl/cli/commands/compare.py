"""``rmpl compare``: paired test between two systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.options import Protocols, RunSchema, ScoredSettings
from rmpl.cli.outputs import hold, releases_locks


@releases_locks
def command(
    first: Annotated[
        str, typer.Argument(help="Run folder or prediction file of the first system.")
    ],
    second: Annotated[
        str, typer.Argument(help="Run folder or prediction file of the second system.")
    ],
    gold: Annotated[Path, typer.Option(help="Gold: M2E2 folder, or a JSONL file.")],
    protocol: Protocols = None,
    settings: ScoredSettings = None,
    resamples: Annotated[
        int, typer.Option(help="The number of bootstrap resamples and of random swaps.", min=1)
    ] = 1000,
    seed: Annotated[int, typer.Option(help="Random seed of both.", min=0)] = 0,
    json: Annotated[Path | None, typer.Option(help="Write the differences as JSON.")] = None,
    schema: RunSchema = None,
) -> None:
    """Compare two systems by a paired test over documents.

        rmpl compare runs/a runs/b --gold world/m2e2

    Takes run folders or prediction files. p-values are corrected by Holm's method.
    """
    from rmpl.cli.scoring import (
        column_names,
        gold_notes,
        not_run_notes,
        noting,
        predictions_of,
        print_doubts,
        print_warnings,
        require_documents,
        schema_of,
        split_settings,
        warn_unanswered,
        write_json,
    )
    from rmpl.corpora.gold import read_gold
    from rmpl.io.read_report import ReadReport
    from rmpl.ontology import load_ontology
    from rmpl.predictions.file import read_predictions
    from rmpl.predictions.media_run import split_by_run
    from rmpl.scoring import Scores, score_by_document
    from rmpl.scoring.bootstrap import compare
    from rmpl.scoring.tables import difference_lines

    titles = column_names(first, second)
    first, second = predictions_of(first), predictions_of(second)
    schema = schema_of(first, second) if schema is None else schema
    hold(json, reads=(first, second, gold, schema))
    names = list(dict.fromkeys(protocol or ["strict"]))
    chosen = split_settings(settings)
    ontology = load_ontology(schema)
    reference = read_gold(gold, entities="gold-entities" in names, ontology=ontology)
    print_warnings(reference.report, "gold")
    sides: list[dict[str, Scores]] = []
    for name, path in zip(titles, (first, second), strict=True):
        report, seen = ReadReport(), set[str]()
        found = read_predictions(
            path, ontology=ontology, candidates=reference.candidates, report=report
        )
        sides.append(score_by_document(reference.documents, noting(found, seen), names, chosen))
        require_documents(report, path)
        chosen, missing = split_by_run(chosen, report)
        for note in not_run_notes(missing):
            typer.echo(f"{name}: {note}")
        warn_unanswered(report, reference.documents, seen)
        print_warnings(report, name)
    sides = [{name: one.only(chosen) for name, one in side.items()} for side in sides]
    differences = {
        name: compare(sides[0][name], sides[1][name], resamples=resamples, seed=seed)
        for name in names
    }
    for name, tested in differences.items():
        typer.echo("\n".join(difference_lines(name, titles, tested)))
    print_doubts(gold, reference)
    for note in gold_notes(sides[0]):
        typer.echo(note)
    if json is not None:
        write_json(json, {n: {d.task: d for d in tested} for n, tested in differences.items()})
