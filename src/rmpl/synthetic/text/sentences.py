"""Sentences of the world: with one event, with two, or with none.

The same templates serve training and test; what is new in the test world are names, places,
held-out looks and a few combinations of frames.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from rmpl.synthetic.story.casts import EVENT_TYPES, Cast, Setting, invent_cast
from rmpl.synthetic.story.names import Names
from rmpl.synthetic.story.referents import Referent
from rmpl.synthetic.text.grammar import Slot, parse
from rmpl.synthetic.text.telling import Embedded, MisfitError, Teller, Telling
from rmpl.synthetic.text.templates import conflict, contact, frames, movement, neutral

LEAST_WORDS, MOST_WORDS = 6, 35

CLAUSES: dict[str, tuple[str, ...]] = {
    "Conflict:Attack": conflict.ATTACK_CLAUSES,
    "Conflict:Demonstrate": conflict.DEMONSTRATE_CLAUSES,
    "Contact:Meet": contact.MEET_CLAUSES,
    "Contact:Phone-Write": contact.PHONE_CLAUSES,
    "Justice:Arrest-Jail": contact.ARREST_CLAUSES,
    "Life:Die": conflict.DIE_CLAUSES,
    "Movement:Transport": movement.TRANSPORT_CLAUSES,
    "Transaction:Transfer-Money": contact.MONEY_CLAUSES,
}
NOUNS: dict[str, tuple[str, ...]] = {
    "Conflict:Attack": conflict.ATTACK_NOUNS,
    "Conflict:Demonstrate": conflict.DEMONSTRATE_NOUNS,
    "Contact:Meet": contact.MEET_NOUNS,
    "Contact:Phone-Write": contact.PHONE_NOUNS,
    "Justice:Arrest-Jail": contact.ARREST_NOUNS,
    "Life:Die": conflict.DIE_NOUNS,
    "Movement:Transport": movement.TRANSPORT_NOUNS,
    "Transaction:Transfer-Money": contact.MONEY_NOUNS,
}
_NOUN_RATE = 0.28
_TRIES = 400


def _attempt(draw: Callable[[], Telling], accept: Callable[[Telling], bool]) -> Telling:
    """Draw until a sentence fits its cast, has the right length and is accepted."""
    for _ in range(_TRIES):
        try:
            telling = draw()
        except MisfitError:
            continue
        if LEAST_WORDS <= len(telling.words) <= MOST_WORDS and accept(telling):
            return telling
    raise RuntimeError("no template fits this cast")


def _any(_: Telling) -> bool:
    return True


def _decoy(event_type: str | None, rng: random.Random) -> Embedded:
    """Draw a decoy, most often for the type that the sentence tells."""
    if event_type is None or rng.random() < 0.3:
        event_type = rng.choice(EVENT_TYPES)
    return Embedded(rng.choice(neutral.DECOYS[event_type]))


def tell(
    cast: Cast,
    rng: random.Random,
    setting: Setting,
    *,
    new_frames: bool = False,
    accept: Callable[[Telling], bool] = _any,
    look_rate: float = 0.7,
    fullness: float = 0.6,
) -> Telling:
    """Write a sentence that tells the event of ``cast``.

    Parameters
    ----------
    new_frames
        Whether combinations that the training sentences lack may be drawn.
    accept
        What else has to hold of the sentence; drawn again until it does.
    look_rate, fullness
        See ``Teller``.

    Raises
    ------
    RuntimeError
        If no template fits the cast.
    """

    def draw() -> Telling:
        return _single(cast, rng, setting, new_frames, look_rate, fullness)

    return _attempt(draw, accept)


def tell_type(
    event_type: str, rng: random.Random, setting: Setting, *, new_frames: bool = False
) -> Telling:
    """Write a sentence that tells an event of ``event_type`` with participants of its own."""

    def draw() -> Telling:
        cast = invent_cast(event_type, rng, setting)
        return _single(cast, rng, setting, new_frames, 0.7, 0.6)

    return _attempt(draw, _any)


def _single(
    cast: Cast,
    rng: random.Random,
    setting: Setting,
    new_frames: bool,
    look_rate: float,
    fullness: float,
) -> Telling:
    clause_frames = frames.CLAUSE_FRAMES + (frames.TEST_CLAUSE_FRAMES if new_frames else ())
    teller = Teller([cast], rng, setting, look_rate=look_rate, fullness=fullness)
    decoy = _decoy(cast.event_type, rng)
    if rng.random() < _NOUN_RATE:
        noun = Embedded(rng.choice(NOUNS[cast.event_type]))
        return teller.tell(rng.choice(frames.NOUN_FRAMES), {"N": noun, "D": decoy})
    clause = Embedded(rng.choice(CLAUSES[cast.event_type]))
    return teller.tell(rng.choice(clause_frames), {"S": clause, "D": decoy})


def tell_pair(
    first: Cast | str,
    second: Cast | str,
    rng: random.Random,
    setting: Setting,
    *,
    accept: Callable[[Telling], bool] = _any,
) -> Telling:
    """Write a sentence that tells two events that share nobody.

    An event is given by its cast, or by its type; then its cast is drawn.

    Raises
    ------
    RuntimeError
        If no template fits the casts.
    """

    def draw() -> Telling:
        one, two = (
            invent_cast(event, rng, setting) if isinstance(event, str) else event
            for event in (first, second)
        )
        parts = {
            "S": Embedded(rng.choice(CLAUSES[one.event_type])),
            "N": Embedded(rng.choice(NOUNS[one.event_type])),
            "T": Embedded(rng.choice(CLAUSES[two.event_type]), event=2),
            "M": Embedded(rng.choice(NOUNS[two.event_type]), event=2),
        }
        teller = Teller([one, two], rng, setting, look_rate=0.5, fullness=0.4)
        return teller.tell(rng.choice(frames.PAIR_FRAMES), parts)

    return _attempt(draw, accept)


def tell_double(rng: random.Random, setting: Setting) -> Telling:
    """Write a sentence with two events that share a participant ("attacked ... and killed ...")."""

    def draw() -> Telling:
        types = rng.choice(tuple(movement.DOUBLES))
        template = rng.choice(movement.DOUBLES[types])
        first = invent_cast(types[0], rng, setting)
        second = invent_cast(types[1], rng, setting, _shared(template, first))
        teller = Teller([first, second], rng, setting, look_rate=0.5)
        frame = rng.choice(frames.CLAUSE_FRAMES)
        return teller.tell(frame, {"S": Embedded(template), "D": _decoy(types[0], rng)})

    return _attempt(draw, _any)


def _shared(template: str, first: Cast) -> dict[str, tuple[Referent, ...]]:
    """Return which roles of the second event the template gives to players of the first."""
    shared: dict[str, tuple[Referent, ...]] = {}
    for node in _flat(template):
        if len(node.targets) == 2:
            one, two = node.targets
            if two.event == 1:
                one, two = two, one
            players = first.roles.get(one.role, ())
            if players:
                shared[two.role] = players[:1] if two.nth else players
    return shared


def _flat(template: str) -> list[Slot]:
    slots: list[Slot] = []
    nodes = list(parse(template))
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, Slot):
            slots.append(node)
        else:
            nodes[:0] = getattr(node, "nodes", ())
    return slots


def tell_nothing(rng: random.Random, setting: Setting, *, decoy_rate: float = 0.35) -> Telling:
    """Write a sentence without any event, in the frames that events stand in, too."""

    def draw() -> Telling:
        teller = Teller([], rng, setting)
        clauses = neutral.NEUTRAL_CLAUSES
        if rng.random() < decoy_rate:
            clauses = neutral.DECOYS[rng.choice(EVENT_TYPES)]
        parts = {
            "S": Embedded(rng.choice(clauses)),
            "N": Embedded(rng.choice(neutral.NEUTRAL_NOUNS)),
            "D": _decoy(None, rng),
        }
        of_noun = rng.random() < _NOUN_RATE
        return teller.tell(
            rng.choice(frames.NOUN_FRAMES if of_noun else frames.CLAUSE_FRAMES), parts
        )

    return _attempt(draw, _any)


def sample_sentence(rng: random.Random, names: Names, *, held_out: bool = False) -> Telling:
    """Draw an event-free sentence about people, looks, places and things.

    Parameters
    ----------
    names
        The set of names to use.
    held_out
        Whether looks that are kept for the test world may occur.
    """
    return tell_nothing(rng, Setting(names, held_out), decoy_rate=0.15)
