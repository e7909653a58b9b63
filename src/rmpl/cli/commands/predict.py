"""``rmpl predict``: extract the events of a corpus with a trained run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.default_model import warn_of
from rmpl.cli.options import AutoBatch, CorpusOption, FirstSplit, Images, Limit, Unconstrained
from rmpl.cli.outputs import hold, releases_locks


@releases_locks
def command(
    run: Annotated[Path, typer.Argument(help="Run folder, or the folder of one of its stages.")],
    data: Annotated[Path, typer.Option(help="Corpus folder.")],
    corpus: CorpusOption = "m2e2",
    split: FirstSplit = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Prediction file to write. Default: predictions.jsonl in RUN."),
    ] = None,
    images: Images = None,
    batch: AutoBatch = None,
    unconstrained: Unconstrained = False,
    limit: Limit = None,
    min_pixels: Annotated[
        int,
        typer.Option(
            help="Minimum pixels per image. Default: as in training.", min=0, show_default=False
        ),
    ] = 0,
    max_pixels: Annotated[
        int,
        typer.Option(
            help="Maximum pixels per image. Default: as in training.", min=0, show_default=False
        ),
    ] = 0,
    other_pixels: Annotated[
        bool, typer.Option("--other-pixels", help="Allow pixel bounds that differ from training.")
    ] = False,
) -> None:
    """Extract the events of a corpus: mentions, arguments, links.

    rmpl predict runs/tiny --data world/m2e2
    """
    from rmpl.cli.progress import Bars
    from rmpl.corpora.registry import read_corpus
    from rmpl.extraction.calibration import read_calibration
    from rmpl.extraction.engines.local.engine import LocalEngine
    from rmpl.extraction.pipeline import Pipeline
    from rmpl.predictions.file import write_predictions
    from rmpl.runs.folder import RunFolder
    from rmpl.runs.trained import load_trained, ontology_of

    target = out if out is not None else RunFolder(run).predictions
    if out is not None or run.is_dir():  # if not, loading it reports it
        hold(target, reads=(run, data, images))
    documents = list(read_corpus(corpus, data, split=split, images=images))[:limit]
    found = [image for document in documents for image in document.images]
    missing = sum(image.path is None for image in found)
    media = ("text",) if missing and missing == len(found) else ("text", "image")
    warn_of(run, [data])
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
        write_predictions(pipeline.stream(documents, bars.update), target, media=pipeline.media)
    typer.echo(f"predictions: {target}")
    for task, asked in pipeline.asked.items():
        typer.echo(f"{task}: {asked} prompts, {pipeline.failures[task]} unparseable answers")
    if found and "image" not in pipeline.media and "image" in media:
        typer.echo("images are not read by this model: image and multimedia settings not run")
    elif missing:
        what = (
            "image and multimedia settings not run"
            if len(media) == 1
            else "those images were skipped"
        )
        typer.echo(
            f"{what}: {missing} images missing; obtain them from the corpus's authors "
            "(docs/data.md) and put them into images/ beside the annotations"
        )
