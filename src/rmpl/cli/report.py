"""``rmpl report``: draw a run's predictions beside the gold, with scores and training curves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    run: Annotated[Path, typer.Argument(help="A run's folder, or a prediction file.")],
    data: Annotated[Path, typer.Option(help="The folder of the corpus that holds the gold.")],
    corpus: Annotated[str, typer.Option(help="Its format.")] = "m2e2",
    images: Annotated[
        Path | None, typer.Option(help="Folder of pictures; default images/ beside the corpus.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The page to write; default report.html beside the run.")
    ] = None,
    documents: Annotated[
        int, typer.Option(help="How many documents to draw; over 100 are paged.", min=0)
    ] = 12,
    title: Annotated[str | None, typer.Option(help="The page's title.")] = None,
) -> None:
    """Write one self-contained page: scores, errors, curves, documents gold beside predicted."""
    from rmpl.cli.scoring import require_documents
    from rmpl.corpora.predictions import read_predictions
    from rmpl.corpora.registry import read_corpus
    from rmpl.corpora.report import ReadReport
    from rmpl.scoring import SETTINGS
    from rmpl.scoring.bootstrap import intervals
    from rmpl.scoring.documents import score_by_document
    from rmpl.viewer.report import write_report

    folder, predictions = (run, run / "predictions.jsonl") if run.is_dir() else (run.parent, run)
    gold = list(read_corpus(corpus, data, images=images))
    read = ReadReport()
    predicted = list(read_predictions(predictions, report=read))
    require_documents(read, predictions)
    pictures = [image for document in gold for image in document.images]
    missing = sum(image.path is None for image in pictures)
    settings: tuple[str, ...] = SETTINGS
    notes = []
    if missing:
        notes.append(f"{missing:,} of {len(pictures):,} pictures are not at hand")
    if missing and not any(document.image_events for document in predicted):
        settings = ("text",)
        notes.append("image and multimedia were not run, which is not a score of zero")
    scores = score_by_document(gold, predicted, ("strict", "legacy"), settings)
    written = write_report(
        out if out is not None else folder / "report.html",
        title=title if title is not None else f"RMPL: {folder.resolve().name} on {data.name}",
        summary_scores={
            name: {task: counts.to_dict() for task, counts in one.total().items()}
            for name, one in scores.items()
        },
        intervals={name: intervals(one) for name, one in scores.items() if one.documents},
        curves=_read_curves(folder),
        gold=gold,
        predicted=predicted,
        notes=notes,
        limit=documents,
        settings=settings,
    )
    for path in written:
        typer.echo(f"report: {path}")


def _read_curves(run: Path) -> dict[str, list[dict[str, float]]]:
    """Return the training curve of every stage that has one, by the stage's name."""
    import json

    return {
        path.parent.name: [json.loads(line) for line in path.read_text().splitlines() if line]
        for path in sorted(run.glob("*/curve.jsonl"))
    }
