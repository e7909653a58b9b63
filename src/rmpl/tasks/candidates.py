"""Schema-conditioned prompts: a training prompt lists a sample of the schema instead of all of it.

A model that always sees the same list learns the list; one that sees another sample every time has
to read it. The sample holds types that the sentence or image has and others that it has not, and
now and then leaves one out that it has: then its events are no part of the answer, either.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, cast

import msgspec

from rmpl.ontology import Ontology
from rmpl.records import Document
from rmpl.tasks import make_task
from rmpl.tasks.base import Context, Sample
from rmpl.tasks.questions import MentionQuestion, UnitQuestion

Q = TypeVar("Q")
LEFT_OUT = 0.15
"""The share of types that are present and yet not listed."""


def training_samples(
    name: str, documents: Sequence[Document], context: Context, count: int
) -> Iterator[Sample]:
    """Yield the training samples of a task, each about ``count`` types of the schema, or about all.

    Parameters
    ----------
    name
        The task.
    documents
        Annotated with types of the context's schema.
    context
        With the whole schema.
    count
        The number of types that a prompt lists; more if more are present. 0 for all types.
    """
    whole = make_task(name, context)
    if not count:
        yield from whole.samples(documents)
        return
    for question in whole.questions(documents):
        narrow, schema = narrowed(question, context.ontology, count)
        task = make_task(name, dataclasses.replace(context, ontology=schema))
        yield task.sample(narrow)


def narrowed(question: Q, schema: Ontology, count: int) -> tuple[Q, Ontology]:
    """Return a question about a sample of a schema's types, and that sample.

    It depends on the question's id alone. Questions that are not about event types keep the schema.
    The type of a given mention is always listed.
    """
    asked: Any = question
    if isinstance(question, UnitQuestion):
        rng = random.Random(f"{question.id} candidates")
        present = sorted({event.event_type for event in question.events} & schema.events.keys())
        listed = [name for name in present if rng.random() >= LEFT_OUT]
        kept = tuple(event for event in question.events if event.event_type in listed)
        asked = msgspec.structs.replace(question, events=kept)
    elif isinstance(question, MentionQuestion):
        rng = random.Random(f"{question.id} candidates")
        present = listed = [question.event.event_type]
    else:
        return question, schema
    others = [name for name in schema.events if name not in present]
    listed = [*listed, *rng.sample(others, max(0, min(count - len(listed), len(others))))]
    rng.shuffle(listed)
    events = {name: schema.events[name] for name in listed if name in schema.events}
    return cast("Q", asked), Ontology(schema.name, events)
