"""Parsing training targets, to compare them with the annotation.

A target is made from an annotation; parsed like model output, it must give the same events again.
If it does not (a span that is not in its sentence, a box moved too far by its format), the model
learns something other than the annotation.
"""

from __future__ import annotations

import msgspec

from rmpl.records import Document
from rmpl.tasks import make_task
from rmpl.tasks.base import Context, Sample
from rmpl.tasks.media import MEDIA

Both = tuple[Document, Document]
"""The part of a document that a sample asks about: with annotated and with parsed events."""


def read_back(sample: Sample, document: Document, context: Context) -> Both | None:
    """Return what a sample asks about, with the annotated and with the parsed target's events.

    Return ``None`` for tasks whose answers are not events of one sentence or image.

    Parameters
    ----------
    document
        The document of the sample.
    """
    task = make_task(sample.task, context)
    if task.medium not in MEDIA or task.finds is None:
        return None
    question = next(one for one in task.questions([document]) if one.id == sample.id)
    items = task.read(sample.target, question).items
    if task.finds == "arguments":
        gold = [question.event]
        said = [msgspec.structs.replace(question.event, arguments=tuple(items))]
    else:
        gold = [question.event] if task.finds in {"event", "type"} else question.events
        said = items
        if task.finds == "type":  # a word that is no trigger is of no type
            gold = [event for event in gold if event.event_type]
        if task.finds in {"mentions", "type"}:
            gold = [msgspec.structs.replace(event, arguments=()) for event in gold]
    medium = MEDIA[task.medium]
    annotated, parsed = (medium.part(document.id, question.unit, events) for events in (gold, said))
    return annotated, parsed
