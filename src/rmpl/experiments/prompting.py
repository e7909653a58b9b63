"""Prompting without training: rmpl's prompts and scorer, examples from training corpora.

This is a baseline of the paper. A model gets the same questions as a trained one, in full prompts,
with or without examples, with constrained or unconstrained decoding.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rmpl.backbones.backbone import load_to_answer
from rmpl.backbones.settings import Settings
from rmpl.experiments.evaluation import STRICT, Benchmark, Progress, document_report
from rmpl.experiments.free_answers import UnfencedEngine
from rmpl.extraction.engines.base import Engine
from rmpl.extraction.engines.local.engine import LocalEngine
from rmpl.extraction.pipeline import Pipeline
from rmpl.ontology import load_ontology
from rmpl.predictions.media_run import settings_of
from rmpl.records import Document, Image
from rmpl.runs.card import public_name
from rmpl.runs.provenance import surroundings
from rmpl.scoring import score_by_document
from rmpl.tasks import Context, Sample, make_task
from rmpl.tasks.media import MEDIA
from rmpl.tasks.same_event import SameEvent

EXAMPLED = (
    *(task.name for medium in MEDIA.values() for task in (medium.mentions, medium.arguments)),
    SameEvent.name,
)
"""The pipeline's tasks with examples; captions need none."""
_LONGEST = 600
"""Maximum characters of an example; longer ones would make every prompt expensive."""
_TYPE = re.compile(r'"type":"([^"]+)"')


def examples_of(
    documents: Sequence[Document],
    context: Context,
    shots: int,
    *,
    seed: int = 0,
    tasks: Sequence[str] = EXAMPLED,
) -> dict[str, str]:
    """Write worked examples for each task from its own training samples.

    Half of them are negative (nothing to find, not the same event), if the task has such; the
    others are of different types as far as possible. A prompt has only one image, that of the
    question, so examples have captions instead: they show the format of answers and which events
    count, but not where things are in an image.

    Parameters
    ----------
    documents
        Of training corpora, never of the benchmark.
    context
        The context of the prompts; ``full`` style.
    shots
        The number of examples per task.
    seed
        Random seed of their choice.
    tasks
        Names of tasks; those without samples in the documents get no examples.
    """
    if not shots:
        return {}
    captions = {e.image_id: e.caption for d in documents for e in d.image_events if e.caption}
    written = {}
    for name in tasks:
        task = make_task(name, context)
        judged = [
            (sample, not is_positive)
            for sample in task.samples(documents)
            if _is_fit(sample, captions)
            for is_positive in [task.is_positive(sample)]
            if is_positive is not None
        ]
        chosen = _choose(judged, shots, random.Random(f"{seed} {name}"))
        parts = [_example(sample, task.beginning(), captions) for sample in chosen]
        if parts:
            written[name] = "\n\n".join(["For example:", *parts, "Now:"])
    return written


def _is_fit(sample: Sample, captions: Mapping[str, str]) -> bool:
    image = sample.prompt.image
    return len(sample.target) <= _LONGEST and (image is None or image.id in captions)


def _choose(judged: Sequence[tuple[Sample, bool]], shots: int, rng: random.Random) -> list[Sample]:
    """Choose positive and negative samples in equal numbers, different types first."""
    shuffled = rng.sample(judged, len(judged))
    without = [sample for sample, is_negative in shuffled if is_negative]
    types: set[str] = set()
    first: list[Sample] = []
    later: list[Sample] = []
    for sample, is_negative in shuffled:
        if is_negative:
            continue
        own = set(_TYPE.findall(sample.target)) or {sample.prompt.text.rpartition("\n")[0]}
        (later if own & types else first).append(sample)
        types |= own
    found = [*first, *later]
    half = min(shots // 2, len(without))
    chosen = [*found[: shots - half], *without[:half]]
    return rng.sample(chosen, len(chosen))


def _example(sample: Sample, instructions: str, captions: Mapping[str, str]) -> str:
    body = sample.prompt.text.removeprefix(instructions).strip("\n")
    image = sample.prompt.image
    shown = "" if image is None else f"(a picture, {_size(image)}: {captions[image.id]})"
    return "\n".join([*(part for part in (shown, body) if part), f"Answer: {sample.target}"])


def _size(image: Image) -> str:
    return f"{image.width} x {image.height} pixels"


def without_overlap(documents: Sequence[Document], benchmark: Sequence[Document]) -> list[Document]:
    """Leave out documents that share an id or a sentence with the benchmark."""
    ids = {document.id for document in benchmark}
    texts = {sentence.text for document in benchmark for sentence in document.sentences}
    return [
        document
        for document in documents
        if document.id not in ids and not any(s.text in texts for s in document.sentences)
    ]


def prompt_model(
    model: str,
    benchmark: Benchmark,
    documents: Sequence[Document],
    *,
    shots: int = 0,
    seed: int = 0,
    batch: int = 8,
    pixels: tuple[int, int] = (0, 0),
    constrained: bool = True,
    progress: Progress | None = None,
) -> tuple[list[Document], dict[str, Any]]:
    """Prompt a model about a benchmark.

    Parameters
    ----------
    model
        A hub id or a folder.
    benchmark
        The documents to extract from.
    documents
        Training documents to take examples from.
    shots, seed
        See ``examples_of``.
    batch
        The number of prompts answered together.
    pixels
        The minimum and maximum pixels of an image; 0 is the checkpoint's own bound.
    constrained
        Whether decoding is constrained to the tasks' grammars.
    progress
        Called at every step.

    Returns
    -------
    found, about
        The predictions, and a record of the experiment: examples, counts, scores, versions.

    Raises
    ------
    RmplError
        If the model cannot be loaded.
    """
    backbone = load_to_answer(model, Settings("full", "", 1, *pixels))
    context = backbone.context(load_ontology())
    worked = examples_of(documents, context, shots, seed=seed)
    engine: Engine = LocalEngine(backbone, batch=batch)
    pipeline = Pipeline(
        engine if constrained else UnfencedEngine(engine),
        dataclasses.replace(context, examples=worked),
        media=benchmark.media,
        constrained=constrained,
    )
    found = list(pipeline.stream(benchmark.documents, document_report(progress)))
    settings = settings_of(pipeline.media)
    scores = score_by_document(benchmark.documents, found, [STRICT], settings)[STRICT].total()
    about = {
        "model": public_name(model),
        "shots": shots,
        "seed": seed,
        "constrained": constrained,
        "examples": worked,
        "benchmark": {"documents": len(benchmark.documents), "sha256": benchmark.digest},
        "media": list(pipeline.media),
        "asked": dict(pipeline.asked),
        "not_readable_whole": {task: pipeline.failures[task] for task in pipeline.asked},
        "scores": {task: counts.to_dict() for task, counts in scores.items()},
        "versions": surroundings()["versions"],
    }
    return found, about
