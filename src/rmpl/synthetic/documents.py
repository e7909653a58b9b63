"""News documents of the test corpus: sentences, image contents, and their links.

Most sentences and images have no event. An event in both media may occur in several sentences and
images, beside events of the same type with other participants, so that only the participants
determine which sentence is linked to which image.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator

from rmpl.synthetic.story.casts import EVENT_TYPES, Setting, cast_of, person_entity
from rmpl.synthetic.story.plot import PERSONS, Entity, Happening
from rmpl.synthetic.story.situations_plan import NEAR_MISSES, SITUATIONS, invent
from rmpl.synthetic.text.realisation import AnnotatedSentence
from rmpl.synthetic.text.sentences import (
    write_event,
    write_event_of_type,
    write_shared_events,
    write_two_events,
    write_without_event,
)

_VERBS: dict[str, tuple[str, ...]] = {
    event_type: tuple(v for v, s in SITUATIONS.items() if s.event_type == event_type)
    for event_type in EVENT_TYPES
}
_BOTH_FILES_RATE = 0.1
"""The rate of linked sentences with a further event of another type (so in two files)."""
_KINDS = (
    "linked",
    "linked",
    "linked",
    "linked",
    "linked",
    "text",
    "text",
    "image",
    "quiet",
    "quiet",
)


@dataclasses.dataclass(frozen=True)
class Line:
    """A sentence of a document.

    ``linked`` is the index of the event that is also in images, or ``None``.
    """

    telling: AnnotatedSentence
    linked: int | None = None


@dataclasses.dataclass(frozen=True)
class Shot:
    """The content of an image: a happening, or ``entities`` standing around (``None``: any)."""

    happening: Happening | None = None
    entities: tuple[Entity, ...] | None = None
    linked: bool = False

    @property
    def event_type(self) -> str | None:
        """The type of the event in the image, if there is one."""
        return self.happening.event_type if self.happening else None


@dataclasses.dataclass(frozen=True)
class News:
    """A document; ``links`` are pairs of indices into ``lines`` and ``shots``."""

    id: str
    lines: tuple[Line, ...]
    shots: tuple[Shot, ...]
    links: tuple[tuple[int, int], ...]


@dataclasses.dataclass
class _Desk:
    """A document under construction; ``seen`` are the looks used by its happenings."""

    rng: random.Random
    setting: Setting
    place: str
    types: Iterator[str]
    lines: list[tuple[int, Line]] = dataclasses.field(default_factory=list)
    shots: list[tuple[int, Shot]] = dataclasses.field(default_factory=list)
    seen: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    stories: int = 0

    def happening(self, event_type: str) -> Happening:
        """Generate a happening with looks that no other happening of the document has."""
        for _ in range(60):
            verb = self.rng.choice(_VERBS[event_type])
            found = invent(verb, self.rng, held_out=self.rng.random() < 0.5)
            looks = {(e.kind, e.colour) for _, e in found.roles if e.colour is not None}
            if not looks & self.seen:
                break
        self.seen |= {(kind, colour) for kind, colour in looks if colour is not None}
        roles = tuple((role, self._named(entity)) for role, entity in found.roles)
        return Happening(found.event_type, found.verb, roles, self.place)

    def _named(self, entity: Entity) -> Entity:
        if entity.kind in PERSONS and entity.count == 1 and self.rng.random() < 0.5:
            name = self.setting.names.person(self.rng, entity.kind)
            return dataclasses.replace(entity, name=name)
        return entity

    def story(self, happening: Happening, *, sentences: int, images: int) -> None:
        """Add a happening with ``sentences`` sentences and ``images`` images."""
        self.stories += 1
        linked = bool(sentences and images)
        for _ in range(sentences):
            line = _write_happening(happening, self.rng, self.setting, linked=linked)
            self.lines.append((self.stories if linked else 0, line))
        for _ in range(images):
            shot = Shot(happening, linked=linked)
            self.shots.append((self.stories if linked else 0, shot))


def _mentions_participants(telling: AnnotatedSentence) -> bool:
    """Return whether all visible participants of the first event are mentioned, one by its look."""
    event = telling.events[0]
    players = {player for players in event.cast.roles.values() for player in players}
    minor = set(event.cast.roles.get("Instrument", ()))
    visible = {player for player in players if player.looks}
    visible = visible - minor or visible
    return bool(visible & event.shown) and visible <= (event.shown | event.named)


def _write_happening(
    happening: Happening, rng: random.Random, setting: Setting, *, linked: bool
) -> Line:
    """Write a sentence about a happening that an image could show."""
    for _ in range(20):
        cast = cast_of(happening, rng, setting)
        try:
            if linked and rng.random() < _BOTH_FILES_RATE:
                other = rng.choice([t for t in EVENT_TYPES if t != cast.event_type])
                return Line(
                    write_two_events(cast, other, rng, setting, accept=_mentions_participants), 0
                )
            telling = write_event(
                cast,
                rng,
                setting,
                new_frames=True,
                accept=_mentions_participants,
                look_rate=0.72,
                fullness=0.75,
            )
        except RuntimeError:
            continue
        return Line(telling, 0 if linked else None)
    raise RuntimeError(f"no sentence fits {happening.verb}")


def _linked_stories(desk: _Desk) -> None:
    """Add happenings in both media, most often beside others of the same type."""
    rng = desk.rng
    event_type = next(desk.types)
    desk.story(desk.happening(event_type), sentences=_one_or_two(rng), images=_one_or_two(rng))
    draw = rng.random()
    if draw < 0.6:
        desk.story(desk.happening(event_type), sentences=_one_or_two(rng), images=_one_or_two(rng))
    elif draw < 0.75:
        desk.story(desk.happening(event_type), sentences=1, images=0)
        desk.story(desk.happening(event_type), sentences=0, images=1)
    elif draw < 0.85:
        other = rng.choice([t for t in EVENT_TYPES if t != event_type])
        desk.story(desk.happening(other), sentences=1, images=1)
    if rng.random() < 0.2:
        desk.story(desk.happening(event_type), sentences=0, images=1)
    if rng.random() < 0.3:
        desk.lines.append(
            (0, Line(write_event_of_type(event_type, rng, desk.setting, new_frames=True)))
        )


def _one_or_two(rng: random.Random) -> int:
    return 1 if rng.random() < 0.7 else 2


def _text_events(desk: _Desk, count: int) -> None:
    for _ in range(count):
        draw = desk.rng.random()
        if draw < 0.12:
            telling = write_shared_events(desk.rng, desk.setting)
        elif draw < 0.22:
            other = desk.rng.choice(EVENT_TYPES)
            telling = write_two_events(next(desk.types), other, desk.rng, desk.setting)
        else:
            telling = write_event_of_type(next(desk.types), desk.rng, desk.setting, new_frames=True)
        desk.lines.append((0, Line(telling)))


def _quiet_shot(desk: _Desk) -> Shot:
    """Plan an image without an event, sometimes with a participant of one."""
    rng = desk.rng
    draw = rng.random()
    if draw < 0.6:
        verb = rng.choice(NEAR_MISSES)
        return Shot(invent(verb, rng, held_out=rng.random() < 0.4))
    players = [
        entity
        for _, shot in desk.shots
        if shot.happening is not None and shot.event_type is not None
        for _, entity in shot.happening.roles
        if entity.kind in PERSONS
    ]
    if players and draw < 0.75:
        return Shot(entities=(rng.choice(players), person_entity(rng, desk.setting)))
    return Shot()


def _fill(desk: _Desk, kind: str) -> None:
    """Add sentences and images without events until the document has its usual length."""
    rng = desk.rng
    lines = max(rng.randint(6, 14), len(desk.lines) + 3)
    while len(desk.lines) < lines:
        desk.lines.append((0, Line(write_without_event(rng, desk.setting, decoy_rate=0.3))))
    shots = max(rng.randint(2, 5), len(desk.shots) + (1 if kind == "linked" else 0))
    while len(desk.shots) < shots:
        desk.shots.append((0, _quiet_shot(desk)))


def types_in_turn(rng: random.Random) -> Iterator[str]:
    """Yield random permutations of all event types without end."""
    while True:
        yield from rng.sample(EVENT_TYPES, len(EVENT_TYPES))


def plan_news(
    doc_id: str, kind: str, rng: random.Random, setting: Setting, types: Iterator[str]
) -> News:
    """Plan one document.

    Parameters
    ----------
    kind
        ``linked`` (events in both media), ``text`` or ``image`` (events in one medium), ``quiet``
        (no events) or ``images`` (no sentences).
    types
        The types of its events, see ``types_in_turn``.
    """
    desk = _Desk(rng, setting, setting.names.place(rng), types)
    if kind == "linked":
        _linked_stories(desk)
    if kind in ("text", "image"):
        _text_events(desk, rng.randint(1, 3) if kind == "text" else 1)
    if kind in ("image", "images"):
        for _ in range(rng.randint(1, 3)):
            desk.story(desk.happening(next(desk.types)), sentences=0, images=1)
    _fill(desk, kind)
    rng.shuffle(desk.lines)
    rng.shuffle(desk.shots)
    lines = [] if kind == "images" else desk.lines
    links = tuple(
        (number, other)
        for number, (story, _) in enumerate(lines)
        for other, (shown, _) in enumerate(desk.shots)
        if story and story == shown
    )
    return News(
        doc_id,
        tuple(line for _, line in lines),
        tuple(shot for _, shot in desk.shots),
        links,
    )


def plan_corpus(count: int, rng: random.Random, setting: Setting) -> list[News]:
    """Plan ``count`` documents of all kinds; ids look like those of M2E2."""
    corpus: list[News] = []
    # Linked documents have their own sequence of types, so that every type has links in a small
    # corpus.
    linked_types, other_types = types_in_turn(rng), types_in_turn(rng)
    for number in range(count):
        kind = "images" if number % 25 == 24 else _KINDS[number % len(_KINDS)]
        date = f"2031.{rng.randint(1, 12):02d}.{rng.randint(1, 28):02d}"
        types = linked_types if kind == "linked" else other_types
        corpus.append(plan_news(f"VOA_EN_NW_{date}.{number:07d}", kind, rng, setting, types))
    return corpus


def rivals(news: News) -> bool:
    """Return whether a linked type also occurs with other participants in text and images.

    If so, the type alone does not determine the links.
    """
    linked = set(news.links)
    for _, shot in sorted(linked):
        event_type = news.shots[shot].event_type
        others = {
            (a, b)
            for a, one in enumerate(news.lines)
            if any(event.event_type == event_type for event in one.telling.events)
            for b, two in enumerate(news.shots)
            if two.event_type == event_type
        }
        if others - linked:
            return True
    return False
