"""Which span of a sentence and which box of a picture are the same participant.

The answers to "same event?" say it in part: they name what the sentence says that a participant
looks like, and whom the picture shows in its place. Where both are the same words, the argument
that the sentence says it of is the one that the picture shows in that role. Which box that is, is
certain only where the picture has one box of the role; everything else is left open.
"""

from __future__ import annotations

import math

from rmpl.extraction.linking.comparison import Verdict, mean_odds
from rmpl.records import NOWHERE, Alignment, Box, ImageEvent, Sentence, Span, TextEvent
from rmpl.tasks.pairing import described

_Told = tuple[Span, str]
"""An argument of a text event: its span and its role."""


def align(
    text: TextEvent, image: ImageEvent, sentence: Sentence, verdict: Verdict
) -> tuple[Alignment, ...]:
    """Return the arguments of a text event and of an image event that are the same participants.

    Only arguments of one role are, and each with one other at most: of several spans that may be
    one box's, the surest. What one answer says and another denies is left out.

    Parameters
    ----------
    text, image
        A pair, with arguments.
    sentence
        The text event's.
    verdict
        What was answered about the pair.
    """
    said: dict[_Told, list[float]] = {}
    denied: set[_Told] = set()
    for looks in verdict.answers:
        here: dict[_Told, list[float]] = {}
        for look in looks:
            told = _told(look.span, text, sentence)
            if told is not None:
                here.setdefault(told, []).append(look.probability)
                if not look.agrees:
                    denied.add(told)
        for told, likely in here.items():
            said.setdefault(told, []).append(math.prod(sorted(likely)))
    sure = {told: mean_odds(likely) for told, likely in said.items() if told not in denied}
    found: dict[tuple[str, Box], Alignment] = {}
    for span, role in sorted(sure, key=lambda told: (-sure[told], told)):
        boxes = list({one.box for one in image.arguments if one.role == role})
        if len(boxes) == 1 and (role, boxes[0]) not in found:
            found[role, boxes[0]] = Alignment(role, span, boxes[0], sure[span, role])
    return tuple(sorted(found.values(), key=lambda one: (one.span, one.role)))


def _told(look: Span, event: TextEvent, sentence: Sentence) -> _Told | None:
    """Return the argument that a sentence describes by a look, if one alone can be meant.

    That is the shortest one that the look is part of, else the one that it follows in apposition.
    """
    if look == NOWHERE:
        return None
    named = [one for one in event.arguments if one.span != NOWHERE]
    within = {(one.span, one.role) for one in named if _covers(one.span, look)}
    if within:
        shortest = min(span.end - span.start for span, _ in within)
        found = {told for told in within if told[0].end - told[0].start == shortest}
    else:
        about = [(one, described(one, event, sentence)) for one in named]
        found = {(one.span, one.role) for one, there in about if _covers(there, look)}
    return found.pop() if len(found) == 1 else None


def _covers(span: Span, other: Span) -> bool:
    return span.start <= other.start and other.end <= span.end
