"""The events of images, from labelled boxes and relations between them.

A box either has a label that says event and role, and belongs to the one event of that type in its
image; or it has an event type as its label and is no participant, and relations from it say which
boxes are.
"""

from __future__ import annotations

import msgspec

from rmpl.annotations.base import is_near
from rmpl.annotations.mapping import Labels, did_you_mean
from rmpl.annotations.marks import Annotated, Bond, Region
from rmpl.errors import RmplError
from rmpl.io.repeats import TWICE, of_image
from rmpl.records import Box, Document, Image, ImageArgument, ImageEvent

CLIPPED = "a box that exceeds its image, cut at its edge"
NO_EVENT = "a caption of an image without events"
_ROUNDING = 1.0
"""Pixels by which a box may exceed its image without a warning."""


class _Group(msgspec.Struct):
    """An event of an image while its boxes are found."""

    id: str
    image: str
    event_type: str
    arguments: list[tuple[int, ImageArgument]]
    """Each with the number of its box among all."""


class ImageEvents:
    """The image events of an annotated document."""

    def __init__(self, given: Annotated, labels: Labels) -> None:
        self.used: set[str] = set()
        """The relations that are between boxes alone."""
        self._given = given
        self._labels = labels
        self._images = {image.id: image for image in given.images}
        self._groups: list[_Group] = []
        self._event_of: dict[str, str] = {}
        base = given.base or Document("")
        self._before = {event.id: event for event in base.image_events}
        self._regions = {one.id: one for one in given.regions}
        self._order = {name: number for number, name in enumerate(self._regions)}
        if "images" in given.holds:
            self._read()

    def has(self, region: str) -> bool:
        """Return whether there is a box of this id."""
        return region in self._regions

    def event_of(self, region: str) -> str | None:
        """Return the id of the event that a box belongs to."""
        return self._event_of.get(region)

    def events(self) -> tuple[ImageEvent, ...]:
        """Return the events, those that were there before in their order."""
        order = {name: number for number, name in enumerate(self._before)}
        groups = sorted(self._groups, key=lambda one: order.get(one.id, len(order)))
        shown = {group.image for group in groups}
        for image in self._given.captions:
            if image not in shown:
                self._given.leave_out(NO_EVENT, f"{self._given.where}, {image}")
        return tuple(
            ImageEvent(
                one.id,
                one.image,
                one.event_type,
                tuple(a for _, a in sorted(one.arguments, key=lambda pair: pair[0])),
                caption=self._given.captions.get(one.image),
            )
            for one in groups
        )

    def _read(self) -> None:
        given, labels = self._given, self._labels
        heads: dict[str, _Group] = {}
        for region in given.regions:
            kind = None if labels.box(region.label) else labels.event_type(region.label)
            if kind is not None:
                heads[region.id] = self._group(region.image, kind, region.event, is_new=True)
                self._event_of[region.id] = heads[region.id].id
        filled: dict[str, list[tuple[_Group, Bond]]] = {}
        for bond in given.bonds:
            group = heads.get(bond.head)
            if group is not None and bond.tail in self._regions and not labels.links(bond.label):
                filled.setdefault(bond.tail, []).append((group, bond))
                self.used.add(bond.id)
        # Boxes that know their event come first: the others may join theirs.
        rest = [one for one in given.regions if one.id not in heads]
        known = {one.id for one in rest if one.event is not None}
        for region in sorted(rest, key=lambda one: one.id not in known):
            for group, bond in filled.get(region.id, ()):
                self._fill(group, bond.label, region, bond.where)
            if region.id not in filled:
                self._by_label(region)
        bare: set[tuple[str, str]] = set()
        for label in given.image_labels:
            kind = labels.event_type(label.label)
            if kind is None:
                meant = did_you_mean(label.label, labels.types())
                given.refuse(f"unknown event type {label.label!r}{meant}", label.where)
            elif (label.image, kind) not in bare:
                bare.add((label.image, kind))
                self._without_boxes(label.image, kind)

    def _without_boxes(self, image: str, kind: str) -> None:
        before: list[str | None] = [
            one.id
            for one in self._before.values()
            if (one.image_id, one.event_type) == (image, kind) and not one.arguments
        ]
        is_shown = any((one.image, one.event_type) == (image, kind) for one in self._groups)
        for name in before or ([] if is_shown else [None]):
            self._group(image, kind, name, is_new=True)

    def _by_label(self, region: Region) -> None:
        """Add a box to the event that its label says."""
        meaning = self._labels.box(region.label)
        if meaning is None:
            known = [*self._labels.mapping.boxes, *self._labels.types()]
            self._given.refuse(
                f"unknown label of a box {region.label!r}{did_you_mean(region.label, known)}",
                region.where,
                "say in the mapping which event and role it means (boxes), or to ignore it",
            )
            return
        same = [
            one
            for one in self._groups
            if (one.image, one.event_type) == (region.image, meaning.event)
        ]
        before = [
            one
            for one in self._before.values()
            if (one.image_id, one.event_type) == (region.image, meaning.event) and one.arguments
        ]
        name = region.event or _event_with(region.box, before)
        if name is None and len(same) > 1:
            names = ", ".join(one.id for one in same)
            self._given.refuse(
                f"a box of one of several events ({names})",
                region.where,
                "draw a relation from the event to it, or note the event's id",
            )
            return
        if name is None and same:
            name = same[0].id
        elif name is None and len(before) == 1:
            name = before[0].id
        group = self._group(region.image, meaning.event, name)
        self._fill(group, meaning.role, region, region.where)

    def _group(self, image: str, kind: str, name: str | None, *, is_new: bool = False) -> _Group:
        """Return the event of this id and type, made if it is not there yet."""
        for one in self._groups:
            if not is_new and (one.id, one.image, one.event_type) == (name, image, kind):
                return one
        taken = {one.id for one in self._groups}
        if name is None or name in taken:
            taken |= self._before.keys()
            name = next(f"i{n}" for n in range(1, len(taken) + 2) if f"i{n}" not in taken)
        group = _Group(name, image, kind, [])
        self._groups.append(group)
        return group

    def _fill(self, group: _Group, label: str, region: Region, where: str) -> None:
        role = self._labels.role(label, group.event_type, "image")
        if role is None:
            known = self._labels.roles_of(group.event_type, "image") or ()
            meant = did_you_mean(label, known)
            self._given.refuse(f"unknown role {label!r} of {group.event_type}{meant}", where)
            return
        box = self._inside(region)
        if box is not None:
            self._event_of[region.id] = group.id
            argument = ImageArgument(role, box)
            if any(of_image(one) == of_image(argument) for _, one in group.arguments):
                self._given.leave_out(TWICE, f"{where}: {role}")
                return
            group.arguments.append((self._order[region.id], argument))

    def _inside(self, region: Region) -> Box | None:
        """Return a box within its image; one that is wholly outside, or empty, is refused."""
        known = (a.box for event in self._before.values() for a in event.arguments)
        if any(is_near(region.box, one) for one in known):
            return region.box
        image = self._images.get(region.image, Image(region.image))
        try:
            cut, is_clipped = cut_box(region.box, image, region.where)
        except RmplError as error:
            self._given.problems.append(error)
            return None
        if is_clipped:
            self._given.warn(CLIPPED, region.where)
        return cut


def _event_with(box: Box, events: list[ImageEvent]) -> str | None:
    """Return the event that a box was in before, where its tool does not keep that."""
    had = [one for one in events if any(is_near(box, a.box) for a in one.arguments)]
    return had[0].id if len(had) == 1 else None


def cut_box(box: Box, image: Image, where: str) -> tuple[Box, bool]:
    """Return a box within its image, and whether more than a rounding error was cut off.

    Raises
    ------
    RmplError
        If it is wholly outside, or empty.
    """
    width, height = image.width or float("inf"), image.height or float("inf")
    cut = Box(
        min(max(box.x1, 0.0), width),
        min(max(box.y1, 0.0), height),
        min(max(box.x2, 0.0), width),
        min(max(box.y2, 0.0), height),
        box.group,
    )
    if cut.x1 >= cut.x2 or cut.y1 >= cut.y2:
        size = f", which has {image.width} x {image.height} pixels" if image.width else ""
        raise RmplError(
            "a box outside its image, or empty",
            where=f"{where}: {box.x1:g}, {box.y1:g} to {box.x2:g}, {box.y2:g}{size}",
        )
    beyond = max(abs(a - b) for a, b in zip(_corners(box), _corners(cut), strict=True))
    return cut, beyond > _ROUNDING


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2
