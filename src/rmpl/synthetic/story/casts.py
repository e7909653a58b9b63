"""The participants of an event in a sentence: sampled for the text, or taken from an image."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping

from rmpl.synthetic.story import referents
from rmpl.synthetic.story.names import Names
from rmpl.synthetic.story.plot import (
    COLOURS,
    HELD_OUT_LOOKS,
    PERSONS,
    VEHICLES,
    Entity,
    Happening,
)
from rmpl.synthetic.story.referents import Referent

Roles = Mapping[str, tuple[Referent, ...]]


@dataclasses.dataclass(frozen=True)
class Setting:
    """The vocabulary of a text: a set of names, and whether held-out looks may occur."""

    names: Names
    held_out: bool


@dataclasses.dataclass(frozen=True)
class Cast:
    """An event with the referents of its roles.

    ``happening`` is the happening in an image, if any; the cast may then have roles that occur only
    in images.
    """

    event_type: str
    roles: Roles
    happening: Happening | None = None


def person_entity(rng: random.Random, setting: Setting, name_rate: float = 0.45) -> Entity:
    """Draw a person or a group with a look; a single person may have a name."""
    kind = rng.choice(PERSONS)
    count = 1 if rng.random() < 0.75 else rng.randint(2, 5)
    named = count == 1 and rng.random() < name_rate
    name = setting.names.person(rng, kind) if named else None
    return Entity(kind, _colour(kind, rng, setting), count, name)


def vehicle_entity(rng: random.Random, setting: Setting) -> Entity:
    """Draw a vehicle with a colour."""
    kind = rng.choice(VEHICLES)
    return Entity(kind, _colour(kind, rng, setting))


def _colour(kind: str, rng: random.Random, setting: Setting) -> str:
    free = [c for c in COLOURS if setting.held_out or (kind, c) not in HELD_OUT_LOOKS]
    return rng.choice(free)


def participant(rng: random.Random, setting: Setting) -> Referent:
    """Draw a person or group, referred to by look, by name, or by a noun."""
    draw = rng.random()
    if draw < 0.42:
        return referents.from_entity(person_entity(rng, setting))
    return referents.person(rng, setting.names) if draw < 0.7 else referents.people(rng)


def _single(rng: random.Random, setting: Setting) -> Referent:
    while (found := participant(rng, setting)).plural:
        pass
    return found


def _party(rng: random.Random, setting: Setting) -> Referent:
    """Draw a payer, recipient or sender: a person, a group or an organisation."""
    if rng.random() < 0.3:
        return referents.organisation(rng, setting.names)
    return participant(rng, setting)


def _crowd(rng: random.Random, setting: Setting) -> Referent:
    while not (found := participant(rng, setting)).plural:
        if rng.random() < 0.25:
            return found
    return found


def _force(rng: random.Random, setting: Setting) -> Referent:
    """Draw an arresting or policing agent."""
    if rng.random() < 0.45:
        kind = rng.choice(("officer", "soldier"))
        count = rng.choice((1, 1, 2, 3))
        return referents.from_entity(Entity(kind, _colour(kind, rng, setting), count))
    if rng.random() < 0.5:
        return Referent("police", "ORG", frozenset({"person"}), True)
    return participant(rng, setting)


def _town(rng: random.Random, setting: Setting) -> Referent:
    return referents.town(rng, setting.names)


def _place(rng: random.Random, setting: Setting) -> Referent:
    return referents.place(rng, setting.names)


def _weapon(rng: random.Random, setting: Setting) -> Referent:  # noqa: ARG001 - one shape for all
    return referents.weapon(rng)


def _vehicle(rng: random.Random, setting: Setting) -> Referent:
    if rng.random() < 0.5:
        return referents.vehicle(rng)
    return referents.from_entity(vehicle_entity(rng, setting))


def _target(rng: random.Random, setting: Setting) -> Referent:
    draw = rng.random()
    if draw < 0.15:
        return referents.building(rng)
    if draw < 0.3:
        return _vehicle(rng, setting)
    return participant(rng, setting)


def _cargo(rng: random.Random, setting: Setting) -> Referent:
    draw = rng.random()
    if draw < 0.2:
        return referents.goods(rng)
    if draw < 0.35:
        kind = rng.choice(("crate", "bag"))
        count = rng.choice((1, 1, 2, 3))
        return referents.from_entity(Entity(kind, _colour(kind, rng, setting), count))
    return participant(rng, setting)


Draw = Callable[[random.Random, Setting], Referent]

# For every type: role -> a sampler of participants, and the rate at which the role is filled.
_CASTING: dict[str, dict[str, tuple[Draw, float]]] = {
    "Conflict:Attack": {
        "Attacker": (participant, 0.9),
        "Target": (_target, 0.95),
        "Instrument": (_weapon, 0.5),
        "Place": (_place, 0.75),
    },
    "Conflict:Demonstrate": {
        "Entity": (_crowd, 0.97),
        "Police": (_force, 0.4),
        "Place": (_place, 0.8),
    },
    "Contact:Meet": {"Entity": (participant, 1.0), "Place": (_place, 0.7)},
    "Contact:Phone-Write": {"Entity": (participant, 1.0), "Place": (_place, 0.5)},
    "Justice:Arrest-Jail": {
        "Person": (participant, 1.0),
        "Agent": (_force, 0.7),
        "Place": (_place, 0.65),
    },
    "Life:Die": {
        "Victim": (participant, 1.0),
        "Agent": (participant, 0.5),
        "Instrument": (_weapon, 0.4),
        "Place": (_place, 0.65),
    },
    "Movement:Transport": {
        "Artifact": (_cargo, 0.95),
        "Agent": (_party, 0.6),
        "Vehicle": (_vehicle, 0.5),
        "Origin": (_place, 0.6),
        "Destination": (_place, 0.75),
    },
    "Transaction:Transfer-Money": {"Giver": (_party, 1.0), "Recipient": (_party, 1.0)},
}
EVENT_TYPES: tuple[str, ...] = tuple(_CASTING)
# The rate of roles with two participants: "Ana Reyes and three men in red coats".
_SECOND: dict[str, float] = {
    "Contact:Meet Entity": 0.85,
    "Contact:Phone-Write Entity": 0.8,
    "Life:Die Victim": 0.12,
    "Justice:Arrest-Jail Person": 0.12,
    "Conflict:Demonstrate Entity": 0.1,
    "Conflict:Attack Target": 0.08,
}


def invent_cast(
    event_type: str, rng: random.Random, setting: Setting, given: Roles | None = None
) -> Cast:
    """Draw the cast of an event that occurs only in text.

    Parameters
    ----------
    given
        Participants already chosen; they come first in their role.
    """
    given = given or {}
    roles: dict[str, tuple[Referent, ...]] = {}
    for role, (draw, rate) in _CASTING[event_type].items():
        players = given.get(role, ())
        if not players and rng.random() < rate:
            players = (draw(rng, setting),)
        if players and rng.random() < _SECOND.get(f"{event_type} {role}", 0.0):
            players = (*players, draw(rng, setting))
        if players:
            roles[role] = players
    return Cast(event_type, roles)


def cast_of(happening: Happening, rng: random.Random, setting: Setting) -> Cast:
    """Return the cast of a happening in an image, with places added for the text.

    Raises
    ------
    ValueError
        If the happening is not an event.
    """
    if happening.event_type is None:
        raise ValueError(f"{happening.verb} is no event")
    roles: dict[str, tuple[Referent, ...]] = {}
    for role, entity in happening.roles:
        roles[role] = (*roles.get(role, ()), referents.from_entity(entity))
    event_type = happening.event_type
    if event_type == "Movement:Transport":
        for role, rate in (("Origin", 0.5), ("Destination", 0.7)):
            if rng.random() < rate:
                roles[role] = (_town(rng, setting),)
    elif "Place" in _CASTING[event_type] and "Place" not in roles and happening.place:
        home = Referent("", "GPE", frozenset({"place", "town"}), False, happening.place)
        roles["Place"] = (home,)
    if event_type == "Contact:Phone-Write" and rng.random() < 0.6:
        roles["Entity"] = (*roles["Entity"], referents.person(rng, setting.names))
    return Cast(event_type, roles, happening)
