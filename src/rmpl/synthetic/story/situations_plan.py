"""The situations of synthetic images: imSitu verbs, their M2E2 types, roles and participants.

Verbs, role names and the type and role each stands for are imSitu's and the corrected ACE-imSitu
mapping's. Where M2E2 has a role that imSitu's verb lacks (the placards and the police of a
demonstration, the handcuffs of an arrest, the money of a payment), one is added;
see ``ADDED_ROLES``. The verbs without an event type are near misses: the same people and things as
in an event, without the relation that makes it an event.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeAlias

from rmpl.synthetic.story.plot import (
    COLOURED_THINGS,
    COLOURS,
    HELD_OUT_LOOKS,
    PERSONS,
    VEHICLES,
    Entity,
    Happening,
)
from rmpl.synthetic.story.situation_table import ALL_SITUATIONS, Situation

__all__ = [
    "ADDED_ROLES",
    "COLOURED",
    "NEAR_MISSES",
    "SITUATIONS",
    "Situation",
    "imsitu_players",
    "invent",
]

Look: TypeAlias = tuple[str, str | None]

COLOURED: frozenset[str] = frozenset(PERSONS + VEHICLES + COLOURED_THINGS)
"""Kinds whose colour is part of the look."""

SITUATIONS: dict[str, Situation] = {situation.verb: situation for situation in ALL_SITUATIONS}

NEAR_MISSES: tuple[str, ...] = tuple(s.verb for s in ALL_SITUATIONS if s.event_type is None)

ADDED_ROLES: frozenset[tuple[str, str]] = frozenset(
    {
        ("burning", "tool"),
        ("arresting", "tool"),
        ("detaining", "tool"),
        ("protesting", "tool"),
        ("protesting", "police"),
        ("gathering", "tool"),
        ("paying", "item"),
    }
)
"""``(verb, role)`` pairs that are not in imSitu; M2E2 annotates such participants."""


def imsitu_players(happening: Happening) -> dict[str, list[Entity]]:
    """Return the entities of each imSitu role of the happening's verb, in the verb's order.

    If several imSitu roles map to one M2E2 role (talking: agent and listener are Entity), its
    entities fill them in order; the rest join the last one. Empty roles are omitted.

    Raises
    ------
    KeyError
        If the verb is not one of ``SITUATIONS``.
    """
    situation = SITUATIONS[happening.verb]
    names: dict[str, list[str]] = {}
    for name in situation.order:
        if name in situation.fillers:
            role_name = situation.roles[name] if situation.event_type else name
            names.setdefault(role_name or name, []).append(name)
    players: dict[str, list[Entity]] = {name: [] for name in situation.order}
    for role_name, slots in names.items():
        for number, entity in enumerate(happening.players(role_name)):
            players[slots[min(number, len(slots) - 1)]].append(entity)
    return {name: entities for name, entities in players.items() if entities}


def invent(
    verb: str,
    rng: random.Random,
    *,
    held_out: bool,
    colours: Sequence[str] = tuple(COLOURS),
) -> Happening:
    """Generate a happening of ``verb`` with suitable participants of different looks.

    Parameters
    ----------
    verb
        A key of ``SITUATIONS``.
    rng
        Source of every choice.
    held_out
        Whether at least one participant has a look of HELD_OUT_LOOKS; otherwise none has.
    colours
        Colours to choose from; with ``held_out`` they must include one of a held-out look.

    Returns
    -------
    Happening
        With M2E2 roles for an event, imSitu roles for a near miss, without names and places.
    """
    situation = SITUATIONS[verb]
    slots: list[str] = []
    for role in situation.order:
        if role in situation.fillers and (role not in situation.optional or rng.random() < 0.6):
            slots += [role] * rng.randint(*situation.several.get(role, (1, 1)))
    looks = [_looks(situation.fillers[role], colours, held_out=held_out) for role in slots]
    rare = [n for n, some in enumerate(looks) if any(look in HELD_OUT_LOOKS for look in some)]
    chosen = rng.choice(rare) if held_out else None
    seen: set[Look] = set()
    players: dict[int, tuple[str, Entity]] = {}
    # The held-out look is chosen first, so that no other participant has it.
    for number in sorted(range(len(slots)), key=lambda n: n != chosen):
        role, free = slots[number], [look for look in looks[number] if look not in seen]
        if number == chosen:
            free = [look for look in free if look in HELD_OUT_LOOKS]
        kind = rng.choice(sorted({kind for kind, _ in free}))
        look = rng.choice([look for look in free if look[0] == kind])
        seen.add(look)
        least, most = situation.groups.get(role, (1, 1))
        if slots.count(role) > 1 and most > 1:
            least, most = (2, 2) if slots.index(role) == number else (1, 2)
        if kind not in PERSONS and kind != "placard":
            least, most = 1, 1
        role_name = situation.roles[role] if situation.event_type else role
        players[number] = (role_name or role, Entity(*look, count=rng.randint(least, most)))
    roles = tuple(players[number] for number in range(len(slots)))
    return Happening(situation.event_type, verb, roles)


def _looks(kinds: Sequence[str], colours: Sequence[str], *, held_out: bool) -> list[Look]:
    """Return every possible ``(kind, colour)``."""
    looks: list[Look] = []
    for kind in kinds:
        if kind in COLOURED:
            looks += [(kind, colour) for colour in colours]
        else:
            looks.append((kind, None))
    return [look for look in looks if held_out or look not in HELD_OUT_LOOKS]
