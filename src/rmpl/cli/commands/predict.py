"""``rmpl predict``: extract the events of a corpus with a trained run."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rmpl.cli.default_model import warn_of
from rmpl.cli.event_files import interruptible
from rmpl.cli.options import AutoBatch, CorpusOption, FirstSplit, Images, Limit, Unconstrained
from rmpl.cli.outputs import hold, releases_locks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rmpl.extraction.pipeline import Pipeline
    from rmpl.records import Document


@releases_locks
def command(
    run: Annotated[
        Path, typer.Argument(help="Run folder, that of one of its stages, or real-text.")
    ],
    data: Annotated[Path, typer.Option(help="Corpus folder.")],
    corpus: CorpusOption = "m2e2",
    split: FirstSplit = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Prediction file to write, .jsonl or .jsonl.gz, or - for stdout. Default: "
            "predictions.jsonl in RUN."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an interrupted prediction file.")
    ] = False,
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

    Finished documents are kept in unfinished-predictions.jsonl, which becomes the prediction file
    when it is complete; --resume continues it. An older prediction file stays until then.
    """
    from rmpl.corpora.registry import read_corpus
    from rmpl.extraction.calibration import read_calibration
    from rmpl.extraction.engines.local.engine import LocalEngine
    from rmpl.extraction.pipeline import Pipeline
    from rmpl.predictions.results import is_stream
    from rmpl.predictions.unfinished import check_unfinished
    from rmpl.runs.folder import stage_folder
    from rmpl.runs.shipped import is_shipped, shipped_run
    from rmpl.runs.trained import load_trained, ontology_of
    from rmpl.training.data.training_data import digest_of

    target = out if out is not None else _beside(run)
    run = shipped_run() if is_shipped(run) else run
    check_unfinished(target, resume=resume)
    if not is_stream(target) and (out is not None or run.is_dir()):  # else loading it reports it
        hold(target, reads=(run, data, images))
    documents = list(read_corpus(corpus, data, split=split, images=images))[:limit]
    found = [image for document in documents for image in document.images]
    missing = sum(image.path is None for image in found)
    media = ("text",) if missing and missing == len(found) else ("text", "image")
    warn_of(run, [data])
    backbone = load_trained(
        run, min_pixels=min_pixels, max_pixels=max_pixels, other_pixels=other_pixels
    )
    ontology, calibration = ontology_of(run), read_calibration(run)
    pipeline = Pipeline(
        LocalEngine(backbone, batch=batch),
        backbone.context(ontology),
        media=media,
        calibration=calibration,
        constrained=not unconstrained,
    )
    about = {
        "model": {"run": str(run), "weights": stage_folder(run).read_trained()},
        "schema": ontology,
        "calibration": calibration,
        "constrained": not unconstrained,
        "image_size": [min_pixels, max_pixels],
        "media": pipeline.media,
        "corpus": digest_of(documents),
    }
    _predict(pipeline, documents, target, about)
    say = functools.partial(typer.echo, err=is_stream(target))
    say(f"predictions: {target}")
    for task, asked in pipeline.asked.items():
        if asked:
            say(f"{task}: {asked} prompts, {pipeline.failures[task]} unparseable answers")
    if found and "image" not in pipeline.media and "image" in media:
        say("images are not read by this model: image and multimedia settings not run")
    elif missing:
        what = (
            "image and multimedia settings not run"
            if len(media) == 1
            else "those images were skipped"
        )
        say(
            f"{what}: {missing} images missing; obtain them from the corpus's authors "
            "(docs/data.md) and put them into images/ beside the annotations"
        )


def _beside(run: Path) -> Path:
    """Return the prediction file in a run's folder."""
    from rmpl.errors import RmplError
    from rmpl.runs.folder import RunFolder
    from rmpl.runs.shipped import is_shipped

    if is_shipped(run):
        raise RmplError(
            "--out is missing: nothing is written into the run that the package contains",
            where=str(run),
            remedy="name a file with --out",
        )
    return RunFolder(run).predictions


def _predict(
    pipeline: Pipeline, documents: Sequence[Document], target: Path, about: Mapping[str, Any]
) -> None:
    """Predict the documents that are not finished yet, and put the prediction file in place."""
    from rmpl.cli.progress import Bars
    from rmpl.predictions.file import prediction_line
    from rmpl.predictions.unfinished import open_unfinished, put_in_place

    results = open_unfinished(target, about)
    with interruptible(results):
        before = len(results.done)
        left = [document for document in documents if document.id not in results.done]

        def show(step: str, done: int, total: int, note: str) -> None:
            bars.update(step, before + done, before + total, note)

        with Bars() as bars:
            for found in pipeline.stream(left, show):
                results.append(prediction_line(found, pipeline.media))
                results.done.add(found.id)
        put_in_place(results, target)
