"""Surface realisation: from a template and a cast to words with trigger and argument spans."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence

from rmpl.records import Span
from rmpl.synthetic.story import referents
from rmpl.synthetic.story.casts import Cast, Setting, participant, person_entity, vehicle_entity
from rmpl.synthetic.story.names import MONTHS, WEEKDAYS
from rmpl.synthetic.story.referents import Referent
from rmpl.synthetic.text.grammar import (
    PLURALS,
    Agreement,
    Entry,
    Node,
    Optional,
    Part,
    Slot,
    Target,
    Trigger,
    Word,
    parse,
)
from rmpl.synthetic.text.templates.frames import LEXICON
from rmpl.synthetic.text.templates.neutral import DECOYS, NEUTRAL_CLAUSES, NEUTRAL_NOUNS

_NO_BLANK_BEFORE = frozenset({",", ".", ":", ";", "?", "!", ")", "”", "'s", "’s", "'", "’", "%"})
_NO_BLANK_AFTER = frozenset({"(", "“", "#", "@"})
_SAME_TOWN_RATE = 0.4
"""The rate at which a further town repeats one already in the sentence."""
_ALL_DECOYS = tuple(clause for clauses in DECOYS.values() for clause in clauses)


class MisfitError(Exception):
    """The cast cannot fill this template; the caller samples another one."""


@dataclasses.dataclass(frozen=True)
class Mention:
    """A noun phrase (without its article) that refers to an entity."""

    span: Span
    kind: str
    named: bool


@dataclasses.dataclass(frozen=True)
class EventAnnotation:
    """The annotation of an event in a sentence: spans in tokens, ``end`` exclusive.

    ``shown`` are the referents whose look the sentence mentions.
    """

    event_type: str
    trigger: Span
    arguments: tuple[tuple[str, Span], ...]
    shown: frozenset[Referent]
    named: frozenset[Referent]
    cast: Cast


@dataclasses.dataclass(frozen=True)
class AnnotatedSentence:
    """A generated sentence with its mentions and events."""

    words: tuple[str, ...]
    mentions: tuple[Mention, ...]
    events: tuple[EventAnnotation, ...]

    def spaced(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        """Return the text with normal spacing, and the character span of every word."""
        return spaced(self.words)


def spaced(words: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Join words: no blank before a comma or a clitic, none after an opening quote.

    Returns
    -------
    text, tokens
        The text and one character span ``(start, end)`` per word, ``end`` exclusive.
    """
    text = ""
    tokens: list[tuple[int, int]] = []
    for number, word in enumerate(words):
        if number and word not in _NO_BLANK_BEFORE and words[number - 1] not in _NO_BLANK_AFTER:
            text += " "
        tokens.append((len(text), len(text) + len(word)))
        text += word
    return text, tuple(tokens)


@dataclasses.dataclass(frozen=True)
class Embedded:
    """A template embedded in a frame, and the number (1, 2) of its first event."""

    template: str
    event: int = 1


class SentenceWriter:
    """Writes one sentence.

    Parameters
    ----------
    casts
        The events, in the order of the templates' event numbers.
    rng
        Source of every choice.
    setting
        Names and looks of entities outside the casts.
    look_rate
        The rate at which a named participant's look is added ("Ana Reyes, a man in a red coat,").
    fullness
        The rate at which an optional part is included.
    """

    def __init__(
        self,
        casts: Sequence[Cast],
        rng: random.Random,
        setting: Setting,
        *,
        look_rate: float = 0.7,
        fullness: float = 0.6,
    ) -> None:
        self._casts = casts
        self._rng = rng
        self._setting = setting
        self._look_rate = look_rate
        self._fullness = fullness
        self._words: list[str] = []
        self._mentions: list[Mention] = []
        self._triggers: dict[int, Span] = {}
        self._arguments: list[list[tuple[str, Span]]] = [[] for _ in casts]
        self._shown: set[Referent] = set()
        self._named: set[Referent] = set()
        self._timed = False
        self._claimed: dict[tuple[int, str], int] = {}

    def write(self, frame: str, parts: Mapping[str, Embedded] | None = None) -> AnnotatedSentence:
        """Write a sentence in ``frame`` around the embedded ``parts``.

        Raises
        ------
        MisfitError
            If the casts cannot fill a template.
        """
        self._parts = parts or {}
        self._write(parse(frame), 0)
        if len(self._triggers) != len(self._casts):
            raise MisfitError("an event is missing")
        for number in range(len(self._words)):
            before = self._words[number - 1] if number else None
            if before is None or before == "-" or (before == "“" and number == 1):
                word = self._words[number]
                self._words[number] = word[:1].upper() + word[1:]
        return AnnotatedSentence(tuple(self._words), tuple(self._mentions), self._annotations())

    def _annotations(self) -> tuple[EventAnnotation, ...]:
        return tuple(
            EventAnnotation(
                cast.event_type,
                self._triggers[number],
                tuple(self._arguments[number]),
                frozenset(self._shown),
                frozenset(self._named),
                cast,
            )
            for number, cast in enumerate(self._casts)
        )

    # Writing

    def _write(self, nodes: Sequence[Node], offset: int) -> None:
        for node in nodes:
            match node:
                case Word(text):
                    self._word(text)
                case Trigger(event, choices):
                    start = len(self._words)
                    self._word(self._rng.choice(choices))
                    self._triggers[event - 1 + offset] = Span(start, start + 1)
                case Slot():
                    self._slot(node, offset)
                case Agreement(verb, target):
                    players = self._players(target, offset)
                    plural = len(players) > 1 or players[0].plural
                    self._word(PLURALS[verb] if plural else verb)
                case Entry(name):
                    self._write(parse(self._entry(name)), offset)
                case Part(name):
                    self._part(name)
                case Optional(inner):
                    if self._fits(inner, offset) and self._rng.random() < self._fullness:
                        self._write(inner, offset)

    def _word(self, word: str) -> None:
        last = self._words[-1] if self._words else None
        if word == "," and last in (None, ",", "“", "-", ":"):
            return
        if word == "." and last == ",":
            self._words.pop()
        self._words.append(word)

    def _entry(self, name: str) -> str:
        if name == "time":
            if self._timed:
                raise MisfitError("two times in one sentence")
            self._timed = True
        if name == "weekday":
            return self._rng.choice(WEEKDAYS)
        if name == "month":
            return self._rng.choice(MONTHS)
        if name == "neutral":
            if self._rng.random() < 0.25:
                return self._echo() or self._rng.choice(_ALL_DECOYS)
            return self._rng.choice(NEUTRAL_CLAUSES)
        return self._rng.choice(NEUTRAL_NOUNS if name == "nothing" else LEXICON[name])

    def _echo(self) -> str | None:
        """Return a decoy that repeats the word of a previous trigger, if there is one."""
        said = {self._words[span.start].lower() for span in self._triggers.values()}
        echoes = [clause for clause in _ALL_DECOYS if said & set(clause.lower().split())]
        return self._rng.choice(echoes) if echoes else None

    def _part(self, name: str) -> None:
        if name == "Place":
            towns = [p for cast in self._casts for p in cast.roles.get("Place", ()) if p.name]
            if towns and self._rng.random() < 0.6:
                self._refer(towns[0])
            else:
                self._refer(self._stranger("TOWN"))
            return
        part = self._parts.get(name)
        if part is None:
            raise MisfitError(f"no part {name}")
        template = (self._echo() if name == "D" else None) or part.template
        nodes = parse(template)
        if not self._fits(nodes, part.event - 1):
            raise MisfitError(f"the cast does not fit {template!r}")
        self._claim(nodes, part.event - 1)
        self._write(nodes, part.event - 1)

    # Who

    def _claim(self, nodes: Sequence[Node], offset: int) -> None:
        """Record the highest number of each role in a template: that slot takes the rest."""
        for node in nodes:
            if isinstance(node, Slot) and node.mode == "argument":
                for target in node.targets:
                    key = (target.event + offset, target.role)
                    self._claimed[key] = max(self._claimed.get(key, 0), target.nth)
            elif isinstance(node, Optional):
                self._claim(node.nodes, offset)

    def _players(self, target: Target, offset: int) -> tuple[Referent, ...]:
        event = target.event - 1 + offset
        if event >= len(self._casts):
            return ()
        players = self._casts[event].roles.get(target.role, ())
        if target.nth:
            last = target.nth >= self._claimed.get((target.event + offset, target.role), 0)
            stop = len(players) if last else target.nth
            players = players[target.nth - 1 : stop]
        if target.tag == "many":
            return players if len(players) > 1 or (players and players[0].plural) else ()
        if target.tag and not all(target.tag in player.tags for player in players):
            return ()
        return players

    def _fits(self, nodes: Sequence[Node], offset: int) -> bool:
        return all(
            self._players(target, offset)
            for node in nodes
            if isinstance(node, Slot) and node.mode != "stranger"
            for target in node.targets
        )

    def _slot(self, slot: Slot, offset: int) -> None:
        target = slot.targets[0]
        if slot.mode == "stranger":
            players: tuple[Referent, ...] = (self._stranger(target.role),)
        else:
            players = self._players(target, offset)
            if not players:
                raise MisfitError(f"nobody plays {target.role}")
        if slot.prepositional:
            self._word(players[0].preposition)
        for number, player in enumerate(players):
            if number:
                self._word("and" if number == len(players) - 1 else ",")
            closing = number == len(players) - 1
            span = self._refer(player, possessive=slot.possessive and closing)
            if slot.mode == "argument":
                for one in slot.targets:
                    self._arguments[one.event - 1 + offset].append((one.role, span))

    def _stranger(self, kind: str) -> Referent:
        rng, names = self._rng, self._setting.names
        if kind == "PER":
            heads = [m for m in self._mentions if m.kind == "PER" and not m.named]
            if heads and rng.random() < 0.4:
                return self._other(rng.choice(heads))
            return participant(rng, self._setting)
        if kind in ("PLACE", "TOWN") and rng.random() < _SAME_TOWN_RATE:
            towns = [m.span for m in self._mentions if m.kind == "GPE"]
            if towns:
                span = rng.choice(towns)
                name = " ".join(self._words[span.start : span.end])
                return Referent("", "GPE", frozenset({"place", "town"}), name=name)
        simple: dict[str, Callable[[], Referent]] = {
            "PERSON": lambda: referents.person(rng, names),
            "NAME": lambda: Referent("", "PER", frozenset(), name=names.person(rng)),
            "PEOPLE": lambda: referents.people(rng),
            "ORG": lambda: referents.organisation(rng, names),
            "PLACE": lambda: referents.place(rng, names),
            "TOWN": lambda: referents.town(rng, names),
            "LOOK": lambda: referents.from_entity(person_entity(rng, self._setting)),
            "VEH": lambda: referents.from_entity(vehicle_entity(rng, self._setting)),
        }
        return simple[kind]()

    def _other(self, mention: Mention) -> Referent:
        """Return another referent of the same noun: "another man", "other rebels"."""
        words = self._words[mention.span.start : mention.span.end]
        stop = words.index("in") if "in" in words else len(words)
        noun = words[stop - 1].lower()
        plural = noun.endswith("s") or noun in ("men", "women", "police")
        return Referent(noun, "PER", frozenset({"person"}), plural, other=True)

    def _refer(self, referent: Referent, *, possessive: bool = False) -> Span:
        """Write one noun phrase and return the span of its mention."""
        if referent.name is not None:
            if referent.definite:
                self._word("the")
            span = self._mention(referent.name, referent.kind, named=True)
            self._named.add(referent)
            if referent.noun and not possessive and self._rng.random() < self._look_rate:
                self._word(",")
                self._noun(referent, "PER")
                self._word(",")
        elif possessive:
            self._word("the")
            span = self._mention(referent.short, referent.kind, named=False)
        else:
            span = self._noun(referent, referent.kind)
        if possessive:
            clitic = "" if self._words[-1].endswith("s") and referent.plural else "s"
            self._word(self._rng.choice(("'", "’")) + clitic)
        return span

    def _noun(self, referent: Referent, kind: str) -> Span:
        article = referent.article(self._rng)
        if article:
            self._word(article)
        if referent.looks:
            self._shown.add(referent)
        return self._mention(referent.noun, kind, named=False)

    def _mention(self, phrase: str, kind: str, *, named: bool) -> Span:
        start = len(self._words)
        for word in phrase.split():
            self._word(word)
        span = Span(start, len(self._words))
        self._mentions.append(Mention(span, kind, named))
        return span
