"""The items that a report's filters select: mentions, arguments and links."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable

from rmpl.records import ImageEvent, Link, TextEvent
from rmpl.scoring.verdicts import JudgedImage, JudgedText, Verdict
from rmpl.viewer.compare import Comparison, ImagePair, Pair, TextPair


@dataclasses.dataclass(frozen=True, order=True)
class Item:
    """A mention, argument or link with its verdict.

    ``kind`` is ``mention``, ``argument`` or ``link``; ``role`` is empty except for arguments, and
    ``verdict`` is empty without a comparison. ``score`` is that of the predicted event, for a link
    that of the less certain of its two; 1 without one, so that no minimum hides it.
    """

    setting: str
    kind: str
    event_type: str
    role: str
    verdict: str
    score: float = 1.0


TASK_ITEMS = {
    "text_emi": ("text", "mention"),
    "text_are": ("text", "argument"),
    "image_emi": ("image", "mention"),
    "image_are": ("image", "argument"),
    "mm_emi": ("multimedia", "link"),
    "mm_are": ("multimedia", "argument"),
}
"""The setting and kind of the items of each score."""


def items_as_json(items: Iterable[Item]) -> str:
    """Return items as JSON for the page's script: a list of lists of fields."""
    return json.dumps([dataclasses.astuple(item) for item in items], separators=(",", ":"))


def event_items(pair: TextPair | ImagePair) -> list[Item]:
    """Return the items of one event; one with two types or roles (gold and predicted) twice."""
    setting = "text" if isinstance(pair.either, TextEvent) else "image"
    types = dict.fromkeys(event.event_type for event in (pair.gold, pair.predicted) if event)
    score = shown_score(pair.predicted)
    items = [Item(setting, "mention", name, "", _word(pair.verdict), score) for name in types]
    return items + _argument_items(setting, pair)


def linked_items(mention: JudgedText | JudgedImage) -> list[Item]:
    """Return the items of one linked mention's multimedia arguments."""
    return _argument_items("multimedia", mention)


def _argument_items(
    setting: str, mention: TextPair | ImagePair | JudgedText | JudgedImage
) -> list[Item]:
    items = []
    for argument in mention.arguments:
        sides = ((argument.gold, mention.gold), (argument.predicted, mention.predicted))
        named = dict.fromkeys((e.event_type, a.role) for a, e in sides if a and e)
        verdict = _word(argument.verdict)
        score = shown_score(mention.predicted)
        items += [Item(setting, "argument", name, role, verdict, score) for name, role in named]
    return items


def link_item(comparison: Comparison, pair: Pair[Link]) -> Item:
    """Return the item of one link; its type is that of its text event."""
    link = pair.gold or pair.predicted
    names = [
        event.event_type
        for mention in comparison.text
        if link and (event := mention.side(pair.gold is not None)) and event.id == link.text
    ]
    name = names[0] if names else ""
    score = _less_certain(comparison, pair.predicted)
    return Item("multimedia", "link", name, "", _word(pair.verdict), score)


def _less_certain(comparison: Comparison, link: Link | None) -> float:
    """Return the lower score of a predicted link's two events."""
    if link is None:
        return 1.0
    text = [pair.predicted for pair in comparison.text if pair.predicted]
    image = [pair.predicted for pair in comparison.image if pair.predicted]
    ends: list[TextEvent | ImageEvent] = [event for event in text if event.id == link.text]
    ends += [event for event in image if event.id == link.image]
    return min(map(shown_score, ends), default=1.0)


def all_items(comparisons: Iterable[Comparison]) -> set[Item]:
    """Return the distinct items of some documents."""
    found: set[Item] = set()
    for comparison in comparisons:
        for pair in comparison.events:
            found.update(event_items(pair))
        found.update(link_item(comparison, link) for link in comparison.links)
        if comparison.judged is not None:
            for linked in (comparison.judged.linked_text, comparison.judged.linked_image):
                found.update(item for mention in linked for item in linked_items(mention))
    return found


def shown_score(event: TextEvent | ImageEvent | None) -> float:
    """Return what an event's score is compared with a minimum as."""
    return 1.0 if event is None or event.score is None else round(event.score, 4)


def _word(verdict: Verdict | None) -> str:
    return "" if verdict is None else verdict.value
