"""Aligning spans of a sentence with boxes of an image that are the same participant.

Answers to "same event?" contain part of this: for each participant, its description in the sentence
and that of the participant of the same role in the image. Where the two agree, the argument that
the sentence describes is the one that the image shows. Its box is certain only if the image has one
box of that role; all other cases are left out.
"""

from __future__ import annotations

import math

from rmpl.extraction.linking.comparison import Verdict, mean_odds
from rmpl.records import NOWHERE, Alignment, Box, ImageEvent, Sentence, Span, TextEvent
from rmpl.tasks.pairing import described

_Argument = tuple[Span, str]
"""An argument of a text event: its span and its role."""


def align(
    text: TextEvent, image: ImageEvent, sentence: Sentence, verdict: Verdict
) -> tuple[Alignment, ...]:
    """Return the arguments of a text event and an image event that are the same participants.

    Only arguments of the same role are aligned, each with at most one other: of several spans for
    one box, the most probable. Alignments that one answer affirms and another denies are left out.

    Parameters
    ----------
    text, image
        A pair, with arguments.
    sentence
        The text event's sentence.
    verdict
        The answers about the pair.
    """
    affirmed: dict[_Argument, list[float]] = {}
    denied: set[_Argument] = set()
    for looks in verdict.answers:
        here: dict[_Argument, list[float]] = {}
        for look in looks:
            argument = _described(look.span, text, sentence)
            if argument is not None:
                here.setdefault(argument, []).append(look.probability)
                if not look.agrees:
                    denied.add(argument)
        for argument, likely in here.items():
            affirmed.setdefault(argument, []).append(math.prod(sorted(likely)))
    scores = {one: mean_odds(likely) for one, likely in affirmed.items() if one not in denied}
    found: dict[tuple[str, Box], Alignment] = {}
    for span, role in sorted(scores, key=lambda one: (-scores[one], one)):
        boxes = list({one.box for one in image.arguments if one.role == role})
        if len(boxes) == 1 and (role, boxes[0]) not in found:
            found[role, boxes[0]] = Alignment(role, span, boxes[0], scores[span, role])
    return tuple(sorted(found.values(), key=lambda one: (one.span, one.role)))


def _described(look: Span, event: TextEvent, sentence: Sentence) -> _Argument | None:
    """Return the argument that a look describes, ``None`` if that is ambiguous.

    It is the shortest argument that contains the look, else the one that it follows in apposition.
    """
    if look == NOWHERE:
        return None
    named = [one for one in event.arguments if one.span != NOWHERE]
    within = {(one.span, one.role) for one in named if _covers(one.span, look)}
    if within:
        shortest = min(span.end - span.start for span, _ in within)
        found = {one for one in within if one[0].end - one[0].start == shortest}
    else:
        about = [(one, described(one, event, sentence)) for one in named]
        found = {(one.span, one.role) for one, there in about if _covers(there, look)}
    return found.pop() if len(found) == 1 else None


def _covers(span: Span, other: Span) -> bool:
    return span.start <= other.start and other.end <= span.end
