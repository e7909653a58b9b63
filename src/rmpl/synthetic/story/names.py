"""Proper names of people, towns and organisations, in two disjoint sets for training and test.

Test names are built from syllables that no training name contains, so that a model must copy them
and cannot recall them.
"""

from __future__ import annotations

import dataclasses
import random

_TOWN_SHAPES: tuple[str, ...] = (
    "{}",
    "{}",
    "{}",
    "{}",
    "Port {}",
    "{} City",
    "North {}",
    "South {}",
    "Lake {}",
    "{} Valley",
)
_ORGANISATION_SHAPES: tuple[str, ...] = (
    "Bank of {}",
    "{} Relief Fund",
    "{} Workers Union",
    "{} Herald",
    "{} Council",
    "{} Rovers",
    "Free {} Party",
    "{} University",
)
_MALE_KINDS = ("man",)
_FEMALE_KINDS = ("woman",)


@dataclasses.dataclass(frozen=True)
class Names:
    """A set of names to draw from.

    Parameters
    ----------
    men, women
        Given names.
    surnames
        Family names.
    towns
        One-word stems of places, extended by ``place`` and ``organisation``.
    """

    men: tuple[str, ...]
    women: tuple[str, ...]
    surnames: tuple[str, ...]
    towns: tuple[str, ...]

    def person(self, rng: random.Random, kind: str = "") -> str:
        """Return a full name; ``kind`` (``man``, ``woman``) decides the given name."""
        if kind in _MALE_KINDS:
            given = rng.choice(self.men)
        elif kind in _FEMALE_KINDS:
            given = rng.choice(self.women)
        else:
            given = rng.choice(rng.choice((self.men, self.women)))
        return f"{given} {rng.choice(self.surnames)}"

    def place(self, rng: random.Random) -> str:
        """Return the name of a town or region, one or two words."""
        return rng.choice(_TOWN_SHAPES).format(rng.choice(self.towns))

    def organisation(self, rng: random.Random) -> str:
        """Return the name of an organisation, two to three words."""
        return rng.choice(_ORGANISATION_SHAPES).format(rng.choice(self.towns))

    def words(self) -> frozenset[str]:
        """Return the words that occur only in names of this set."""
        return frozenset((*self.men, *self.women, *self.surnames, *self.towns))


def _joined(starts: str, ends: str) -> tuple[str, ...]:
    return tuple(start + end for start in starts.split() for end in ends.split())


TRAIN_NAMES = Names(
    men=_joined("Al Bor Da Fe Jo Ka Lu Mi No Ra So Ti", "bin dric lan mon nas rek tor van"),
    women=_joined("An Bel Ce Di El Fa Jo Li Ma Ni Ro Ta", "da lia mina nora ra sia tela ya"),
    surnames=_joined(
        "Ash Bar Cor Dal Em Far Gar Hol Jan Kel Lor Mar Nor Os Pel Ros Sal Tal Wal Yar",
        "berg den ford inger kin man mond nov rez ton ville well",
    ),
    towns=_joined(
        "Ar Bel Cas Dor Fal Gan Kar Lin Mor Ner Or Pas Ras Sel Tor Vel",
        "ada bury do gard lona mar nia pol ran sk",
    ),
)
"""The names of the training corpora."""

TEST_NAMES = Names(
    men=_joined("Ghu Hez Iv Oth Quin Xa Ulf Wy", "bek chur dof gis hal jor pim zek"),
    women=_joined("Ae Cho Eu Hil Ish Oph Thu Zu", "bhe chi fri gwen keh lue phie vie"),
    surnames=_joined(
        "Ab Bj Cz Drak Fyo Glu Hu Isk Kwa Mbe Ngu Oy Prz Shu Tch Vuk Zy",
        "ambo eru ichi okwe ovic ubai uket umba unda yshko",
    ),
    towns=_joined(
        "Axi Buq Chy Dju Ez Gwa Hob Iq Kub Lhu Mwe Ozu Qua Shiz Tze Uth Yib",
        "beq chal dhun foss guz hov jik kwe phar zim",
    ),
)
"""The names of the test corpus."""

MONTHS: tuple[str, ...] = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS: tuple[str, ...] = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
