"""Asking "same event?" of pairs of a sentence and a picture, and what the answers come to."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from rmpl.extraction.asking import Asker, Progress
from rmpl.extraction.engines.base import Reply
from rmpl.extraction.linking.assignment import log_odds
from rmpl.records import Image, Sentence, Span
from rmpl.tasks import Context
from rmpl.tasks.caption import Caption
from rmpl.tasks.pairing import Pair
from rmpl.tasks.questions import InImage, UnitQuestion
from rmpl.tasks.same_event import Compared, SameEvent, directions
from rmpl.tasks.schema import Answer
from rmpl.tasks.spans import find_span

_SIDE = re.compile(r'"(?:span|seen)"\s*:\s*("(?:[^"\\]|\\.)*")')


class Look(NamedTuple):
    """A participant that an answer compares.

    ``span`` is where the sentence tells of it (``NOWHERE`` if it does not), ``agrees`` whether both
    sides say the same words, ``probability`` how likely the model finds it that they do.
    """

    span: Span
    agrees: bool
    probability: float


class Verdict(NamedTuple):
    """What was answered about a pair: the looks of each answer that could be read, by direction.

    An answer without looks says that there is nothing to compare. Without any answer nothing is
    known, which is another matter.
    """

    answers: tuple[tuple[Look, ...], ...] = ()

    @property
    def probability(self) -> float | None:
        """That both sides agree on all that was compared; ``None`` where nothing was.

        Of several directions, the mean of their log-odds.
        """
        said = [math.prod(look.probability for look in looks) for looks in self.answers if looks]
        return mean_odds(said) if said else None


def mean_odds(probabilities: Sequence[float]) -> float:
    """Return the probability whose log-odds are the mean of those of some."""
    if len(probabilities) == 1:
        return probabilities[0]
    mean = math.fsum(log_odds(one, 0.5) for one in probabilities) / len(probabilities)
    return 1 / (1 + math.exp(-mean))


def compare(
    pairs: Sequence[Pair],
    asker: Asker,
    context: Context,
    progress: Progress | None = None,
) -> list[Verdict]:
    """Have pairs compared, in every direction that is in force.

    A pair without a caption is not asked about: the model could not say what the image shows.
    Answers that an engine gave up, or that cannot be read whole, are no answers; they are counted
    with the ``asker``.
    """
    task = SameEvent(context)
    asked = [
        (number, pair._replace(shown_first=shown_first))
        for number, pair in enumerate(pairs)
        if pair.caption is not None
        for shown_first in directions(context)
    ]
    replies = asker.ask(task, [pair for _, pair in asked], progress)
    answers: list[list[tuple[Look, ...]]] = [[] for _ in pairs]
    for (number, pair), reply in zip(asked, replies, strict=True):
        if reply.given_up:
            continue
        answer = task.read(reply.text, pair)
        asker.note(task.name, answer.failure)
        if answer.failure is None:
            answers[number].append(looks(reply, answer, pair.sentence))
    return [Verdict(tuple(one)) for one in answers]


def looks(reply: Reply, answer: Answer[Compared], sentence: Sentence) -> tuple[Look, ...]:
    """Return what an answer compares.

    How likely both sides say the same is the probability of the one that was copied second, or, if
    it says something else, what is left of it.
    """
    found = []
    for item, (start, end) in zip(answer.items, answer.places, strict=True):
        *_, second = _SIDE.finditer(reply.text, start, end)
        said = reply.probability(*second.span(1))
        span = find_span(sentence, item.span.strip(" "), item.nth)
        found.append(Look(span, item.is_same, said if item.is_same else 1.0 - said))
    return tuple(found)


def captions_of(
    pictures: Sequence[Image], asker: Asker, context: Context, progress: Progress | None = None
) -> dict[Image, str | None]:
    """Have the model say what some pictures show, each once; ``None`` where it does not."""
    task = Caption(context)
    shown: list[InImage] = [UnitQuestion(image) for image in dict.fromkeys(pictures)]
    replies = asker.ask(task, shown, progress)
    captions: dict[Image, str | None] = {}
    for question, reply in zip(shown, replies, strict=True):
        answer = task.read(reply.text, question)
        if not reply.given_up:
            asker.note(task.name, answer.failure)
        is_said = answer.failure is None and not reply.given_up
        captions[question.unit] = answer.items[0] if is_said else None
    return captions
