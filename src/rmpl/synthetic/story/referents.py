"""Referents: how participants are referred to in a sentence.

A referent is the entity that a noun phrase refers to. It may be an ``Entity`` of an image (then its
noun is that entity's look) or occur only in the text ("rebels", "Port Lindo", "former minister").
"""

from __future__ import annotations

import dataclasses
import random

from rmpl.synthetic.story.names import Names
from rmpl.synthetic.story.plot import PERSONS, VEHICLES, Entity

NUMBERS: tuple[str, ...] = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")

_PEOPLE_ONE = (
    "gunman teacher journalist lawmaker driver student farmer nurse lawyer suspect prisoner "
    "witness singer minister envoy general pilot shopkeeper engineer doctor priest diplomat "
    "mayor banker commander editor boy girl officer soldier worker man woman"
).split()
_PEOPLE_MANY = (
    "rebels protesters villagers refugees fighters militants workers students migrants journalists "
    "residents troops civilians passengers hostages farmers delegates activists guards teachers "
    "miners soldiers officers nurses police lawmakers doctors monks prisoners"
).split()
_PEOPLE_ADJECTIVES = "armed former senior local wounded elderly young foreign masked".split()
_WEAPONS = {
    "gun": ("rifle", "pistol", "machine gun"),
    "blade": ("knife", "machete"),
    "club": ("club", "iron bar"),
    "explosive": ("bomb", "car bomb", "grenade", "rocket", "homemade bomb"),
}
_GOODS_MANY = "supplies weapons medicines tents blankets crates generators vaccines".split()
_GOODS_ONE = "cargo food aid water fuel".split()
_VEHICLES = ("van", "train", "plane", "ferry", "jeep", "convoy", "military truck", "cargo plane")
_SPOTS = {
    "market": "in",
    "main square": "in",
    "airport": "at",
    "embassy": "outside",
    "harbor": "in",
    "parliament": "outside",
    "bridge": "on",
    "border": "near",
    "checkpoint": "at",
    "hotel": "in",
    "village": "in",
    "capital": "in",
    "courthouse": "outside",
    "stadium": "in",
    "town hall": "outside",
    "railway station": "at",
}
_BUILDINGS = ("police station", "school", "bakery", "power plant", "warehouse", "church", "bank")
_NO_ARTICLE = frozenset({"police", *_GOODS_ONE})


@dataclasses.dataclass(frozen=True)
class Referent:
    """A person, thing or place that a noun phrase refers to.

    Parameters
    ----------
    noun
        The phrase without its article: ``man in a red coat``, ``three men in red coats``,
        ``rebels``; empty for a place or organisation that only has a name.
    kind
        Entity type as in M2E2: PER, ORG, GPE, LOC, FAC, VEH, WEA or VALUE.
    tags
        Properties that templates require: ``person``, ``thing``, ``vehicle``, ``gun``, ``town``...
    plural
        Whether it takes ``were``.
    name
        A proper name, which is then the span of the mention.
    preposition
        Its preposition as a place or vehicle.
    definite
        Whether the name takes ``the``.
    looks
        Whether ``noun`` is the look in an image.
    other
        Whether it is another referent of the same noun ("another man", "other rebels").
    """

    noun: str
    kind: str
    tags: frozenset[str]
    plural: bool = False
    name: str | None = None
    preposition: str = "in"
    definite: bool = False
    looks: bool = False
    other: bool = False

    @property
    def short(self) -> str:
        """The shortest phrase that refers to it: its name, or its noun without the clothes."""
        return self.name or self.noun.split(" in ")[0]

    def article(self, rng: random.Random) -> str:
        """Draw the article of ``noun``: ``a``, ``an``, ``the`` or nothing."""
        if self.other:
            return "other" if self.plural else "another"
        if self.noun in _NO_ARTICLE:
            return ""
        if self.plural:
            return rng.choice(("", "the"))
        indefinite = "an" if self.noun[0] in "aeiou" else "a"
        return rng.choice((indefinite, indefinite, "the")) if self.looks else "the"


def _tags(*tags: str) -> frozenset[str]:
    return frozenset(tags)


def from_entity(entity: Entity) -> Referent:
    """Return the referent of an entity in an image; its noun is the entity's look."""
    noun, plural = entity.look, False
    if entity.count > 1:
        noun, plural = f"{NUMBERS[entity.count]} {entity.looks}", True
    looks = entity.colour is not None
    if entity.kind in PERSONS:
        return Referent(noun, "PER", _tags("person"), plural, entity.name, looks=looks)
    if entity.kind in VEHICLES:
        on = "on" if entity.kind in ("bus", "boat") else "in"
        return Referent(noun, "VEH", _tags("thing", "vehicle"), plural, None, on, looks=looks)
    if entity.kind in ("building", "tent"):
        return Referent(noun, "FAC", _tags("thing", "building"), plural, None, "near", looks=looks)
    weapon = {"rifle": "gun", "knife": "blade", "club": "club", "flames": "fire"}.get(entity.kind)
    if weapon is not None:
        return Referent(noun, "WEA", _tags("weapon", weapon), plural or weapon == "fire")
    return Referent(noun, "VALUE", _tags("thing", "goods"), plural, looks=looks)


def person(rng: random.Random, names: Names) -> Referent:
    """Draw somebody without a look: a name, a noun, or a name explained by a noun."""
    noun = rng.choice(_PEOPLE_ONE)
    if rng.random() < 0.25:
        noun = f"{rng.choice(_PEOPLE_ADJECTIVES)} {noun}"
    name = names.person(rng) if rng.random() < 0.55 else None
    if name is not None and rng.random() < 0.6:
        noun = ""
    return Referent(noun, "PER", _tags("person"), False, name)


def people(rng: random.Random) -> Referent:
    """Draw a group of people without a look: ``rebels``, ``armed students``, ``three farmers``."""
    noun = rng.choice(_PEOPLE_MANY)
    draw = rng.random()
    if draw < 0.2 and noun != "police":
        noun = f"{rng.choice(_PEOPLE_ADJECTIVES)} {noun}"
    elif draw < 0.4 and noun != "police":
        noun = f"{rng.choice(NUMBERS[2:])} {noun}"
    return Referent(noun, "PER", _tags("person"), True)


def town(rng: random.Random, names: Names) -> Referent:
    """Draw a town or region by name."""
    return Referent("", "GPE", _tags("place", "town"), False, names.place(rng), "in")


def spot(rng: random.Random) -> Referent:
    """Draw a place that has no name: ``market``, ``courthouse``."""
    noun = rng.choice(tuple(_SPOTS))
    return Referent(noun, "FAC", _tags("place", "spot"), False, None, _SPOTS[noun])


def place(rng: random.Random, names: Names) -> Referent:
    """Draw a place, most often a named town."""
    return town(rng, names) if rng.random() < 0.72 else spot(rng)


def organisation(rng: random.Random, names: Names) -> Referent:
    """Draw an organisation by name."""
    return Referent("", "ORG", _tags("org"), False, names.organisation(rng), definite=True)


def weapon(rng: random.Random, kind: str | None = None) -> Referent:
    """Draw a weapon of ``kind`` (gun, blade, club, explosive), or of any."""
    kind = kind or rng.choice(tuple(_WEAPONS))
    return Referent(rng.choice(_WEAPONS[kind]), "WEA", _tags("weapon", kind))


def goods(rng: random.Random) -> Referent:
    """Draw goods that can be moved."""
    if rng.random() < 0.6:
        return Referent(rng.choice(_GOODS_MANY), "VALUE", _tags("thing", "goods"), True)
    return Referent(rng.choice(_GOODS_ONE), "VALUE", _tags("thing", "goods"))


def vehicle(rng: random.Random) -> Referent:
    """Draw a vehicle without a look."""
    noun = rng.choice(_VEHICLES)
    on = "in" if noun in ("van", "jeep", "military truck") else "on"
    return Referent(noun, "VEH", _tags("thing", "vehicle"), False, None, on)


def building(rng: random.Random) -> Referent:
    """Draw a building without a look."""
    return Referent(rng.choice(_BUILDINGS), "FAC", _tags("thing", "building"), preposition="near")
