"""The template language of sentences, and its parser.

========================  ======================================================================
``[killed|murdered]``     the trigger of the event, one of the alternatives
``{Victim}``              the participants with that role, as arguments
``{Victim/person}``       the same, only where they carry that tag (``many``: more than one)
``{Entity.2}``            the second participant with that role (the last number takes the rest)
``{Person's}``            the possessive of its short form
``{@Place}``              with its own preposition: "in Port Lindo", "at the airport"
``{+Instrument}``         mentioned, but no argument
``{~PER}``                somebody or something new that takes no part: PER, PERSON, PEOPLE, ORG,
                          NAME, PLACE, TOWN, VEH, LOOK
``{Attacker+2.Agent}``    an argument of two events
``[2:died]`` ``{2.Agent}``  trigger and arguments of the second event
``was@Victim``            agrees in number
``{:time}``               an entry of the lexicon, itself a template
``{=S}``                  a part supplied by the caller
``< ... >``               may be left out
========================  ======================================================================
"""

from __future__ import annotations

import dataclasses
import functools
import re

_TOKEN = re.compile(r"\[[^\]]+\]|\{[^}]+\}|<|>|[^\s<>\[\]{}]+")
_TARGET = re.compile(
    r"(?:(?P<event>\d)\.)?(?P<role>[A-Za-z]+)(?:\.(?P<nth>\d))?(?:/(?P<tag>[a-z]+))?"
)


@dataclasses.dataclass(frozen=True)
class Word:
    """A word or punctuation mark of the text itself."""

    text: str


@dataclasses.dataclass(frozen=True)
class Trigger:
    """The trigger of event number ``event``: one of ``choices``."""

    event: int
    choices: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Target:
    """A role of an event; ``nth`` is 0 for all its participants, ``tag`` their required tag."""

    event: int
    role: str
    nth: int = 0
    tag: str | None = None


@dataclasses.dataclass(frozen=True)
class Slot:
    """A noun phrase for the participants of ``targets[0]``, which are arguments of all targets.

    ``mode`` is ``"argument"``, ``"aside"`` (mentioned, no argument) or ``"stranger"`` (a new
    entity of the kind in the target's role).
    """

    targets: tuple[Target, ...]
    mode: str = "argument"
    possessive: bool = False
    prepositional: bool = False


@dataclasses.dataclass(frozen=True)
class Agreement:
    """A verb form that agrees with the participants of ``target``."""

    verb: str
    target: Target


@dataclasses.dataclass(frozen=True)
class Entry:
    """An entry drawn from the lexicon ``name``."""

    name: str


@dataclasses.dataclass(frozen=True)
class Part:
    """A part supplied by the caller."""

    name: str


@dataclasses.dataclass(frozen=True)
class Optional:
    """Nodes that may be omitted together."""

    nodes: tuple[Node, ...]


Node = Word | Trigger | Slot | Agreement | Entry | Part | Optional

PLURALS = {"was": "were", "is": "are", "has": "have"}


def _target(text: str) -> Target:
    match = _TARGET.fullmatch(text)
    if match is None:
        raise ValueError(f"not a slot target: {text!r}")
    return Target(
        event=int(match["event"] or 1),
        role=match["role"],
        nth=int(match["nth"] or 0),
        tag=match["tag"],
    )


def _slot(body: str) -> Slot | Entry | Part:
    if body[0] == ":":
        return Entry(body[1:])
    if body[0] == "=":
        return Part(body[1:])
    prepositional = body[0] == "@"
    body = body.removeprefix("@")
    mode = {"~": "stranger", "+": "aside"}.get(body[0], "argument")
    body = body.lstrip("~+")
    possessive = body.endswith("'s")
    targets = tuple(_target(part) for part in body.removesuffix("'s").split("+"))
    return Slot(targets, mode, possessive, prepositional)


def _trigger(body: str) -> Trigger:
    event, colon, rest = body.partition(":")
    if colon and event.isdigit():
        return Trigger(int(event), tuple(rest.split("|")))
    return Trigger(1, tuple(body.split("|")))


def _agreement(token: str) -> Agreement:
    verb, _, target = token.partition("@")
    return Agreement(verb, _target(target))


@functools.lru_cache(maxsize=4096)
def parse(template: str) -> tuple[Node, ...]:
    """Parse a template of this module's language.

    Raises
    ------
    ValueError
        If brackets do not match, or a slot is invalid.
    """
    stack: list[list[Node]] = [[]]
    for mark in _TOKEN.findall(template):
        if mark == "<":
            stack.append([])
        elif mark == ">":
            if len(stack) == 1:
                raise ValueError(f"closing > without <: {template!r}")
            nodes = tuple(stack.pop())
            stack[-1].append(Optional(nodes))
        elif mark[0] == "[":
            stack[-1].append(_trigger(mark[1:-1]))
        elif mark[0] == "{":
            stack[-1].append(_slot(mark[1:-1]))
        elif mark.partition("@")[0] in PLURALS and "@" in mark:
            stack[-1].append(_agreement(mark))
        else:
            stack[-1].append(Word(mark))
    if len(stack) != 1:
        raise ValueError(f"< without closing >: {template!r}")
    return tuple(stack[0])
