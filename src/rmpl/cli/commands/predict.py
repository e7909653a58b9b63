"""``rmpl predict``: extract the events of a corpus with a trained run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.outputs import hold, lets_go


@lets_go
def command(
    run: Annotated[Path, typer.Argument(help="A run's folder, or that of one of its stages.")],
    data: Annotated[Path, typer.Option(help="The corpus's folder.")],
    corpus: Annotated[str, typer.Option(help="Its format.")] = "m2e2",
    out: Annotated[
        Path | None, typer.Option(help="Prediction file; default predictions.jsonl in the run.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of pictures; default images/ beside the corpus.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="Prompts answered together; 64 on a CPU, else 32.", min=1)
    ] = None,
    unconstrained: Annotated[
        bool, typer.Option("--unconstrained", help="Let the model write anything, legal or not.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(help="Only the first so many documents.", min=1)
    ] = None,
    min_pixels: Annotated[
        int, typer.Option(help="Least pixels of a picture; default as in training.", min=0)
    ] = 0,
    max_pixels: Annotated[
        int, typer.Option(help="Most pixels of a picture; default as in training.", min=0)
    ] = 0,
    other_pixels: Annotated[
        bool, typer.Option("--other-pixels", help="Allow other bounds than in training.")
    ] = False,
) -> None:
    """Extract the events of a corpus: mentions, then arguments, then links."""
    from rmpl.cli.progress import Bars
    from rmpl.corpora.registry import read_corpus
    from rmpl.extraction.calibration import read_calibration
    from rmpl.extraction.engines.local.engine import LocalEngine
    from rmpl.extraction.pipeline import Pipeline
    from rmpl.predictions.file import write_predictions
    from rmpl.runs.folder import RunFolder
    from rmpl.runs.trained import load_trained, ontology_of

    target = out if out is not None else RunFolder(run).predictions
    if out is not None or run.is_dir():  # if it is none, loading it will tell
        hold(target)
    documents = list(read_corpus(corpus, data, images=images))[:limit]
    pictures = [image for document in documents for image in document.images]
    missing = sum(picture.path is None for picture in pictures)
    media = ("text",) if missing and missing == len(pictures) else ("text", "image")
    backbone = load_trained(
        run, min_pixels=min_pixels, max_pixels=max_pixels, other_pixels=other_pixels
    )
    pipeline = Pipeline(
        LocalEngine(backbone, batch=batch),
        backbone.context(ontology_of(run)),
        media=media,
        calibration=read_calibration(run),
        constrained=not unconstrained,
    )
    with Bars() as bars:
        write_predictions(pipeline.stream(documents, bars.update), target)
    typer.echo(f"predictions: {target}")
    for task, asked in pipeline.asked.items():
        typer.echo(f"{task}: {asked} prompts, {pipeline.failures[task]} answers not readable whole")
    if missing:
        what = "image and multimedia not run" if len(media) == 1 else "those pictures not read"
        typer.echo(
            f"{what}: {missing} images missing, obtain them from the corpus's authors "
            "(docs/data.md) and put them into images/ beside the annotations"
        )
