"""From what a tool annotated to a document; broken annotations refuse all of theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from rmpl.annotations.base import with_base
from rmpl.annotations.image_events import ImageEvents
from rmpl.annotations.mapping import Labels, did_you_mean
from rmpl.annotations.marks import Annotated, Bond, Event, ImageLabel, Mark, Region, Role
from rmpl.annotations.placing import Place, Sentences, place_marks
from rmpl.errors import RmplError
from rmpl.io.documents import checked_documents
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.repeats import TWICE, of_text, once
from rmpl.records import Document, Link, Relation, Sentence, Span, TextArgument, TextEvent

ELSEWHERE = "an argument in another sentence than its trigger"
IS_EVENT = "an argument that is an event, taken as its trigger"
NO_IMAGE = "a relation that is no role of an event, in a document without one image"
ACROSS = "a relation across two sentences"
OTHER_MEDIUM = "an argument of a text event in an image, or of an image event in a text"
TURNED = "a relation from an argument to its event, turned round"
IGNORED = "an item that the mapping ignores"
WHOLE = "a document with broken annotations, named here, not imported"


def assembled(
    given: Iterable[Annotated],
    labels: Labels,
    *,
    on_error: OnError,
    report: ReadReport,
    locate: Callable[[Document], Document] | None = None,
) -> Iterator[Document]:
    """Yield the documents of what a tool annotated.

    Parameters
    ----------
    given
        What its reader found.
    labels
        What its labels mean.
    on_error, report
        As in every reader. A document with broken annotations is left out as a whole.
    locate
        Finds the images of a document.

    Raises
    ------
    RmplError
        At the first broken annotation, if ``on_error="raise"``.
    """

    def read(one: Annotated, where: str) -> Document:
        document = assemble(one, labels)
        if one.problems:
            report.leave_out(WHOLE, where)
            report.refuse_all(one.problems, on_error)
        for reason, place in one.left_out:
            report.leave_out(reason, place)
        for reason, place in one.warnings:
            report.warn(reason, place)
        report.use("text events", len(document.text_events))
        report.use("image events", len(document.image_events))
        report.use("entity mentions", sum(len(s.entities) for s in document.sentences))
        return document

    raws = ((one.where, one) for one in given)
    yield from checked_documents(raws, read, on_error=on_error, report=report, locate=locate)


def assemble(given: Annotated, labels: Labels) -> Document:
    """Return what a tool annotated as a document; ``given.problems`` says what is broken in it."""
    base = given.base
    document = Document(given.id) if base is None else msgspec.structs.replace(base, id=given.id)
    _drop_ignored(given, labels)
    shown = ImageEvents(given, labels)
    if "text" in given.holds:
        texts = _Texts(given, labels, shown)
        document = texts.document(document)
    if "images" in given.holds:
        document = msgspec.structs.replace(
            document, images=tuple(given.images), image_events=shown.events()
        )
    for bond in given.bonds:
        if bond.id not in shown.used and "text" not in given.holds:
            given.leave_out(OTHER_MEDIUM, bond.where)
    return document if given.problems else with_base(document, given)


def _drop_ignored(given: Annotated, labels: Labels) -> None:
    """Leave out what the mapping ignores, and what hangs on it."""
    items: list[Mark | Region | Event] = [*given.marks, *given.regions, *given.events]
    dropped = {one.id for one in items if labels.ignores(one.label)}
    named: list[Mark | Region | Event | ImageLabel] = [*items, *given.image_labels]
    for item in named:
        if labels.ignores(item.label):
            given.leave_out(IGNORED, f"{item.where}: {item.label}")
    for bond in given.bonds:
        if labels.ignores(bond.label) or {bond.head, bond.tail} & dropped:
            given.leave_out(IGNORED, f"{bond.where}: {bond.label}")
    for event in given.events:
        for role in event.roles:
            if labels.ignores(role.label) or role.target in dropped:
                given.leave_out(IGNORED, f"{role.where}: {role.label}")
    given.marks = [one for one in given.marks if one.id not in dropped]
    given.regions = [one for one in given.regions if one.id not in dropped]
    given.image_labels = [one for one in given.image_labels if not labels.ignores(one.label)]
    given.bonds = [
        one
        for one in given.bonds
        if not labels.ignores(one.label) and not {one.head, one.tail} & dropped
    ]
    given.events = [
        msgspec.structs.replace(
            one,
            roles=tuple(
                role
                for role in one.roles
                if not labels.ignores(role.label) and role.target not in dropped
            ),
        )
        for one in given.events
        if one.id not in dropped
    ]


class _Texts:
    """The text events, entities and relations of a document."""

    def __init__(self, given: Annotated, labels: Labels, shown: ImageEvents) -> None:
        self._given = given
        self._labels = labels
        self._shown = shown
        self._marks = {mark.id: mark for mark in given.marks}
        self._links: dict[tuple[str, str], Link] = {}
        self._relations: list[Relation] = []
        self._before = list((given.base or Document("")).relations)
        self._entities: dict[str, dict[Span, None]] = {}
        self._places: dict[str, Place] = {}
        self._types: dict[str, str] = {}
        """Event types, by the ids of events."""
        self._of_mark: dict[str, str] = {}
        """The first event of a trigger, by the trigger."""

    def document(self, document: Document) -> Document:
        """Return a document with what is annotated in its text."""
        given = self._given
        sentences, self._places, _ = place_marks(given)
        if given.problems:
            return document
        events = [one for one in self._all_events() if self._knows_type(one)]
        self._name_new(events)
        self._see_spans({event.trigger for event in events})
        roles: dict[str, list[Role]] = {event.id: list(event.roles) for event in events}
        for bond in given.bonds:
            if bond.id not in self._shown.used:
                self._bond(bond, roles)
        found = tuple(self._event(one, roles[one.id]) for one in events)
        return msgspec.structs.replace(
            document,
            sentences=self._with_entities(sentences),
            text_events=tuple(one for one in found if one is not None),
            links=tuple(self._links.values()),
            relations=tuple(self._relations),
        )

    def _name_new(self, events: list[Event]) -> None:
        """Give a new event another id, if the tool numbered it like one that was there before."""
        ids = self._given.event_ids
        taken = set(ids.values())
        for event in events:
            if event.id not in ids and event.id in taken:
                free = (f"{event.id}_{n}" for n in range(1, len(taken) + 2))
                ids[event.id] = next(one for one in free if one not in taken)
                taken.add(ids[event.id])

    def _all_events(self) -> list[Event]:
        """Return the events that the tool marks as such, and spans that an event's label makes."""
        triggers = {event.trigger for event in self._given.events}
        heads = {bond.head for bond in self._given.bonds} if self._labels.free else set()
        implied = [
            Event(mark.id, mark.label, mark.id, (), mark.where)
            for mark in self._given.marks
            if mark.id not in triggers
            and (self._labels.event_type(mark.label) is not None or mark.id in heads)
        ]
        return [*self._given.events, *implied]

    def _knows_type(self, event: Event) -> bool:
        kind = self._labels.event_type(event.label)
        if kind is None and self._labels.free:
            kind = event.label
        if kind is None:
            meant = did_you_mean(event.label, self._labels.types())
            self._given.refuse(f"unknown event type {event.label!r}{meant}", event.where)
            return False
        if event.trigger not in self._places:
            self._given.refuse(f"an event without its trigger {event.trigger}", event.where)
            return False
        label = self._marks[event.trigger].label
        if label != event.label:
            self._given.refuse(
                f"an event {event.label!r} whose trigger {event.trigger} is labelled {label!r}",
                event.where,
                "give both the same label",
            )
            return False
        self._types[event.id] = kind
        self._of_mark.setdefault(event.trigger, event.id)
        return True

    def _see_spans(self, triggers: set[str]) -> None:
        for mark in self._given.marks:
            if mark.id in triggers:
                continue
            is_entity = self._labels.is_entity(mark.label)
            if is_entity is None:
                self._unknown_label(mark)
            elif is_entity:
                place = self._places[mark.id]
                self._entities.setdefault(place.sentence, {})[place.span] = None

    def _unknown_label(self, mark: Mark) -> None:
        meant = did_you_mean(mark.label, self._labels.spans())
        self._given.refuse(
            f"unknown label {mark.label!r}{meant}",
            mark.where,
            "correct it, or say in the mapping what it means (entities, or ignore)",
        )

    def _bond(self, bond: Bond, roles: dict[str, list[Role]]) -> None:
        """Take a relation for a link, an argument, or a relation."""
        given = self._given
        for end in (bond.head, bond.tail):
            if end not in self._places and end not in self._types and not self._shown.has(end):
                given.refuse(f"a relation to nothing ({end})", f"{bond.where}: {bond.label}")
                return
        head, tail = (self._of_mark.get(end, end) for end in (bond.head, bond.tail))
        if self._labels.links(bond.label):
            self._link(bond, head, tail)
        elif head in self._types:
            roles[head].append(Role(bond.label, bond.tail, bond.where))
        elif tail in self._types and self._labels.is_role(bond.label):
            given.warn(TURNED, f"{bond.where}: {bond.label}")
            roles[tail].append(Role(bond.label, bond.head, bond.where))
        elif bond.label not in self._labels.mapping.relations and self._labels.is_role(bond.label):
            mark = self._marks.get(bond.head)
            label = "a box" if mark is None else repr(mark.label)
            meant = "" if mark is None else did_you_mean(mark.label, self._labels.types())
            given.refuse(f"a role {bond.label!r} of {label}, no event type{meant}", bond.where)
        else:
            self._relation(bond)

    def _link(self, bond: Bond, head: str, tail: str) -> None:
        for text, box in ((head, bond.tail), (tail, bond.head)):
            image = self._shown.event_of(box)
            if text in self._types and image is not None:
                name = self._given.event_ids.get(text, text)
                self._links.setdefault((name, image), Link(name, image))
                return
        self._given.refuse(f"{bond.label!r} between others than an event and a box", bond.where)

    def _relation(self, bond: Bond) -> None:
        places = [self._places.get(end) for end in (bond.head, bond.tail)]
        given = self._given
        head, tail = places
        if head is None or tail is None:
            given.leave_out(OTHER_MEDIUM, f"{bond.where}: {bond.label}")
            return
        label = self._labels.mapping.relations.get(bond.label, bond.label)
        images = [image.id for image in given.images or (given.base or Document("")).images]
        key = head.sentence, label, head.span, tail.span
        before = next((one for one in self._before if key == _ends(one)), None)
        if before is not None:
            self._before.remove(before)
            images = [before.image_id]
        if len(images) != 1:
            given.leave_out(NO_IMAGE, f"{bond.where}: {bond.label}")
        elif head.sentence != tail.sentence:
            given.leave_out(ACROSS, f"{bond.where}: {bond.label}")
        else:
            self._relations.append(
                Relation(bond.id, head.sentence, images[0], label, head.span, tail.span)
            )

    def _event(self, event: Event, roles: list[Role]) -> TextEvent | None:
        place = self._places[event.trigger]
        kind = self._types[event.id]
        found = [(self._argument(one, kind, place), one) for one in roles]
        arguments = once(
            [(argument, role) for argument, role in found if argument is not None],
            lambda pair: of_text(pair[0]),
            lambda pair: self._given.leave_out(TWICE, f"{pair[1].where}: {pair[1].label}"),
        )
        return TextEvent(
            self._given.event_ids.get(event.id, event.id),
            place.sentence,
            kind,
            place.span,
            tuple(argument for argument, _ in arguments),
        )

    def _argument(self, role: Role, event_type: str, trigger: Place) -> TextArgument | None:
        given = self._given
        name = self._labels.role(role.label, event_type, "text")
        if name is None:
            known = self._labels.roles_of(event_type, "text") or ()
            meant = did_you_mean(role.label, known)
            given.refuse(f"unknown role {role.label!r} of {event_type}{meant}", role.where)
            return None
        place = self._places.get(role.target)
        if place is None:
            owner = next((e for e in given.events if e.id == role.target), None)
            place = None if owner is None else self._places.get(owner.trigger)
            if place is None and self._shown.has(role.target):
                given.leave_out(OTHER_MEDIUM, f"{role.where}: {role.label}")
                return None
            if place is None:
                given.refuse(f"an argument that is not there ({role.target})", role.where)
                return None
            given.warn(IS_EVENT, f"{role.where}: {role.label}")
        if place.sentence != trigger.sentence:
            given.leave_out(ELSEWHERE, f"{role.where}: {role.label}")
            return None
        return TextArgument(name, place.span)

    def _with_entities(self, sentences: Sentences) -> tuple[Sentence, ...]:
        return tuple(
            msgspec.structs.replace(one, entities=tuple(self._entities.get(one.id, ())))
            for one in sentences.sentences
        )


def _ends(relation: Relation) -> tuple[object, ...]:
    return relation.sentence_id, relation.label, relation.head, relation.tail


def broken_file(name: str, where: str, error: RmplError) -> Annotated:
    """Return a document that cannot be read at all."""
    return Annotated(name, where, problems=[error])
