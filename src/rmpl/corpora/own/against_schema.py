"""Whether own documents fit the schema that they are read for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rmpl.annotations.mapping import did_you_mean
from rmpl.corpora.swig import GENERAL
from rmpl.errors import RmplError
from rmpl.ontology import Ontology
from rmpl.records import Document

REMEDY = "correct it, or name the schema it is of (--schema; ontology in a recipe)"


def schema_problems(document: Document, ontology: Ontology, where: str) -> Iterator[RmplError]:
    """Yield what in a document the schema does not have: types, and roles in text or in images.

    A situation of SWiG that is no event of the schema has a type of its own.
    """
    place = f"{where}, document {document.id}"
    for event in document.text_events:
        roles = (argument.role for argument in event.arguments)
        at = f"{place}, {event.id}"
        yield from _problems(event.event_type, roles, "text", ontology, at)
    for shown in document.image_events:
        if not shown.event_type.startswith(GENERAL):
            roles = (argument.role for argument in shown.arguments)
            at = f"{place}, {shown.id}"
            yield from _problems(shown.event_type, roles, "images", ontology, at)


def token_problems(document: Document, where: str) -> Iterator[RmplError]:
    """Yield tokens with blanks at their ends, which no answer of a model can name."""
    for sentence in document.sentences:
        for start, end in sentence.tokens:
            word = sentence.text[start:end]
            if word != word.strip():
                yield RmplError(
                    "a token with blanks at its ends",
                    where=f"{where}, document {document.id}, {sentence.id}: {word!r}",
                    remedy="leave the blanks out of tokens, or leave out tokens altogether",
                )


def _problems(
    event_type: str, roles: Iterable[str], medium: str, ontology: Ontology, where: str
) -> Iterator[RmplError]:
    kind = ontology.events.get(event_type)
    if kind is None:
        meant = did_you_mean(event_type, ontology.events)
        yield RmplError(f"unknown event type {event_type!r}{meant}", where=where, remedy=REMEDY)
        return
    known = kind.text if medium == "text" else kind.image
    for role in dict.fromkeys(roles):
        if role not in known:
            meant = did_you_mean(role, known)
            what = f"unknown role {role!r} of {event_type} in {medium}{meant}"
            yield RmplError(what, where=where, remedy=REMEDY)
