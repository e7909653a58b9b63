"""What an annotation tool's labels mean: event types, roles, entities, boxes.

A mapping is a YAML file; without one, labels mean what is called like them in the schema::

    events:    {Arrest: "Justice:Arrest-Jail"}   # labels of triggers, and of whole images
    roles:     {arrested: Person}                # labels of arguments and of relations to them
    boxes:     {suspect: {event: "Justice:Arrest-Jail", role: Person}}
    entities:  [PER, ORG]                        # all other labels of spans; any, if left out
    spans:     [Argument]                        # spans that are no entities, only arguments
    relations: {works_for: /per/org/works_for}   # relations of documents with an image
    links:     [same event]                      # relations between a trigger and a box
    ignore:    [Comment]                         # left out, and counted
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import msgspec

from rmpl.ontology import Ontology

LABELS = "labels.yaml"
"""A mapping of this name beside the files of a tool is used without being named."""
SAME_EVENT = "same event"
ENTITY, ARGUMENT = "Entity", "Argument"

_NEAR = 0.75
_SIGNS = re.compile(r"[^\w-]+")


class BoxLabel(msgspec.Struct, frozen=True):
    """What a box with some label is: a participant of an event."""

    event: str
    role: str


class Mapping(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of a mapping file."""

    events: dict[str, str] = {}
    roles: dict[str, str] = {}
    boxes: dict[str, BoxLabel] = {}
    entities: tuple[str, ...] | None = None
    spans: tuple[str, ...] = (ARGUMENT,)
    relations: dict[str, str] = {}
    links: tuple[str, ...] = (SAME_EVENT,)
    ignore: tuple[str, ...] = ()


def plain_label(name: str) -> str:
    """Return the name of a type or role as brat writes it: letters, digits, ``-`` and ``_``."""
    return _SIGNS.sub("_", name)


def suggested(name: str, known: Iterable[str], cutoff: float = _NEAR) -> str | None:
    """Return the name that was probably meant, if one is near, whatever its case."""
    names = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=cutoff)
    return names[near[0]] if near else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean ...?)"``, or the known names if none is near."""
    names = list(dict.fromkeys(known))
    near = suggested(name, names, 0.5)
    if near is not None:
        return f" (did you mean {near!r}?)"
    return f" (known: {', '.join(names[:12])}{', ...' if len(names) > 12 else ''})"


class Labels:
    """The meaning of labels.

    Parameters
    ----------
    ontology
        The schema whose types and roles are known.
    mapping
        A user's mapping.
    free
        Whether types and roles outside the schema are kept as they are.
    """

    def __init__(
        self, ontology: Ontology, mapping: Mapping | None = None, *, free: bool = False
    ) -> None:
        self.mapping = Mapping() if mapping is None else mapping
        self.free = free
        self._ontology = ontology
        self._types = {plain_label(name): name for name in ontology.events}
        self._roles = {role for kind in ontology.events.values() for role in kind.roles}
        self._mapped_types = {*self.mapping.events.values()}
        self._mapped_types |= {box.event for box in self.mapping.boxes.values()}

    def event_type(self, label: str) -> str | None:
        """Return the event type that a label means, if it means one."""
        mapped = self.mapping.events.get(label)
        if mapped is not None:
            return mapped
        if label in self._ontology.events or label in self._mapped_types:
            return label
        return self._types.get(plain_label(label))

    def box(self, label: str) -> BoxLabel | None:
        """Return the event and role that a box of some label is part of, if it is.

        Without a mapping, such a label is the type and the role with ``/`` or ``|`` between them.
        """
        mapped = self.mapping.boxes.get(label)
        if mapped is not None:
            return mapped
        kind, sign, role = label.rpartition("/") if "/" in label else label.rpartition("|")
        event_type = self.event_type(kind.strip())
        return BoxLabel(event_type, role.strip()) if sign and event_type is not None else None

    def role(self, label: str, event_type: str, medium: str) -> str | None:
        """Return the role of an event type that a label means, if it means one.

        Of repeated roles, brat writes the second and later ones with a number: ``Person2``.
        """
        known = self.roles_of(event_type, medium)
        plain = {plain_label(role): role for role in known or ()}
        names = _without_numbers(label)
        for name in names:
            mapped = self.mapping.roles.get(name)
            if mapped is not None and (known is None or mapped in known):
                return mapped
            if known is not None and name in known:
                return name
            if plain_label(name) in plain:
                return plain[plain_label(name)]
        if known is None:
            return names[-1]
        return None

    def roles_of(self, event_type: str, medium: str) -> tuple[str, ...] | None:
        """Return the roles of a type in a medium; ``None`` if any will do."""
        kind = self._ontology.events.get(event_type)
        if kind is None or self.free:
            return None
        return kind.text if medium == "text" else kind.image

    def is_role(self, label: str) -> bool:
        """Return whether a label means a role of any type."""
        known = self._roles | self.mapping.roles.keys()
        return not known.isdisjoint(_without_numbers(label))

    def is_entity(self, label: str) -> bool | None:
        """Return whether a span's label means an entity; ``None`` if it is not known at all."""
        if self.mapping.entities is not None:
            if label in self.mapping.spans:
                return False
            return True if label in self.mapping.entities else None
        if label in self.mapping.spans:
            return False
        return True if suggested(label, self.types()) is None else None

    def types(self) -> list[str]:
        """Return the names that a trigger's label may have."""
        return [*self.mapping.events, *self._ontology.events]

    def spans(self) -> list[str]:
        """Return the names that a span's label may have."""
        return [*self.types(), *(self.mapping.entities or ()), *self.mapping.spans]

    def ignores(self, label: str) -> bool:
        """Return whether items of a label are to be left out."""
        return label in self.mapping.ignore

    def links(self, label: str) -> bool:
        """Return whether a relation of this label links a text event and an image event."""
        return label in self.mapping.links


def _without_numbers(label: str) -> list[str]:
    """Return a label, and what is left of it without its last digits, one after the other."""
    shorter = range(len(label), len(label.rstrip("0123456789")) - 1, -1)
    return [label[:end] for end in shorter if end]
