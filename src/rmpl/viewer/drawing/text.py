"""A sentence with its events: marked triggers, role-labelled arguments, one lane per event.

Labels are placed in lanes below the text, so that nested and crossing spans stay readable: a span
across several pieces of text is one unbroken bar. The colour shows the type; several events of one
type in a sentence are numbered.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

from rmpl.records import Sentence, Span
from rmpl.scoring.verdicts import Verdict
from rmpl.viewer.compare import TextPair
from rmpl.viewer.drawing.items import shown_score
from rmpl.viewer.drawing.palette import SIGNS, Palette, short
from rmpl.viewer.markup import NOTHING, Markup, el, join


@dataclasses.dataclass(frozen=True)
class Mark:
    """One labelled span: ``css`` holds its classes, ``badges`` follow its label."""

    span: Span
    label: str
    css: str
    tip: str
    key: str
    verdict: Verdict | None
    badges: Markup = NOTHING
    score: float | None = None
    """Of the event, on its trigger."""


@dataclasses.dataclass(frozen=True)
class DrawnEvent:
    """One side of a paired text event.

    ``key`` is shared by its marks on the page, ``side`` is the name of the side, ``badges`` are its
    links.
    """

    pair: TextPair
    key: str
    side: str
    badges: Markup = NOTHING


def confidence(score: float | None) -> str:
    """Return a score as `` .93``, with a leading blank; empty if there is none."""
    return "" if score is None else f" {score:.2f}".replace(" 0.", " .")


def tip(what: str, side: str, verdict: Verdict | None, score: float | None) -> str:
    """Return the tooltip: a description, the side, the verdict and the score."""
    parts = [what, side, SIGNS[verdict].word]
    if score is not None:
        parts.append(f"confidence {score:.2f}")
    return " · ".join(part for part in parts if part)


def _marks(
    event: DrawnEvent, gold: bool, palette: Palette, number: str
) -> list[tuple[Mark, str | None]]:
    """Return the marks of one side of an event, each with its text if it has no span."""
    mention = event.pair.side(gold)
    if mention is None:
        return []
    side, colour = event.side, palette.css(mention.event_type)
    verdict = event.pair.verdict
    found: list[tuple[Mark, str | None]] = [
        (
            Mark(
                span=mention.trigger,
                label=short(mention.event_type) + number + confidence(mention.score),
                css=f"trigger {colour} {SIGNS[verdict].css}",
                tip=tip(f"trigger of {mention.event_type}", side, verdict, mention.score),
                key=event.key,
                verdict=verdict,
                badges=event.badges,
                score=shown_score(mention),
            ),
            mention.trigger_text,
        )
    ]
    for pair in event.pair.arguments:
        argument = pair.side(gold)
        if argument is None:
            continue
        what = f"{argument.role} of {mention.event_type}"
        mark = Mark(
            span=argument.span,
            label=argument.role + number + confidence(argument.score),
            css=f"argument {colour} {SIGNS[pair.verdict].css}",
            tip=tip(what, side, pair.verdict, argument.score),
            key=event.key,
            verdict=pair.verdict,
        )
        found.append((mark, argument.text))
    return found


def assign_lanes(marks: Sequence[Mark]) -> list[tuple[int, Mark]]:
    """Assign every mark a lane (0 is the topmost) so that marks in a lane do not overlap.

    Of marks that start at the same token, the longest comes first.
    """
    laid: list[tuple[int, Mark]] = []
    for mark in sorted(marks, key=lambda m: (m.span.start, -m.span.end)):
        busy = {lane for lane, other in laid if mark.span.start < other.span.end}
        laid.append((next(i for i in range(len(laid) + 1) if i not in busy), mark))
    return laid


def _numbers(events: Sequence[DrawnEvent], gold: bool) -> list[str]:
    """Return the label suffixes of events that share a type: `` 1``, `` 2``, or nothing."""
    types = [mention.event_type if (mention := e.pair.side(gold)) else "" for e in events]
    return [
        f" {types[:i].count(one) + 1}" if types.count(one) > 1 else ""
        for i, one in enumerate(types)
    ]


def _label(mark: Mark) -> Markup:
    glyph = SIGNS[mark.verdict].glyph
    return join(
        mark.label,
        el("b", {"class": "glyph", "aria-label": SIGNS[mark.verdict].word}, glyph)
        if glyph
        else None,
        mark.badges or None,
    )


def _cell(text: str, start: int, end: int, laid: Sequence[tuple[int, Mark]]) -> Markup:
    """Return one piece of text (tokens ``start`` to ``end``) above the lanes that cross it."""
    here = {lane: mark for lane, mark in laid if mark.span.start < end and start < mark.span.end}
    rows: list[Markup] = []
    for lane in range(max(here) + 1):
        mark = here.get(lane)
        if mark is None:
            rows.append(el("span", {"class": "lane"}))
            continue
        first, last = mark.span.start >= start, mark.span.end <= end
        edges = (" first" if first else "") + (" last" if last else "")
        attributes = {
            "class": f"lane mark {mark.css}{edges}",
            "data-e": mark.key,
            "data-score": mark.score,
            "title": mark.tip,
            "tabindex": "0" if first else None,
        }
        rows.append(el("span", attributes, _label(mark) if first else None))
    trigger = " on" if any(mark.css.startswith("trigger") for mark in here.values()) else ""
    return el("span", {"class": "cell"}, el("span", {"class": f"word{trigger}"}, text), *rows)


def _body(sentence: Sentence, laid: Sequence[tuple[int, Mark]]) -> Markup:
    cuts = sorted({edge for _, mark in laid for edge in (mark.span.start, mark.span.end)})
    parts: list[Markup | str] = []
    written = 0
    for start, end in itertools.pairwise(cuts):
        crossing = [mark for _, mark in laid if mark.span.start < end and start < mark.span.end]
        if not crossing:
            continue
        left, right = sentence.chars(Span(start, end))
        if any(mark.span.end > end for mark in crossing):
            right = sentence.tokens[end][0]  # the bar continues: the blank belongs to it
        parts.append(sentence.text[written:left])
        parts.append(_cell(sentence.text[left:right], start, end, laid))
        written = right
    parts.append(sentence.text[written:])
    return join(*parts)


def draw_sentence(
    sentence: Sentence, events: Sequence[DrawnEvent], *, gold: bool, palette: Palette
) -> Markup:
    """Return a sentence with one side (gold or predicted) of its events marked.

    Predicted strings that do not occur in the sentence, and spans outside it, are listed below it.
    """
    placed: list[Mark] = []
    nowhere: list[Markup] = []
    for event, number in zip(events, _numbers(events, gold), strict=True):
        for mark, instead in _marks(event, gold, palette, number):
            if 0 <= mark.span.start < mark.span.end <= len(sentence.tokens):
                placed.append(mark)
                continue
            said = instead if instead is not None else f"tokens {mark.span.start}-{mark.span.end}"
            attributes = {
                "class": f"mark first last {mark.css}",
                "data-e": mark.key,
                "data-score": mark.score,
                "title": mark.tip,
            }
            nowhere.append(
                el("li", None, el("q", None, said), " ", el("span", attributes, _label(mark)))
            )
    drawn = el("p", {"class": "sentence", "dir": "auto"}, _body(sentence, assign_lanes(placed)))
    if not nowhere:
        return drawn
    return join(
        drawn,
        el("div", {"class": "nowhere"}, "Not in the sentence: ", el("ul", None, *nowhere)),
    )
