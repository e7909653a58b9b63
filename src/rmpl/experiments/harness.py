"""M2E2 for evaluation harnesses: one question a sentence or picture, scored strictly.

lm-evaluation-harness and lmms-eval ask one question a row and put rows together at the end. Stage
1's questions fit that: every event of a sentence, or of a picture, with its arguments in one
answer. The strict counts of text and image scores add up over sentences and pictures, so the sum
over rows is the score that ``rmpl score`` gives. Links join two rows and are not asked for.

The folders in ``integrations/`` hold the harnesses' files, which call the functions here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from rmpl.errors import RmplError
from rmpl.experiments.free_answers import unfenced
from rmpl.ontology import load_ontology
from rmpl.records import Document, Image, ImageEvent, Sentence, TextEvent
from rmpl.scoring import score
from rmpl.scoring.counts import Counts, add_up
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.schema import Predicate, image_arguments, text_arguments
from rmpl.tasks.spans import find_span
from rmpl.tasks.whole_events import ImageEvents, TextEvents

MEDIA = ("text", "image")
TASK_NAMES = {"text": TextEvents.name, "image": ImageEvents.name}
BOXES = RelativeBoxes(key="box")
_BOX_NOTE = (
    "A box is [x1, y1, x2, y2]: left, top, right and bottom in thousandths of the picture's width "
    "and height."
)

Row = Mapping[str, str]
"""``id``, ``prompt``, ``target``, ``image`` (a path, or empty), ``gold`` (a document as JSON)."""


def harness_context(examples: Mapping[str, str] | None = None) -> Context:
    """Return what the prompts are made with: full ones, boxes in thousandths."""
    return Context(load_ontology(), BOXES, examples={} if examples is None else examples)


@functools.cache
def _bare_context() -> Context:
    """Return the context that answers are read with; a harness reads thousands of them."""
    return harness_context()


def rows(
    documents: Iterable[Document], medium: str, examples: Mapping[str, str] | None = None
) -> Iterator[dict[str, str]]:
    """Yield a row for every sentence, or every picture at hand.

    Parameters
    ----------
    documents
        The benchmark's.
    medium
        ``text`` or ``image``.
    examples
        Worked examples, see ``rmpl.experiments.prompting``.

    Raises
    ------
    RmplError
        If there is no such medium.
    """
    context = harness_context(examples)
    if medium == "text":
        return _text_rows(documents, TextEvents(context))
    if medium == "image":
        return _image_rows(documents, ImageEvents(context))
    raise RmplError(f"no medium {medium}", remedy=f"use one of {', '.join(MEDIA)}")


def _text_rows(documents: Iterable[Document], task: TextEvents) -> Iterator[dict[str, str]]:
    for document in documents:
        for sentence in document.sentences:
            events = tuple(e for e in document.text_events if e.sentence_id == sentence.id)
            gold = Document(sentence.id, sentences=(sentence,), text_events=events)
            (sample,) = task.samples([gold])
            yield _row(gold, sample.prompt.text, sample.target, "")


def _image_rows(documents: Iterable[Document], task: ImageEvents) -> Iterator[dict[str, str]]:
    for document in documents:
        for image in document.images:
            if image.path is None:
                continue
            events = tuple(e for e in document.image_events if e.image_id == image.id)
            gold = Document(image.id, images=(image,), image_events=events)
            (sample,) = task.samples([gold])
            prompt = "\n".join((sample.prompt.text, _BOX_NOTE))
            yield _row(gold, prompt, sample.target, image.path)


def _row(gold: Document, prompt: str, target: str, image: str) -> dict[str, str]:
    text = msgspec.json.encode(gold).decode()
    return {"id": gold.id, "prompt": prompt, "target": target, "image": image, "gold": text}


def counts_of(row: Row, answer: str) -> dict[str, Counts]:
    """Count what is right in the answer to a row.

    Returns
    -------
    dict
        ``text_emi`` and ``text_are``, or ``image_emi`` and ``image_are``.
    """
    gold = msgspec.json.decode(row["gold"], type=Document)
    return score([gold], [read(gold, answer)], "strict", ["text" if gold.sentences else "image"])


def read(gold: Document, answer: str) -> Document:
    """Read the answer about a sentence or a picture back into a document.

    Types outside the schema are left out, as in extraction: a prediction may not hold them.
    """
    context = _bare_context()
    known = context.ontology.events
    if gold.sentences:
        (sentence,) = gold.sentences
        said = TextEvents(context).read(unfenced(answer)).items
        text = [_text_event(sentence, n, one) for n, one in enumerate(said) if one.type in known]
        return Document(gold.id, sentences=gold.sentences, text_events=tuple(text))
    (image,) = gold.images
    said = ImageEvents(context).read(unfenced(answer)).items
    shown = [_image_event(image, n, one) for n, one in enumerate(said) if one.type in known]
    return Document(gold.id, images=gold.images, image_events=tuple(shown))


def _text_event(sentence: Sentence, number: int, predicate: Predicate) -> TextEvent:
    trigger = (predicate.trigger or "").strip(" ")
    return TextEvent(
        id=f"{sentence.id}#{number}",
        sentence_id=sentence.id,
        event_type=predicate.type,
        trigger=find_span(sentence, trigger, predicate.nth),
        trigger_text=trigger,
        arguments=text_arguments(predicate.args or [], sentence),
    )


def _image_event(image: Image, number: int, predicate: Predicate) -> ImageEvent:
    return ImageEvent(
        id=f"{image.id}#{number}",
        image_id=image.id,
        event_type=predicate.type,
        arguments=image_arguments(predicate.args or [], image, BOXES),
    )


def results_of(row: Row, answers: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Return what a harness's ``process_results`` does: counts by the name of their metric."""
    found = counts_of(row, answers[0])
    return {f"{task}_f1": (one.tp, one.n_pred, one.n_gold) for task, one in found.items()}


def f1(items: Iterable[tuple[int, int, int]]) -> float:
    """Return the strict F1 of all rows in percent: a harness's aggregation."""
    total = add_up({"f1": Counts(*item)} for item in items)
    return total.get("f1", Counts()).f1
