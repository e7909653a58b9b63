"""Multimedia events: what linked mentions and pictures tell and show, together."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rmpl.records import Document, ImageArgument, ImageEvent, TextArgument, TextEvent


class MultimediaEvent(msgspec.Struct, frozen=True):
    """One event with all its mentions, all its pictures and the union of their arguments.

    ``arguments`` are by role; each names the event it is an argument of. Which span and which box
    are the same participant is not said: no task of the model's tells it. ``score`` is the
    probability that the surest of the links is right, and both events that it joins.
    """

    id: str
    event_type: str
    text_events: tuple[str, ...]
    image_events: tuple[str, ...]
    arguments: dict[str, tuple[tuple[str, TextArgument | ImageArgument], ...]]
    score: float | None = None


def multimedia_events(document: Document) -> list[MultimediaEvent]:
    """Return the events that a document's links join, in the order of their first mentions."""
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
    for told, shown in sorted(groups, key=lambda group: min(order[name] for name in group[0])):
        text_events = [texts[name] for name in sorted(told, key=order.__getitem__)]
        image_events = [images[name] for name in sorted(shown, key=order.__getitem__)]
        links = [link for link in document.links if link.text in told]
        scores = [
            link.score * (texts[link.text].score or 1.0) * (images[link.image].score or 1.0)
            for link in links
            if link.score is not None
        ]
        found.append(
            MultimediaEvent(
                id=f"{document.id}#mm{len(found)}",
                event_type=text_events[0].event_type,
                text_events=tuple(event.id for event in text_events),
                image_events=tuple(event.id for event in image_events),
                arguments=_union(text_events, image_events),
                score=max(scores, default=None),
            )
        )
    return found


def _union(
    texts: list[TextEvent], images: list[ImageEvent]
) -> dict[str, tuple[tuple[str, TextArgument | ImageArgument], ...]]:
    """Return the arguments by role; a span that two mentions in one sentence share, once."""
    by_role: dict[str, list[tuple[str, TextArgument | ImageArgument]]] = {}
    seen: set[tuple[object, ...]] = set()
    for name, place, argument in _arguments(texts, images):
        where = argument.span if isinstance(argument, TextArgument) else argument.box
        key = (place, argument.role, where)
        if key not in seen:
            seen.add(key)
            by_role.setdefault(argument.role, []).append((name, argument))
    return {role: tuple(arguments) for role, arguments in by_role.items()}


def _arguments(
    texts: list[TextEvent], images: list[ImageEvent]
) -> Iterator[tuple[str, str, TextArgument | ImageArgument]]:
    for text in texts:
        yield from ((text.id, text.sentence_id, argument) for argument in text.arguments)
    for image in images:
        yield from ((image.id, image.image_id, argument) for argument in image.arguments)
