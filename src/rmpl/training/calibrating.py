"""Measuring a finished run on training data that it never learnt from: how sure it may be.

That is the share of documents that its recipe held out, or, where it held out none, the development
split beside a corpus's training split. The benchmark is never looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from rmpl.corpora.registry import find_corpus, read_corpus
from rmpl.errors import RmplError
from rmpl.extraction.asking import Asker, Progress
from rmpl.extraction.calibration import CALIBRATION, Calibration, best_threshold, fit
from rmpl.extraction.comparing import Question, captions_of, compare
from rmpl.extraction.engine import Engine
from rmpl.extraction.pipeline import Pipeline
from rmpl.ontology import Ontology
from rmpl.records import Document
from rmpl.scoring.judgements import judge
from rmpl.scoring.verdicts import Verdict
from rmpl.tasks import Context
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.pairing import verdict
from rmpl.tasks.same_event import SameEvent, told
from rmpl.tasks.whole_events import ImageEvents, TextEvents
from rmpl.training.checkpoints import write_file, writing
from rmpl.training.data import Corpus, TrainingData
from rmpl.training.held_out import choose
from rmpl.training.recipe import Recipe

DEVELOPMENT = ("dev", "val")
"""What corpora call the split that is for choosing, not for testing."""
_TEXT, _IMAGE = {TextEMI.name, TextEvents.name}, {ImageEMI.name, ImageEvents.name}


class HeldOutDocuments(NamedTuple):
    """Documents by medium, none of which was trained on, and which they are, in words."""

    text: list[Document]
    image: list[Document]
    data: str


def held_out_documents(recipe: Recipe, data: Path, *, most: int) -> HeldOutDocuments:
    """Choose at most ``most`` documents of each medium that a recipe's stages do not learn from.

    Raises
    ------
    RmplError
        If there are none, or a corpus cannot be read.
    """
    read = _held_out if recipe.held_out else _development
    documents = {
        name: read(recipe, name, data)
        for name in dict.fromkeys([*_corpora(recipe, _TEXT), *_corpora(recipe, _IMAGE)])
    }
    text, image = (
        choose([d for name in _corpora(recipe, tasks) for d in documents[name]], most, recipe.seed)
        for tasks in (_TEXT, _IMAGE)
    )
    if not text and not image:
        raise RmplError(
            "no training data was held out, and the corpora have no development split here",
            where=recipe.name,
            remedy="train with held_out in the recipe, or put dev files beside the training files",
        )
    which = "held out of" if recipe.held_out else "development split of"
    return HeldOutDocuments(
        text, image, f"{len(text)} texts and {len(image)} pictures, {which} {', '.join(documents)}"
    )


def _corpora(recipe: Recipe, tasks: Iterable[str]) -> list[str]:
    sources = [source for stage in recipe.stages for source in stage.mixture]
    used = (name for source in sources if source.task in tasks for name in source.corpora)
    return list(dict.fromkeys(used))


def _held_out(recipe: Recipe, name: str, data: Path) -> list[Document]:
    one = recipe.corpora[name]
    corpus = Corpus(one.reader, data / one.path, one.split, min(one.made_up_names, 1))
    corpora = TrainingData(
        {name: corpus}, guard=recipe.guard, held_out=recipe.held_out, seed=recipe.seed
    )
    return corpora.held_out_documents(name)


def _development(recipe: Recipe, name: str, data: Path) -> list[Document]:
    one = recipe.corpora[name]
    reader, path = find_corpus(one.reader), data / one.path
    if not path.exists():
        raise RmplError(
            "no such file or folder",
            where=f"corpus {name}: {path}",
            remedy="say with --data what the recipe's paths are relative to",
        )
    if not reader.trains or path.is_file():
        return []
    present = [part for part in reader.present_splits(path) if part in DEVELOPMENT]
    return [
        document
        for part in present
        if part != one.split
        for document in read_corpus(one.reader, path, split=part)
    ]


def calibrate(
    engine: Engine,
    context: Context,
    held_out: HeldOutDocuments,
    progress: Progress | None = None,
) -> Calibration:
    """Measure a model: what it says of its answers, and whether they are right.

    Parameters
    ----------
    engine, context
        The model, its schema and its conventions.
    held_out
        What to ask it about.
    progress
        Called with (step, prompts answered, prompts in all).
    """
    scales = {}
    for medium, documents in (("text", held_out.text), ("image", held_out.image)):
        gold = [_within(document, context.ontology) for document in documents]
        pipeline = Pipeline(engine, context, media=(medium,))
        found = pipeline.extract(gold, progress)
        judged = [judge(*both) for both in zip(gold, found, strict=True)]
        mentions: list[Any] = [
            mention for one in judged for mention in (one.text if medium == "text" else one.image)
        ]
        arguments = [a for mention in mentions for a in mention.arguments]
        names = (TextEMI.name, TextARE.name) if medium == "text" else (ImageEMI.name, ImageARE.name)
        scales[names[0]] = fit(*_outcomes(mentions))
        scales[names[1]] = fit(*_outcomes(arguments))
    said, right = _pairs(engine, context, held_out, progress)
    scales[SameEvent.name] = fit(said, right)
    sure = [scales[SameEvent.name](probability) for probability in said]
    return Calibration(scales, best_threshold(sure, right), held_out.data)


def _within(document: Document, ontology: Ontology) -> Document:
    """Return the document's gold within the schema: situations outside of it are not asked for."""
    return msgspec.structs.replace(
        document,
        text_events=tuple(e for e in document.text_events if e.event_type in ontology.events),
        image_events=tuple(e for e in document.image_events if e.event_type in ontology.events),
        links=(),
        relations=(),
    )


def _outcomes(items: Sequence[Any]) -> tuple[list[float], list[bool]]:
    """Return the scores of judged predictions, and which of them are right."""
    predicted = [item for item in items if item.predicted is not None]
    said = [item.predicted.score or 0.0 for item in predicted]
    return said, [item.verdict is Verdict.RIGHT for item in predicted]


def _pairs(
    engine: Engine, context: Context, held_out: HeldOutDocuments, progress: Progress | None
) -> tuple[list[float], list[bool]]:
    """Ask about pairs of held-out texts and pictures, which read what the model itself sees."""
    asker, task = Asker(engine), SameEvent(context)
    shown = [image for d in held_out.image if d.image_events for image in d.images if image.path]
    said = captions_of(shown, asker, context, progress)
    captions = {image.id: caption for image, caption in said.items() if caption is not None}
    made = task.pairs([*held_out.text, *held_out.image], captions)
    pairs = [pair for pair in made if verdict(pair) is not None and pair.image.id in captions]
    questions = [
        Question(pair.event_type, told(pair), pair.sentence, pair.image, pair.caption)
        for pair in pairs
    ]
    found = zip(pairs, compare(questions, asker, context, progress), strict=True)
    compared = [(p, one.probability) for p, one in found if one.probability is not None]
    return [said for _, said in compared], [bool(verdict(pair)) for pair, _ in compared]


def save(calibration: Calibration, folder: Path) -> Path:
    """Write what was measured into the run's folder; return the file.

    Raises
    ------
    RmplError
        If it cannot be written.
    """
    path = folder / CALIBRATION
    content = msgspec.json.format(msgspec.json.encode(calibration), indent=1).decode()
    with writing(folder, "nothing was lost"):
        write_file(path, content + "\n")
    return path
