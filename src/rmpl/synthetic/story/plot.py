"""Who can take part in the world, how they look, and what can happen to them.

A ``Happening`` is the one truth from which a picture is drawn and a sentence is written, so that a
picture and a sentence of the same happening agree on WHO takes part.
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
"""What each kind of person wears; the colour of it is the person's look."""

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
"""Combinations of kind and colour that occur in the test world only, never in training."""


@dataclasses.dataclass(frozen=True)
class Entity:
    """Somebody or something that can be named in a text and seen in a picture.

    Parameters
    ----------
    kind
        One of PERSONS, VEHICLES, COLOURED_THINGS or PLAIN_THINGS.
    colour
        A key of COLOURS; ``None`` for a plain thing.
    count
        How many of them; more than one is a group that looks alike ("three men in red coats").
    name
        A proper name the text may use ("Ana Reyes"); it says nothing about the look.
    """

    kind: str
    colour: str | None = None
    count: int = 1
    name: str | None = None

    @property
    def look(self) -> str:
        """What one of them looks like, without article: ``man in a red coat``, ``blue truck``."""
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
    """One event (or one uneventful situation) with its participants.

    Parameters
    ----------
    event_type
        An M2E2 type such as ``Conflict:Attack``, or ``None`` for a situation that is no event.
    verb
        The imSitu verb a picture of it is filed under (``shooting``); tells variants apart.
    roles
        ``(M2E2 role, entity)`` pairs, in the order of telling; a role may occur more than once.
        For ``event_type is None`` the roles are those of the imSitu verb.
    place
        The name of a place for the text ("Port Lindo"), which a picture cannot show.
    """

    event_type: str | None
    verb: str
    roles: tuple[tuple[str, Entity], ...]
    place: str | None = None

    def players(self, role: str) -> list[Entity]:
        """Return the entities that play ``role``."""
        return [entity for name, entity in self.roles if name == role]
