"""Text events as corpora give them, before their types and roles are chosen and translated.

Two ways of writing arguments are common: with their own word span (JMEE, TextEE), or by the id of
an entity mention (OneIE, WikiEvents).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from rmpl.errors import RmplError
from rmpl.records import Sentence


class RawArgument(NamedTuple):
    """An argument as a corpus gives it: its role and its words in the sentence, end exclusive."""

    role: str
    start: int
    end: int


class RawEvent(NamedTuple):
    """An event as a corpus gives it: its own type name, its trigger's words, its arguments."""

    event_type: str
    start: int
    end: int
    arguments: list[RawArgument]


class RawSentence(NamedTuple):
    """A sentence with the events whose triggers are in it, and the place it was read at."""

    sentence: Sentence
    events: list[RawEvent]
    where: str


class RawDocument(NamedTuple):
    """A document, or a part of one, and the place it was read at."""

    id: str
    sentences: list[RawSentence]
    where: str


class Mention(msgspec.Struct, gc=False):
    """Words ``start`` to ``end``, end exclusive."""

    start: int
    end: int


class SpanArgument(Mention, gc=False):
    """An argument with its own words."""

    role: str


class SpanEvent(msgspec.Struct, gc=False):
    """An event whose arguments have their own words."""

    event_type: str
    trigger: Mention
    arguments: list[SpanArgument] = []

    def raw(self) -> RawEvent:
        """Return the event in the form that all corpora share."""
        arguments = [RawArgument(a.role, a.start, a.end) for a in self.arguments]
        return RawEvent(self.event_type, self.trigger.start, self.trigger.end, arguments)


class NamedArgument(msgspec.Struct, gc=False):
    """An argument that names an entity mention."""

    entity_id: str
    role: str


class _Entity(Protocol):
    @property
    def id(self) -> str: ...


E = TypeVar("E", bound=_Entity)


def by_id(entities: Iterable[E], where: str) -> dict[str, E]:
    """Return entity mentions by their ids.

    Raises
    ------
    RmplError
        If two different mentions have one id.
    """
    known: dict[str, E] = {}
    for entity in entities:
        if known.setdefault(entity.id, entity) != entity:
            raise RmplError(f"a repeated entity mention id {entity.id!r}", where=where)
    return known


def named(argument: NamedArgument, known: Mapping[str, E], where: str) -> E:
    """Return the entity mention that an argument names.

    Raises
    ------
    RmplError
        If there is none.
    """
    entity = known.get(argument.entity_id)
    if entity is None:
        raise RmplError(
            f"an argument that is no entity mention ({argument.entity_id!r})", where=where
        )
    return entity
