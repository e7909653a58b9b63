"""Entities, their looks, and the happenings in which they take part.

Images are drawn and sentences written from the same ``Happening``, so that they agree on its
participants.
"""

from __future__ import annotations

import dataclasses

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (205, 45, 45),
    "blue": (45, 85, 205),
    "green": (40, 150, 70),
    "yellow": (235, 205, 50),
    "purple": (135, 60, 165),
    "orange": (235, 130, 35),
    "white": (242, 242, 242),
    "black": (35, 35, 40),
    "pink": (240, 150, 185),
}

GARMENTS: dict[str, str] = {
    "man": "coat",
    "woman": "dress",
    "officer": "uniform",
    "soldier": "uniform",
    "worker": "vest",
}
"""The garment of each kind of person, whose colour is the person's look."""

PERSONS: tuple[str, ...] = tuple(GARMENTS)
VEHICLES: tuple[str, ...] = ("car", "truck", "bus", "boat", "helicopter")
COLOURED_THINGS: tuple[str, ...] = ("placard", "crate", "bag", "building", "tent")
PLAIN_THINGS: tuple[str, ...] = (
    "rifle",
    "knife",
    "club",
    "phone",
    "letter",
    "money",
    "handcuffs",
    "flames",
    "sheet",
    "table",
    "tree",
    "fence",
    "lamp",
    "dog",
)

HELD_OUT_LOOKS: frozenset[tuple[str, str]] = frozenset(
    {
        ("man", "green"),
        ("man", "purple"),
        ("woman", "orange"),
        ("woman", "blue"),
        ("officer", "white"),
        ("soldier", "red"),
        ("worker", "yellow"),
        ("car", "purple"),
        ("truck", "green"),
        ("bus", "pink"),
        ("boat", "yellow"),
        ("placard", "orange"),
        ("crate", "red"),
        ("building", "blue"),
    }
)
"""Combinations of kind and colour that occur only in the test corpus, never in training."""


@dataclasses.dataclass(frozen=True)
class Entity:
    """A person or thing that can be named in a text and shown in an image.

    Parameters
    ----------
    kind
        One of PERSONS, VEHICLES, COLOURED_THINGS or PLAIN_THINGS.
    colour
        A key of COLOURS; ``None`` for a plain thing.
    count
        The number of members; more than one is a group with the same look ("three men in red
        coats").
    name
        A proper name that the text may use ("Ana Reyes"), independent of the look.
    """

    kind: str
    colour: str | None = None
    count: int = 1
    name: str | None = None

    @property
    def look(self) -> str:
        """The look of one member, without article: ``man in a red coat``, ``blue truck``."""
        if self.colour is None:
            return self.kind
        if self.kind in GARMENTS:
            article = "an" if self.colour == "orange" else "a"
            return f"{self.kind} in {article} {self.colour} {GARMENTS[self.kind]}"
        return f"{self.colour} {self.kind}"

    @property
    def looks(self) -> str:
        """The plural of ``look``: ``men in red coats``, ``blue trucks``."""
        plural = {"man": "men", "woman": "women", "bus": "buses", "dress": "dresses"}
        kinds = plural.get(self.kind, self.kind + "s")
        if self.colour is None:
            return kinds
        if self.kind in GARMENTS:
            garment = GARMENTS[self.kind]
            return f"{kinds} in {self.colour} {plural.get(garment, garment + 's')}"
        return f"{self.colour} {kinds}"


@dataclasses.dataclass(frozen=True)
class Happening:
    """An event (or a situation without an event) with its participants.

    Parameters
    ----------
    event_type
        An M2E2 type such as ``Conflict:Attack``, or ``None`` for a situation without an event.
    verb
        The imSitu verb of its image (``shooting``), which distinguishes variants.
    roles
        ``(M2E2 role, entity)`` pairs, in the order of mention; a role may occur more than once.
        For ``event_type is None`` the roles are those of the imSitu verb.
    place
        The name of a place for the text ("Port Lindo"), which an image cannot show.
    """

    event_type: str | None
    verb: str
    roles: tuple[tuple[str, Entity], ...]
    place: str | None = None

    def players(self, role: str) -> list[Entity]:
        """Return the entities that play ``role``."""
        return [entity for name, entity in self.roles if name == role]
