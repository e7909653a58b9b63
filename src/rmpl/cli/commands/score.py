"""``rmpl score``: score a prediction file under named protocols."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmpl.cli.options import Protocols, RunSchema, ScoredSettings
from rmpl.cli.outputs import hold, releases_locks

if TYPE_CHECKING:
    from rmpl.records import Document


@releases_locks
def command(
    predictions: Annotated[
        str | None,
        typer.Argument(
            help="Run folder, prediction file (JSONL, may be gzipped), or - for standard input."
        ),
    ] = None,
    gold: Annotated[Path | None, typer.Option(help="Gold: M2E2 folder, or a JSONL file.")] = None,
    protocol: Protocols = None,
    settings: ScoredSettings = None,
    intervals: Annotated[
        bool, typer.Option("--intervals", help="Add 95% bootstrap intervals over documents.")
    ] = False,
    resamples: Annotated[
        int, typer.Option(help="The number of resamples of --intervals.", min=1)
    ] = 1000,
    seed: Annotated[int, typer.Option(help="Random seed of --intervals.", min=0)] = 0,
    errors: Annotated[
        bool, typer.Option("--errors", help="Print the error analysis of strict scoring.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the scores as JSON.")] = None,
    errors_json: Annotated[
        Path | None, typer.Option(help="Write the error analysis as JSON.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write scores and error analysis as one HTML page.")
    ] = None,
    schema: RunSchema = None,
    list_protocols: Annotated[
        bool,
        typer.Option(
            "--list-protocols", help="List the protocols and what each one grants, then exit."
        ),
    ] = False,
) -> None:
    """Score predictions against gold: precision, recall, F1, counts.

        rmpl score runs/tiny --gold world/m2e2

    Takes a run folder or the prediction file of any system (docs/scoring.md).
    """
    from rmpl.cli.scoring import (
        gold_notes,
        intervals_of,
        not_run_notes,
        noting,
        origin_notes,
        plain_scores,
        predictions_of,
        print_doubts,
        print_warnings,
        require_documents,
        schema_of,
        split_settings,
        warn_unanswered,
        with_text,
    )
    from rmpl.corpora.gold import read_gold
    from rmpl.errors import RmplError
    from rmpl.io.read_report import ReadReport
    from rmpl.ontology import load_ontology
    from rmpl.predictions.file import read_predictions
    from rmpl.predictions.media_run import split_by_run
    from rmpl.scoring import score_by_document
    from rmpl.scoring.tables import protocol_lines, score_lines

    if list_protocols:
        typer.echo("\n".join(protocol_lines()))
        return
    if predictions is None or gold is None:
        raise RmplError(
            "a run folder or prediction file and --gold are needed",
            remedy="rmpl score RUN_OR_JSONL --gold FOLDER_OR_JSONL",
        )
    predictions = predictions_of(predictions)
    schema = schema_of(predictions) if schema is None else schema
    hold(json, errors_json, html, reads=(predictions, gold, schema))
    names = list(dict.fromkeys(protocol or ["strict"]))
    chosen = split_settings(settings)
    ontology = load_ontology(schema)
    reference = read_gold(gold, entities="gold-entities" in names, ontology=ontology)
    print_warnings(reference.report, "gold")
    report = ReadReport()
    seen: set[str] = set()
    read = read_predictions(
        predictions, ontology=ontology, candidates=reference.candidates, report=report
    )
    found = noting(read, seen)
    analysing = errors or errors_json is not None or html is not None
    kept = list(found) if analysing else []
    results = score_by_document(reference.documents, kept if analysing else found, names, chosen)
    require_documents(report, predictions)
    chosen, not_run = split_by_run(chosen, report)
    if not_run:
        results = {name: scores.only(chosen) for name, scores in results.items()}
    warn_unanswered(report, reference.documents, seen)
    bounds = intervals_of(results, resamples, seed) if intervals else {}
    print_warnings(report)
    for name, scores in results.items():
        typer.echo("\n".join(score_lines(name, scores.total(), bounds.get(name), not_run)))
    notes = print_doubts(gold, reference)
    if json is not None:
        _write(json, plain_scores(results, bounds), gold)
    if not (analysing and chosen):
        return
    documents = with_text(gold, reference)
    if errors or errors_json is not None:
        _analyse(documents, kept, chosen, errors_json, shown=errors)
    if html is not None:
        from rmpl.viewer.report import write_report

        write_report(
            html,
            title=f"Scores of {predictions}",
            summary_scores={
                name: {task: counts.to_dict() for task, counts in scores.total().items()}
                for name, scores in results.items()
            },
            curves={},
            gold=documents,
            predicted=kept,
            notes=[
                *origin_notes(gold),
                *notes,
                *gold_notes(results),
                *not_run_notes(not_run),
                *report.lines(),
            ],
            intervals=bounds or None,
            settings=chosen,
        )


def _write(file: Path, scores: object, gold: Path) -> None:
    """Write the scores; a run's own are noted in its record."""
    from rmpl.cli.scoring import write_json
    from rmpl.runs.folder import METRICS
    from rmpl.runs.origins import record_scored

    write_json(file, scores)
    if file.name == METRICS:
        record_scored(file.parent, gold)


def _analyse(
    gold: list[Document],
    predicted: list[Document],
    settings: list[str],
    file: Path | None,
    *,
    shown: bool,
) -> None:
    import msgspec

    from rmpl.cli.scoring import write_json
    from rmpl.io.formats import ERRORS
    from rmpl.scoring.analysis import analyse
    from rmpl.scoring.tables import analysis_lines

    analysis = analyse(gold, predicted, settings)
    if shown:
        typer.echo("\n".join(analysis_lines(analysis)))
    if file is not None:
        write_json(file, {"format": ERRORS, **msgspec.structs.asdict(analysis)})
