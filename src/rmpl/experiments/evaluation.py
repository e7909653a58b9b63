"""What a trained run finds in a benchmark, and how much of it is right."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from rmpl.corpora.registry import read_corpus
from rmpl.extraction.calibration import read_calibration
from rmpl.extraction.engines.local.engine import LocalEngine
from rmpl.extraction.pipeline import Pipeline, Report
from rmpl.predictions.file import write_predictions
from rmpl.predictions.media_run import settings_of
from rmpl.records import Document
from rmpl.runs.folder import RunFolder
from rmpl.runs.trained import load_trained, ontology_of
from rmpl.scoring import Scores, score_by_document
from rmpl.training.data.training_data import digest_of

STRICT = "strict"

Progress = Callable[[str, int, int], None]
"""Called with (step, done, total)."""


def document_report(progress: Progress | None) -> Report | None:
    """Return a callback that reports every document to ``progress``."""
    if progress is None:
        return None
    return lambda step, done, total, _: progress(step, done, total)


class Benchmark:
    """Gold documents that runs are scored on.

    Parameters
    ----------
    reader
        The name of a corpus reader.
    path
        Its folder or file.
    limit
        The maximum number of documents, from the first on.

    Raises
    ------
    RmplError
        If it is not there or malformed.
    """

    def __init__(self, reader: str, path: Path, *, limit: int | None = None) -> None:
        self.path = path
        self.documents: list[Document] = list(read_corpus(reader, path))[:limit]
        images = [image for one in self.documents for image in one.images]
        self.missing = sum(image.path is None for image in images)
        """The number of images without a file."""
        self.has_images = not images or self.missing < len(images)

    @property
    def media(self) -> tuple[str, ...]:
        """The media to extract from: without images if no image file exists."""
        return ("text", "image") if self.has_images else ("text",)

    @functools.cached_property
    def digest(self) -> str:
        """The SHA-256 of its documents."""
        return digest_of(self.documents)


def extract(
    run: Path, benchmark: Benchmark, *, media: Sequence[str], progress: Progress | None = None
) -> tuple[list[Document], tuple[str, ...]]:
    """Extract a benchmark's events with a run and write them into its folder.

    They are returned with the media that were run: those of ``media`` that the model reads.

    Parameters
    ----------
    run
        The run's folder; ``predictions.jsonl`` is written into it.
    benchmark
        The documents.
    media
        The media to extract from: text, image.
    progress
        Called at every step.

    Raises
    ------
    RmplError
        If no stage of the run is finished.
    """
    backbone = load_trained(run)
    context = backbone.context(ontology_of(run))
    pipeline = Pipeline(
        LocalEngine(backbone), context, media=tuple(media), calibration=read_calibration(run)
    )
    found = list(pipeline.stream(benchmark.documents, document_report(progress)))
    write_predictions(found, RunFolder(run).predictions, media=pipeline.media)
    return found, pipeline.media


def measure(
    run: Path,
    benchmark: Benchmark,
    *,
    media: Sequence[str],
    settings: Sequence[str],
    progress: Progress | None = None,
) -> Scores:
    """Extract a benchmark's events, see ``extract``, and score them strictly in some settings.

    Settings that the model cannot run have no scores.
    """
    found, ran = extract(run, benchmark, media=media, progress=progress)
    possible = [one for one in settings if one in settings_of(ran) or "image" not in media]
    return score_by_document(benchmark.documents, found, [STRICT], possible)[STRICT]
