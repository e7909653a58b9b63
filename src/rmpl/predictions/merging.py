"""Multimedia events: linked text and image events merged into one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from rmpl.records import Document, ImageArgument, ImageEvent, Link, TextArgument, TextEvent

Named = tuple[str, TextArgument | ImageArgument]
"""An argument and the id of its event."""
_Where = tuple[object, ...]
"""The sentence or image, the role, and the span or box."""


class SameParticipant(msgspec.Struct, frozen=True):
    """A text argument and an image argument of one event that denote the same participant.

    ``score`` is the model's probability of that, or ``None``.
    """

    text: tuple[str, TextArgument]
    image: tuple[str, ImageArgument]
    score: float | None = None


class MultimediaEvent(msgspec.Struct, frozen=True):
    """One event with all its mentions, images and the union of their arguments.

    ``arguments`` are grouped by role, each with the id of its event. ``alignment`` lists arguments
    that denote the same participant according to the links; between one sentence and one image it
    is one-to-one. ``score`` is the highest probability that a link and both its events are correct.
    """

    id: str
    event_type: str
    text_events: tuple[str, ...]
    image_events: tuple[str, ...]
    arguments: dict[str, tuple[Named, ...]]
    score: float | None = None
    alignment: tuple[SameParticipant, ...] = ()


def multimedia_events(document: Document) -> list[MultimediaEvent]:
    """Merge the linked events of a document, in the order of their first mentions."""
    texts = {event.id: event for event in document.text_events}
    images = {event.id: event for event in document.image_events}
    groups: list[tuple[set[str], set[str]]] = []
    for link in document.links:
        joined = ({link.text}, {link.image})
        for group in [g for g in groups if link.text in g[0] or link.image in g[1]]:
            groups.remove(group)
            joined = (joined[0] | group[0], joined[1] | group[1])
        groups.append(joined)
    order = {name: number for number, name in enumerate([*texts, *images])}
    found: list[MultimediaEvent] = []
    for text_ids, image_ids in sorted(
        groups, key=lambda group: min(order[name] for name in group[0])
    ):
        text_events = [texts[name] for name in sorted(text_ids, key=order.__getitem__)]
        image_events = [images[name] for name in sorted(image_ids, key=order.__getitem__)]
        links = [link for link in document.links if link.text in text_ids]
        scores = [
            link.score * (texts[link.text].score or 1.0) * (images[link.image].score or 1.0)
            for link in links
            if link.score is not None
        ]
        union = _union(text_events, image_events)
        by_role: dict[str, list[Named]] = {}
        for named in union.values():
            by_role.setdefault(named[1].role, []).append(named)
        found.append(
            MultimediaEvent(
                id=f"{document.id}#mm{len(found)}",
                event_type=text_events[0].event_type,
                text_events=tuple(event.id for event in text_events),
                image_events=tuple(event.id for event in image_events),
                arguments={role: tuple(arguments) for role, arguments in by_role.items()},
                score=max(scores, default=None),
                alignment=_alignment(links, texts, images, union),
            )
        )
    return found


def _union(texts: Sequence[TextEvent], images: Sequence[ImageEvent]) -> dict[_Where, Named]:
    """Return the distinct arguments; a span shared by two mentions in a sentence appears once."""
    union: dict[_Where, Named] = {}
    for name, place, argument in _arguments(texts, images):
        where = argument.span if isinstance(argument, TextArgument) else argument.box
        union.setdefault((place, argument.role, where), (name, argument))
    return union


def _arguments(
    texts: Sequence[TextEvent], images: Sequence[ImageEvent]
) -> Iterator[tuple[str, str, TextArgument | ImageArgument]]:
    for text in texts:
        yield from ((text.id, text.sentence_id, argument) for argument in text.arguments)
    for image in images:
        yield from ((image.id, image.image_id, argument) for argument in image.arguments)


def _alignment(
    links: Sequence[Link],
    texts: dict[str, TextEvent],
    images: dict[str, ImageEvent],
    union: dict[_Where, Named],
) -> tuple[SameParticipant, ...]:
    """Return the aligned arguments of the union, the most confident first.

    Links of two mentions in one sentence, or of two events in one image, may contradict each
    other: then the more confident one is used.
    """
    said = []
    for link in links:
        places = texts[link.text].sentence_id, images[link.image].image_id
        for one in link.alignments:
            span, box = (places[0], one.role, one.span), (places[1], one.role, one.box)
            if span in union and box in union:
                said.append((span, box, one.score))
    order = {where: number for number, where in enumerate(union)}
    said.sort(key=lambda one: (-(one[2] or 0.0), order[one[0]], order[one[1]]))
    taken: set[tuple[_Where, object]] = set()
    found = []
    for span, box, score in said:
        # A span may be aligned with boxes in several images, and a box with several sentences.
        ends = (span, box[0]), (box, span[0])
        if taken.isdisjoint(ends):
            taken.update(ends)
            (teller, text), (shower, image) = union[span], union[box]
            if isinstance(text, TextArgument) and isinstance(image, ImageArgument):
                found.append(SameParticipant((teller, text), (shower, image), score))
    return tuple(found)
