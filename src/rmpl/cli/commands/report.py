"""``rmpl report``: draw a run's predictions beside the gold, with scores and training curves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.options import CorpusOption, Images, RunSchema
from rmpl.cli.outputs import hold, releases_locks


@releases_locks
def command(
    run: Annotated[Path, typer.Argument(help="Run folder, or a prediction file.")],
    data: Annotated[
        Path, typer.Option("--gold", "--data", help="Corpus folder with the gold annotation.")
    ],
    corpus: CorpusOption = "m2e2",
    images: Images = None,
    out: Annotated[
        Path | None, typer.Option(help="Output page. Default: report.html in the run folder.")
    ] = None,
    documents: Annotated[
        int,
        typer.Option(help="Documents to draw; more than 100 are split over several pages.", min=0),
    ] = 12,
    title: Annotated[str | None, typer.Option(help="Title of the page.")] = None,
    schema: RunSchema = None,
) -> None:
    """Write a page: scores, errors, gold beside predicted events.

        rmpl report runs/tiny --gold world/m2e2

    The page needs no other file and no network; it shows training curves, too.
    """
    from rmpl.cli.scoring import (
        not_run_notes,
        origin_notes,
        predictions_of,
        print_warnings,
        require_documents,
        schema_of,
    )
    from rmpl.corpora.registry import read_corpus
    from rmpl.io.read_report import ReadReport
    from rmpl.ontology import load_ontology
    from rmpl.predictions.file import read_predictions
    from rmpl.predictions.media_run import split_by_run
    from rmpl.runs.curve import read_curves
    from rmpl.runs.folder import RunFolder
    from rmpl.runs.notices import notice_of
    from rmpl.scoring import SETTINGS
    from rmpl.scoring.bootstrap import intervals
    from rmpl.scoring.documents import score_by_document
    from rmpl.viewer.report import write_report

    folder = run if run.is_dir() else run.parent
    place = RunFolder(folder)
    target = out if out is not None else place.report
    hold(target, reads=(run, place.predictions, data, images, schema))
    predictions = predictions_of(run)
    gold = list(read_corpus(corpus, data, images=images))
    read = ReadReport()
    ontology = load_ontology(schema_of(predictions) if schema is None else schema)
    predicted = list(read_predictions(predictions, ontology=ontology, report=read))
    require_documents(read, predictions)
    print_warnings(read)
    images_of_all = [image for document in gold for image in document.images]
    missing = sum(image.path is None for image in images_of_all)
    settings, not_run = split_by_run(SETTINGS, read)
    notes = origin_notes(data)
    if missing:
        notes.append(f"{missing:,} of {len(images_of_all):,} images are missing")
    if missing and not any(document.image_events for document in predicted):
        settings, not_run = ["text"], ["image", "multimedia"]
    notes += not_run_notes(not_run)
    scores = score_by_document(gold, predicted, ("strict", "legacy"), settings)
    written = write_report(
        target,
        title=title if title is not None else _title(folder, data, corpus),
        summary_scores={
            name: {task: counts.to_dict() for task, counts in one.total().items()}
            for name, one in scores.items()
        },
        intervals={name: intervals(one) for name, one in scores.items() if one.documents},
        curves=read_curves(folder),
        gold=gold,
        predicted=predicted,
        notes=notes,
        warnings=[said] if (said := notice_of(folder, [data])) else [],
        limit=documents,
        settings=settings,
    )
    for path in written:
        typer.echo(f"report: {path}")


def _title(run: Path, data: Path, corpus: str) -> str:
    """Return a title that names the corpus, and marks the synthetic corpus as such."""
    from rmpl.corpora.origin import is_synthetic

    synthetic = f"the synthetic corpus, in the format of {corpus}"
    return f"RMPL: {run.resolve().name} on {synthetic if is_synthetic(data) else data.name}"
