"""What went right and wrong over many documents: by type, by category of error, by overlap."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator

from rmpl.records import Link, TextEvent
from rmpl.scoring import Counts
from rmpl.scoring.matching import iou
from rmpl.viewer.compare import Comparison, ImagePair, Pair, TextPair, Verdict

NO_EVENT = "(none)"
"""Stands in a confusion matrix for "not in the gold" and "not predicted"."""


@dataclasses.dataclass(frozen=True, order=True)
class Item:
    """One compared thing in the words of the filters: what it is and what became of it.

    ``kind`` is ``mention``, ``argument`` or ``link``; ``role`` is empty but for arguments.
    """

    setting: str
    kind: str
    event_type: str
    role: str
    verdict: str


def items_as_json(items: Iterable[Item]) -> str:
    """Return items as the page's script reads them: a list of lists of their fields."""
    return json.dumps([dataclasses.astuple(item) for item in items], separators=(",", ":"))


def event_items(pair: TextPair | ImagePair) -> list[Item]:
    """Return the items of one event; one with two types or roles (gold and predicted) twice."""
    setting = "text" if isinstance(pair.either, TextEvent) else "image"
    types = dict.fromkeys(event.event_type for event in (pair.gold, pair.predicted) if event)
    items = [Item(setting, "mention", name, "", pair.verdict.value) for name in types]
    for argument in pair.arguments:
        sides = ((argument.gold, pair.gold), (argument.predicted, pair.predicted))
        named = dict.fromkeys((e.event_type, a.role) for a, e in sides if a and e)
        items += [
            Item(setting, "argument", name, role, argument.verdict.value) for name, role in named
        ]
    return items


def link_item(comparison: Comparison, pair: Pair[Link]) -> Item:
    """Return the item of one link; its type is that of its text event."""
    link = pair.gold or pair.predicted
    names = [
        event.event_type
        for mention in comparison.text
        if link and (event := mention.side(pair.gold is not None)) and event.id == link.text
    ]
    return Item("multimedia", "link", names[0] if names else "", "", pair.verdict.value)


Category = tuple[str, str, str]
"""Setting, kind and verdict."""


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Sums over documents.

    Parameters
    ----------
    mentions, arguments
        Right, predicted and gold by (setting, event type).
    confusion
        How often a gold type met a predicted type, by setting; ``NO_EVENT`` on either side.
    overlaps
        The IoU of every gold box with the predicted box of its role it was laid beside, on right
        mentions; 0 where there was none.
    categories
        How many items there are of each setting, kind and verdict.
    """

    mentions: dict[tuple[str, str], Counts]
    arguments: dict[tuple[str, str], Counts]
    confusion: dict[str, Counter[tuple[str, str]]]
    overlaps: list[float]
    categories: Counter[Category]


def collect(comparisons: Iterable[Comparison]) -> Statistics:
    """Add up what the documents of a run show."""
    found = Statistics({}, {}, {"text": Counter(), "image": Counter()}, [], Counter())
    for comparison in comparisons:
        for pair in comparison.events:
            _add_event(found, pair)
        for event_pair in comparison.image:
            found.overlaps.extend(_overlaps(event_pair))
        for link in comparison.links:
            found.categories["multimedia", "link", link.verdict.value] += 1
    return found


def _add_event(found: Statistics, pair: TextPair | ImagePair) -> None:
    setting = "text" if isinstance(pair.either, TextEvent) else "image"
    gold = pair.gold.event_type if pair.gold else NO_EVENT
    predicted = pair.predicted.event_type if pair.predicted else NO_EVENT
    if pair.verdict is Verdict.WRONG_PLACE:  # neither found nor confused with another type
        found.confusion[setting][gold, NO_EVENT] += 1
        found.confusion[setting][NO_EVENT, predicted] += 1
    else:
        found.confusion[setting][gold, predicted] += 1
    found.categories[setting, "mention", pair.verdict.value] += 1
    right = int(pair.verdict is Verdict.RIGHT)
    if pair.gold:
        _add(found.mentions, (setting, gold), Counts(right, 0, 1))
    if pair.predicted:
        _add(found.mentions, (setting, predicted), Counts(0, 1, 0))
    for argument in pair.arguments:
        found.categories[setting, "argument", argument.verdict.value] += 1
        right = int(argument.verdict is Verdict.RIGHT)
        if argument.gold:
            _add(found.arguments, (setting, gold), Counts(right, 0, 1))
        if argument.predicted:
            _add(found.arguments, (setting, predicted), Counts(0, 1, 0))


def _add(sums: dict[tuple[str, str], Counts], key: tuple[str, str], counts: Counts) -> None:
    sums[key] = sums.get(key, Counts()) + counts


def _overlaps(pair: ImagePair) -> Iterator[float]:
    if pair.verdict is not Verdict.RIGHT:
        return
    for argument in pair.arguments:
        if argument.gold is None:
            continue
        same = argument.predicted is not None and argument.predicted.role == argument.gold.role
        yield iou(argument.gold.box, argument.predicted.box) if argument.predicted and same else 0.0
