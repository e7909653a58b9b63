"""Raw text events of corpora, before their types and roles are filtered and mapped.

Arguments are commonly given by their own word span (JMEE, TextEE), or by the id of an entity
mention (OneIE, WikiEvents).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from rmpl.corpora.text.extent import Tree
from rmpl.errors import RmplError
from rmpl.records import Sentence


class RawArgument(NamedTuple):
    """A raw argument: its role and its word span in the sentence, end exclusive."""

    role: str
    start: int
    end: int


class RawEvent(NamedTuple):
    """A raw event: the corpus's type name, the trigger's word span, the arguments.

    ``unusable`` says why the event cannot be used (a discontinuous target). Its sentence is then
    left out: without the event, it would teach that there is none.
    """

    event_type: str
    start: int
    end: int
    arguments: list[RawArgument]
    unusable: str = ""


class RawSentence(NamedTuple):
    """A sentence with the events triggered in it, its location in the file, and its tree if any."""

    sentence: Sentence
    events: list[RawEvent]
    where: str
    tree: Tree | None = None


class RawDocument(NamedTuple):
    """A document or a part of one, and its location in the file.

    ``partial`` says that not all of its events are annotated.
    """

    id: str
    sentences: list[RawSentence]
    where: str
    partial: bool = False


class Mention(msgspec.Struct, gc=False):
    """Words ``start`` to ``end``, end exclusive."""

    start: int
    end: int


class SpanArgument(Mention, gc=False):
    """An argument with its own word span."""

    role: str


class SpanEvent(msgspec.Struct, gc=False):
    """An event whose arguments have their own word spans."""

    event_type: str
    trigger: Mention
    arguments: list[SpanArgument] = []

    def raw(self) -> RawEvent:
        """Convert it to a ``RawEvent``."""
        arguments = [RawArgument(a.role, a.start, a.end) for a in self.arguments]
        return RawEvent(self.event_type, self.trigger.start, self.trigger.end, arguments)


class NamedArgument(msgspec.Struct, gc=False):
    """An argument that refers to an entity mention."""

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
        If two different mentions have the same id.
    """
    known: dict[str, E] = {}
    for entity in entities:
        if known.setdefault(entity.id, entity) != entity:
            raise RmplError(f"a repeated entity mention id {entity.id!r}", where=where)
    return known


def named(argument: NamedArgument, known: Mapping[str, E], where: str) -> E:
    """Return the entity mention that an argument refers to.

    Raises
    ------
    RmplError
        If there is no such mention.
    """
    entity = known.get(argument.entity_id)
    if entity is None:
        raise RmplError(
            f"an argument with an unknown entity mention ({argument.entity_id!r})", where=where
        )
    return entity
