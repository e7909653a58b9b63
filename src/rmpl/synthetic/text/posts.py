"""Posts that give names and looks of people and things, and images that show two of them.

Neither the post nor the image alone determines the relation: the post links names to looks but does
not mention the relation; the image shows the relation of two looks without names.
"""

from __future__ import annotations

import dataclasses
import random

from rmpl.synthetic.images.scenes import TIE_KINDS
from rmpl.synthetic.story.casts import Setting
from rmpl.synthetic.story.plot import COLOURS, GARMENTS, HELD_OUT_LOOKS, PERSONS, Entity

NEGATIVE = "None"
_POSITIVE_RATE = 0.42
_MOST_WORDS = 35
_THIRD_RATE = 0.65
"""The rate of posts with a third name."""


@dataclasses.dataclass(frozen=True)
class _Label:
    """A relation: how the image shows it, and ties that do not show it.

    ``tail`` is the type of the tail's name: ``per``, ``org``, ``loc``, ``ship`` or ``prize``.
    """

    label: str
    tie: str
    tail: str
    kinds: tuple[str, ...]
    not_ties: tuple[str, ...]
    directed: bool = True


_LABELS: tuple[_Label, ...] = (
    _Label("/per/per/couple", "hand_in_hand", "per", PERSONS, ("apart",), directed=False),
    _Label("/per/per/siblings", "arm_round", "per", PERSONS, ("apart",), directed=False),
    _Label("/per/per/peer", "side_by_side", "per", PERSONS, ("apart",), directed=False),
    _Label("/per/per/charges", "points_at", "per", PERSONS, ("apart",)),
    _Label("/per/org/member_of", "in_front_of", "org", ("building",), ("apart", "points_at")),
    _Label(
        "/per/loc/place_of_residence", "in_front_of", "loc", ("building",), ("apart", "points_at")
    ),
    _Label(
        "/per/misc/present_in",
        "inside",
        "ship",
        TIE_KINDS["inside"][1],
        ("apart", "points_at", "in_front_of"),
    ),
    _Label("/per/misc/awarded", "holds", "prize", ("crate", "bag"), ("apart", "points_at")),
)
LABELS: tuple[str, ...] = (NEGATIVE, *(one.label for one in _LABELS))
"""The relations that occur, the negative one first."""

_POSTS = {
    2: (
        "{A} and {B} today {tag}",
        "great day : {A} and {B} {tag}",
        "photo of {A} and {B} {place}",
        "look who we found {place} : {A} and {B}",
        "so this is {A} ... and {B} ! {tag}",
        "{A} plus {B} {place} , what a picture {tag}",
        "no words for this one : {A} , {B} {tag}",
    ),
    3: (
        "{A} , {B} and {C} today {tag}",
        "{C} shared this photo of {A} and {B} {tag}",
        "{A} and {B} {place} ; {C} says hello {tag}",
        "we asked {C} about {A} and {B} {tag}",
        "{A} , {C} , {B} : who is who ? {tag}",
        "more about {A} , {B} and {C} soon {place}",
    ),
}
_TAGS = (
    "#harbor",
    "#news",
    "#photo",
    "#weekend",
    "#family",
    "#city",
    "#throwback",
    "#sunday",
    "",
    "",
)


@dataclasses.dataclass(frozen=True)
class Post:
    """A post about an image.

    Parameters
    ----------
    words
        The tokens.
    head, tail
        Token spans of the two names, ``end`` exclusive.
    label
        The relation of head and tail.
    tie, shown
        The content of the image: ``draw_tie(*shown, tie, rng)``.
    """

    words: tuple[str, ...]
    head: tuple[int, int]
    tail: tuple[int, int]
    label: str
    tie: str
    shown: tuple[Entity, Entity]


def invent_post(number: int, rng: random.Random, setting: Setting) -> Post:
    """Generate a post and the content of its image; ``number`` selects the relation in turn."""
    relation = _LABELS[number % len(_LABELS)]
    taken: set[tuple[str, str | None]] = set()
    head = _draw(PERSONS, "per", taken, rng, setting)
    tail = _draw(relation.kinds, relation.tail, taken, rng, setting)
    third = _draw(*_third(relation, rng), taken, rng, setting)
    named = [head, tail] + ([third] if rng.random() < _THIRD_RATE else [])
    asked, label, tie = (head, tail), relation.label, relation.tie
    if rng.random() >= _POSITIVE_RATE:
        label = NEGATIVE
        draw = rng.random()
        if draw < 0.35:
            tie = rng.choice(relation.not_ties)
        elif relation.tail == "per" and relation.directed and draw < 0.5:
            asked = (tail, head)
        else:
            # The image shows the relation, but with an entity other than the head or the tail.
            named = [head, tail, third]
            asked = _with_stranger(head, tail, third, rng)
            if rng.random() < 0.4:
                named = list(asked)
    elif not relation.directed and rng.random() < 0.5:
        asked = (tail, head)
    words, spans = _write(named, rng, setting)
    while len(words) > _MOST_WORDS:
        words, spans = _write(named, rng, setting)
    return Post(words, spans[asked[0]], spans[asked[1]], label, tie, (head, tail))


def _third(relation: _Label, rng: random.Random) -> tuple[tuple[str, ...], str]:
    """Choose the type of the third entity: a person, or that of the tail."""
    if relation.tail != "per" and rng.random() < 0.5:
        return relation.kinds, relation.tail
    return PERSONS, "per"


def _with_stranger(
    head: Entity, tail: Entity, third: Entity, rng: random.Random
) -> tuple[Entity, Entity]:
    """Replace the head or the tail by the third entity, whichever it can replace."""
    if third.kind not in PERSONS or (tail.kind in PERSONS and rng.random() < 0.5):
        return head, third
    return third, tail


def _draw(
    kinds: tuple[str, ...],
    sort: str,
    taken: set[tuple[str, str | None]],
    rng: random.Random,
    setting: Setting,
) -> Entity:
    """Draw an entity with a name and a look that is not ``taken``."""
    looks = [
        (kind, colour)
        for kind in kinds
        for colour in COLOURS
        if (kind, colour) not in taken
        and (setting.held_out or (kind, colour) not in HELD_OUT_LOOKS)
    ]
    kind = rng.choice(sorted({kind for kind, _ in looks}))
    look = rng.choice([look for look in looks if look[0] == kind])
    taken.add(look)
    names = setting.names
    town = rng.choice(names.towns)
    name = {
        "per": names.person(rng, kind),
        "org": names.organisation(rng),
        "loc": names.place(rng),
        "ship": f"{town} {rng.choice(('Star', 'Express', 'Queen', 'Shuttle'))}",
        "prize": f"{town} {rng.choice(('Prize', 'Medal', 'Award'))}",
    }[sort]
    return Entity(*look, name=name)


def _write(
    named: list[Entity], rng: random.Random, setting: Setting
) -> tuple[tuple[str, ...], dict[Entity, tuple[int, int]]]:
    """Write the post; the order of the entities is independent of the image."""
    order = rng.sample(named, len(named))
    words: list[str] = []
    spans: dict[Entity, tuple[int, int]] = {}
    if rng.random() < 0.25:
        words += [
            "RT",
            f"@{rng.choice(setting.names.towns).lower()}{rng.choice(('news', '24'))}",
            ":",
        ]
    for part in rng.choice(_POSTS[len(named)]).split():
        if part in ("{A}", "{B}", "{C}"):
            entity = order["ABC".index(part[1])]
            name = (entity.name or "").split()
            spans[entity] = (len(words), len(words) + len(name))
            words += name + _look(entity, rng)
        elif part == "{tag}":
            words += rng.choice(_TAGS).split()
        elif part == "{place}":
            words += ["in", *setting.names.place(rng).split()]
        elif part == "," and words[-1] == ",":
            continue
        else:
            words.append(part)
    return tuple(words), spans


def _look(entity: Entity, rng: random.Random) -> list[str]:
    if entity.kind in GARMENTS and rng.random() < 0.4:
        words = f"in the {entity.colour} {GARMENTS[entity.kind]}"
        # A uniform alone would not distinguish an officer from a soldier.
        if GARMENTS[entity.kind] != "uniform":
            return words.split()
    form = rng.choice(("( {} )", "( the {} )", ", the {} ,"))
    return form.format(entity.look).split()
