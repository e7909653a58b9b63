"""What a dry run assumes of data that is not there: one document that every task can ask about.

Memory follows from the longest sample. The prompts are those of training, with the schema of the
recipe; only sentence, image and answers are assumed.
"""

from __future__ import annotations

import re

from rmpl.ontology import Ontology
from rmpl.recipe.recipe import StageRecipe
from rmpl.records import (
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Relation,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)
from rmpl.tasks import Context
from rmpl.tasks.candidates import training_samples
from rmpl.training.data.mixture import Source
from rmpl.training.stage_run import source_name

WORDS = 100
"""The words of the sentence: few in news have more."""
PIXELS = 1_000_000
"""The pixels of the image, where the recipe allows as many: more than most news photographs."""
_FIRST, _WORD, _WIDTH = "Yesterday", "officials", 2
"""The first and every other word of the sentence, and the words of an argument."""


def assumed_sources(stage: StageRecipe, context: Context, max_pixels: int) -> list[Source]:
    """Return the sources of a stage as one assumed document would fill them.

    Parameters
    ----------
    stage
        The stage.
    context
        With the schema of the recipe.
    max_pixels
        The most pixels of an image that the model gets, 0 if there is no bound.
    """
    document = assumed_document(context.ontology, max_pixels)
    found = []
    for source in stage.mixture:
        samples = list(training_samples(source.task, [document], context, source.candidates))
        if samples:
            found.append(Source(source_name(source), samples, source.weight))
    return found


def assumed_document(ontology: Ontology, max_pixels: int) -> Document:
    """Return a document with a long sentence, a large image, and an event in both.

    Its event type is the one with the most roles, all of which are filled.
    """
    kind = max(ontology.events, key=lambda name: len(ontology.events[name].roles))
    roles = ontology.events[kind]
    text = " ".join([_FIRST, *[_WORD] * (WORDS - 2), "."])
    tokens = tuple(match.span() for match in re.finditer(r"\S+", text))
    spans = [Span(start, start + _WIDTH) for start in range(1, WORDS - _WIDTH, _WIDTH)]
    side = int(min(max_pixels or PIXELS, PIXELS) ** 0.5)
    box, gloss = Box(0, 0, side, side), " ".join([_WORD] * _WIDTH)
    return Document(
        "assumed",
        (Sentence("s1", text, tokens, entities=(spans[0], spans[1])),),
        (Image("p1", "assumed.jpg", side, side),),
        (
            TextEvent(
                "t1",
                "s1",
                kind,
                Span(0, 1),
                tuple(TextArgument(*one) for one in zip(roles.text, spans, strict=False)),
            ),
        ),
        (
            ImageEvent(
                "i1",
                "p1",
                kind,
                tuple(ImageArgument(role, box, gloss=gloss) for role in roles.image),
                caption=f"{gloss} in front of {gloss}",
            ),
        ),
        (Link("t1", "i1"),),
        (Relation("r1", "s1", "p1", "related", spans[0], spans[1]),),
    )
