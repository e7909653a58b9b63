"""Calibrating a finished run on data that it was not trained on.

That is the documents that its recipe held out or, if it held out none, the development splits of
its training corpora. The benchmark is never used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from rmpl.calibration.link_threshold import Judged, choose_threshold
from rmpl.calibration.simulated_documents import simulate
from rmpl.calibration.thresholds import ScoredMentions, mention_threshold
from rmpl.corpora.registry import find_corpus
from rmpl.errors import RmplError
from rmpl.extraction.asking import Asker, Progress
from rmpl.extraction.calibration import Calibration, Scale, fit
from rmpl.extraction.engines.base import Engine
from rmpl.extraction.linking.comparison import captions_of, compare
from rmpl.extraction.pipeline import Pipeline
from rmpl.io.files import write_file
from rmpl.io.saved import sealed_record
from rmpl.ontology import Ontology, load_ontology
from rmpl.recipe.recipe import Recipe
from rmpl.records import Document
from rmpl.runs.checkpoints import writing
from rmpl.runs.folder import RunFolder
from rmpl.scoring.judgements import judge
from rmpl.scoring.verdicts import Verdict
from rmpl.tasks import Context, find_task
from rmpl.tasks.media import IMAGE, MEDIA, TEXT
from rmpl.tasks.pairing import verdict
from rmpl.tasks.same_event import SameEvent
from rmpl.training.data.training_data import read_recipe_corpus, recipe_data
from rmpl.training.loop.evaluation import choose

DEVELOPMENT = ("dev", "val")
"""Names of development splits."""
SIMULATED = 100
"""The number of documents that links are calibrated on, with about six pairs each."""


class HeldOutDocuments(NamedTuple):
    """Documents by medium that were not trained on, and a description of them."""

    by_medium: Mapping[str, list[Document]]
    data: str

    @property
    def text(self) -> list[Document]:
        """Documents with annotated sentences."""
        return self.by_medium[TEXT.name]

    @property
    def image(self) -> list[Document]:
        """Documents with annotated images."""
        return self.by_medium[IMAGE.name]


def held_out_documents(recipe: Recipe, data: Path, *, most: int) -> HeldOutDocuments:
    """Return at most ``most`` documents of each medium that a recipe's stages are not trained on.

    Raises
    ------
    RmplError
        If there are none, or a corpus cannot be read.
    """
    read = _held_out if recipe.held_out else _development
    corpora = {medium: _corpora(recipe, medium) for medium in MEDIA}
    documents = {
        name: read(recipe, name, data)
        for name in dict.fromkeys(name for names in corpora.values() for name in names)
    }
    by_medium = {
        medium: choose(
            # A partial document does not say whether another mention is wrong.
            [d for name in names for d in documents[name] if not d.partial],
            most,
            recipe.seed,
        )
        for medium, names in corpora.items()
    }
    if not any(by_medium.values()):
        raise RmplError(
            "no training data was held out, and the corpora have no development split here",
            where=recipe.name,
            remedy="train with held_out in the recipe, or put dev files beside the training files",
        )
    which = "held out of" if recipe.held_out else "development split of"
    counts = f"{len(by_medium[TEXT.name])} texts and {len(by_medium[IMAGE.name])} images"
    return HeldOutDocuments(by_medium, f"{counts}, {which} {', '.join(documents)}")


def _corpora(recipe: Recipe, medium: str) -> list[str]:
    """Return the corpora whose events of the schema's types, in a medium, are trained on."""
    sources = [source for stage in recipe.stages for source in stage.mixture]
    used = (
        name
        for source in sources
        for task in [find_task(source.task)]
        if task.medium == medium and task.finds in {"events", "mentions"}
        for name in source.corpora
        # Corpora read with their own types say nothing about the schema's.
        if recipe.corpora[name].types == "mapped"
    )
    return list(dict.fromkeys(used))


def _held_out(recipe: Recipe, name: str, data: Path) -> list[Document]:
    corpus = recipe.corpora[name]
    once = corpus.model_copy(update={"made_up_names": min(corpus.made_up_names, 1)})
    only = recipe.model_copy(update={"corpora": {name: once}})
    return recipe_data(only, data).held_out_documents(name)


def _development(recipe: Recipe, name: str, data: Path) -> list[Document]:
    one = recipe.corpora[name]
    reader, path = find_corpus(one.reader), data / one.path
    if not path.exists():
        raise RmplError(
            "no such file or folder",
            where=f"corpus {name}: {path}",
            remedy="set --data to the folder that the recipe's paths are relative to",
        )
    if not reader.trains or path.is_file():
        return []
    present = [part for part in reader.present_splits(path) if part in DEVELOPMENT]
    return [
        document
        for part in present
        if part != one.split
        for document in read_recipe_corpus(
            one, path, split=part, ontology=load_ontology(recipe.ontology)
        )
    ]


def calibrate(
    engine: Engine,
    context: Context,
    held_out: HeldOutDocuments,
    progress: Progress | None = None,
) -> Calibration:
    """Fit calibrated confidences and the thresholds of mentions and links on held-out documents.

    Parameters
    ----------
    engine, context
        The model, its schema and its conventions.
    held_out
        The held-out documents.
    progress
        Called with (step, prompts answered, prompts in all).
    """
    scales: dict[str, Scale] = {}
    thresholds: dict[str, float] = {}
    for name, medium in MEDIA.items():
        gold = [_within(document, context.ontology) for document in held_out.by_medium[name]]
        pipeline = Pipeline(engine, context, media=(name,), raw_boxes=True)
        found = pipeline.extract(gold, progress)
        judged = [judge(*both) for both in zip(gold, found, strict=True)]
        mentions: list[Any] = [mention for one in judged for mention in one.mentions[name]]
        arguments = [a for mention in mentions for a in mention.arguments]
        task = medium.mentions.name
        scales[task] = fit(*_outcomes(mentions))
        thresholds[task] = mention_threshold(
            [_scored(one.mentions[name], scales[task]) for one in judged]
        )
        scales[medium.arguments.name] = fit(*_outcomes(arguments))
    scales[SameEvent.name], threshold = _links(engine, context, held_out, progress)
    chosen = {task: value for task, value in thresholds.items() if value}
    return Calibration(scales, threshold, held_out.data, thresholds=chosen)


def _within(document: Document, ontology: Ontology) -> Document:
    """Return the document with its gold events within the schema only."""
    for medium in MEDIA.values():
        known = [e for e in medium.events(document) if e.event_type in ontology.events]
        document = medium.with_events(document, known)
    return msgspec.structs.replace(document, links=(), relations=())


def _outcomes(items: Sequence[Any]) -> tuple[list[float], list[bool]]:
    """Return the scores of judged predictions, and whether each is correct."""
    predicted = [item for item in items if item.predicted is not None]
    scores = [item.predicted.score or 0.0 for item in predicted]
    return scores, [item.verdict is Verdict.RIGHT for item in predicted]


def _scored(mentions: Sequence[Any], scale: Scale) -> ScoredMentions:
    scores, are_right = _outcomes(mentions)
    gold = sum(mention.gold is not None for mention in mentions)
    return ScoredMentions([scale(score) for score in scores], are_right, gold)


def _links(
    engine: Engine, context: Context, held_out: HeldOutDocuments, progress: Progress | None
) -> tuple[Scale, float]:
    """Calibrate "same event?" and choose the link threshold on simulated documents.

    As in extraction, the images' captions are generated by the model.
    """
    asker = Asker(engine)
    shown = [image for d in held_out.image if d.image_events for image in d.images if image.path]
    generated = captions_of(shown, asker, context, progress)
    documents = simulate(
        held_out.text,
        held_out.image,
        list(context.ontology.events),
        {image.id: caption for image, caption in generated.items() if caption is not None},
        count=SIMULATED,
        seed=0,
    )
    pairs = [pair for document in documents for pair in document.values()]
    verdicts = compare(pairs, asker, context, progress)
    judged = [
        Judged(found.probability, verdict(pair))
        for pair, found in zip(pairs, verdicts, strict=True)
    ]
    known = [
        (one.probability, one.is_same)
        for one in judged
        if one.probability is not None and one.is_same is not None
    ]
    scale = fit([score for score, _ in known], [same for _, same in known])
    scaled = iter(
        one if one.probability is None else one._replace(probability=scale(one.probability))
        for one in judged
    )
    by_document = [{names: next(scaled) for names in document} for document in documents]
    return scale, choose_threshold(by_document)


def save(calibration: Calibration, folder: Path) -> Path:
    """Write a calibration into the run's folder; return the file.

    Raises
    ------
    RmplError
        If it cannot be written.
    """
    path = RunFolder(folder).calibration
    with writing(folder, "nothing was lost"):
        write_file(path, sealed_record(calibration, indent=1) + b"\n")
    return path
