"""Asking "same event?" about pairs of a sentence and an image, and reading the answers."""

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
    """An answer's comparison of one participant's appearance.

    ``span`` is its description in the sentence (``NOWHERE`` if there is none), ``agrees`` whether
    sentence and image agree, ``probability`` the model's probability that they do.
    """

    span: Span
    agrees: bool
    probability: float


class Verdict(NamedTuple):
    """The parseable answers about a pair, one per direction, as the looks they compare.

    An answer without looks means that there is nothing to compare; no answer means that nothing is
    known.
    """

    answers: tuple[tuple[Look, ...], ...] = ()

    @property
    def probability(self) -> float | None:
        """The probability that all compared looks agree; ``None`` if none were compared.

        Several directions are combined by the mean of their log-odds.
        """
        found = [math.prod(look.probability for look in looks) for looks in self.answers if looks]
        return mean_odds(found) if found else None


def mean_odds(probabilities: Sequence[float]) -> float:
    """Return the probability whose log-odds are the mean of the given ones'."""
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
    """Ask about pairs, in every direction that the model was trained on.

    Pairs without a caption are not asked about: the model could not describe the image.
    Unparseable answers and those that the engine gave up are left out; ``asker`` counts them.
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
    """Return the looks that an answer compares.

    The probability of agreement is that of the second side's text if it repeats the first, else one
    minus that.
    """
    found = []
    for item, (start, end) in zip(answer.items, answer.places, strict=True):
        *_, second = _SIDE.finditer(reply.text, start, end)
        probability = reply.probability(*second.span(1))
        span = find_span(sentence, item.span.strip(" "), item.nth)
        found.append(Look(span, item.is_same, probability if item.is_same else 1.0 - probability))
    return tuple(found)


def captions_of(
    images: Sequence[Image], asker: Asker, context: Context, progress: Progress | None = None
) -> dict[Image, str | None]:
    """Return the model's captions of images, each asked once; ``None`` where it gives none."""
    task = Caption(context)
    shown: list[InImage] = [UnitQuestion(image) for image in dict.fromkeys(images)]
    replies = asker.ask(task, shown, progress)
    captions: dict[Image, str | None] = {}
    for question, reply in zip(shown, replies, strict=True):
        answer = task.read(reply.text, question)
        if not reply.given_up:
            asker.note(task.name, answer.failure)
        is_answered = answer.failure is None and not reply.given_up
        captions[question.unit] = answer.items[0] if is_answered else None
    return captions
