"""Generating sentences with one event, with two, or with none.

Training and test use the same templates; the test corpus differs in names, places, held-out looks
and a few combinations of frames.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from rmpl.synthetic.story.casts import EVENT_TYPES, Cast, Setting, invent_cast
from rmpl.synthetic.story.names import Names
from rmpl.synthetic.story.referents import Referent
from rmpl.synthetic.text.grammar import Slot, parse
from rmpl.synthetic.text.realisation import AnnotatedSentence, Embedded, MisfitError, SentenceWriter
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


def _attempt(
    draw: Callable[[], AnnotatedSentence], accept: Callable[[AnnotatedSentence], bool]
) -> AnnotatedSentence:
    """Sample until a sentence fits its cast, has a suitable length and is accepted."""
    for _ in range(_TRIES):
        try:
            telling = draw()
        except MisfitError:
            continue
        if LEAST_WORDS <= len(telling.words) <= MOST_WORDS and accept(telling):
            return telling
    raise RuntimeError("no template fits this cast")


def _any(_: AnnotatedSentence) -> bool:
    return True


def _decoy(event_type: str | None, rng: random.Random) -> Embedded:
    """Draw a decoy, most often for the event type of the sentence."""
    if event_type is None or rng.random() < 0.3:
        event_type = rng.choice(EVENT_TYPES)
    return Embedded(rng.choice(neutral.DECOYS[event_type]))


def write_event(
    cast: Cast,
    rng: random.Random,
    setting: Setting,
    *,
    new_frames: bool = False,
    accept: Callable[[AnnotatedSentence], bool] = _any,
    look_rate: float = 0.7,
    fullness: float = 0.6,
) -> AnnotatedSentence:
    """Write a sentence with the event of ``cast``.

    Parameters
    ----------
    new_frames
        Whether frame combinations that do not occur in training may be used.
    accept
        A further condition; sentences are sampled until it holds.
    look_rate, fullness
        See ``SentenceWriter``.

    Raises
    ------
    RuntimeError
        If no template fits the cast.
    """

    def draw() -> AnnotatedSentence:
        return _single(cast, rng, setting, new_frames, look_rate, fullness)

    return _attempt(draw, accept)


def write_event_of_type(
    event_type: str, rng: random.Random, setting: Setting, *, new_frames: bool = False
) -> AnnotatedSentence:
    """Write a sentence with an event of ``event_type`` and sampled participants."""

    def draw() -> AnnotatedSentence:
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
) -> AnnotatedSentence:
    clause_frames = frames.CLAUSE_FRAMES + (frames.TEST_CLAUSE_FRAMES if new_frames else ())
    writer = SentenceWriter([cast], rng, setting, look_rate=look_rate, fullness=fullness)
    decoy = _decoy(cast.event_type, rng)
    if rng.random() < _NOUN_RATE:
        noun = Embedded(rng.choice(NOUNS[cast.event_type]))
        return writer.write(rng.choice(frames.NOUN_FRAMES), {"N": noun, "D": decoy})
    clause = Embedded(rng.choice(CLAUSES[cast.event_type]))
    return writer.write(rng.choice(clause_frames), {"S": clause, "D": decoy})


def write_two_events(
    first: Cast | str,
    second: Cast | str,
    rng: random.Random,
    setting: Setting,
    *,
    accept: Callable[[AnnotatedSentence], bool] = _any,
) -> AnnotatedSentence:
    """Write a sentence with two events without common participants.

    An event is given by its cast, or by its type; then its cast is sampled.

    Raises
    ------
    RuntimeError
        If no template fits the casts.
    """

    def draw() -> AnnotatedSentence:
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
        writer = SentenceWriter([one, two], rng, setting, look_rate=0.5, fullness=0.4)
        return writer.write(rng.choice(frames.PAIR_FRAMES), parts)

    return _attempt(draw, accept)


def write_shared_events(rng: random.Random, setting: Setting) -> AnnotatedSentence:
    """Write a sentence with two events that share a participant ("attacked ... and killed ...")."""

    def draw() -> AnnotatedSentence:
        types = rng.choice(tuple(movement.DOUBLES))
        template = rng.choice(movement.DOUBLES[types])
        first = invent_cast(types[0], rng, setting)
        second = invent_cast(types[1], rng, setting, _shared(template, first))
        writer = SentenceWriter([first, second], rng, setting, look_rate=0.5)
        frame = rng.choice(frames.CLAUSE_FRAMES)
        return writer.write(frame, {"S": Embedded(template), "D": _decoy(types[0], rng)})

    return _attempt(draw, _any)


def _shared(template: str, first: Cast) -> dict[str, tuple[Referent, ...]]:
    """Return the roles of the second event filled with participants of the first."""
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


def write_without_event(
    rng: random.Random, setting: Setting, *, decoy_rate: float = 0.35
) -> AnnotatedSentence:
    """Write a sentence without an event, in the same frames as events."""

    def draw() -> AnnotatedSentence:
        writer = SentenceWriter([], rng, setting)
        clauses = neutral.NEUTRAL_CLAUSES
        if rng.random() < decoy_rate:
            clauses = neutral.DECOYS[rng.choice(EVENT_TYPES)]
        parts = {
            "S": Embedded(rng.choice(clauses)),
            "N": Embedded(rng.choice(neutral.NEUTRAL_NOUNS)),
            "D": _decoy(None, rng),
        }
        of_noun = rng.random() < _NOUN_RATE
        return writer.write(
            rng.choice(frames.NOUN_FRAMES if of_noun else frames.CLAUSE_FRAMES), parts
        )

    return _attempt(draw, _any)


def sample_sentence(
    rng: random.Random, names: Names, *, held_out: bool = False
) -> AnnotatedSentence:
    """Draw an event-free sentence about people, looks, places and things.

    Parameters
    ----------
    names
        The names to use.
    held_out
        Whether looks held out for the test corpus may occur.
    """
    return write_without_event(rng, Setting(names, held_out), decoy_rate=0.15)
