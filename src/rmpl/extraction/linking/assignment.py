"""Clustering mentions and images of a document into events: the likeliest partition.

"The same event" is an equivalence relation: an image that shows an event is linked with every
mention of it. In M2E2's 309 pairs this nearly holds: of the 152 groups that they form, 150 link
every mention of the group with every image of it. So mentions and images are partitioned into
events; each belongs to one event, and an event may have many of both. The partition with the
largest total log-odds of pairs within events is chosen.

Given a partition of the images, every mention joins the group where its sum is largest, or none if
no sum is positive. So it suffices to try all partitions of the images (or of the mentions, if these
are fewer). Up to ``EXACT`` items that is done exhaustively; beyond that by greedy search, which
moves one item at a time to where the total gains most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

EXACT = 7
"""Maximum number of items for exhaustive search; seven items have 877 partitions."""
_TINY = 1e-6

Weights = Sequence[Sequence[float]]
"""Log-odds by mention, then by image."""


class Group(NamedTuple):
    """One event: the indices of its mentions and of its images, at least one of each."""

    mentions: tuple[int, ...]
    images: tuple[int, ...]


def log_odds(probability: float, threshold: float) -> float:
    """Return the log-odds of a probability relative to the threshold; 0 at the threshold."""
    return _logit(probability) - _logit(threshold)


def _logit(probability: float) -> float:
    p = min(max(probability, _TINY), 1 - _TINY)
    return math.log(p / (1 - p))


def assign(weights: Weights) -> list[Group]:
    """Return the events of the partition with the largest total weight of pairs within events.

    Parameters
    ----------
    weights
        Log-odds by mention and image.
    """
    count = len(weights)
    if not count or not weights[0]:
        return []
    if count < len(weights[0]):
        turned = [[row[i] for row in weights] for i in range(len(weights[0]))]
        groups = [Group(group.images, group.mentions) for group in _partition(turned)]
    else:
        groups = _partition(weights)
    return sorted(groups)


def _partition(weights: Weights) -> list[Group]:
    """Partition the columns and assign each row to a block or to none."""
    columns = len(weights[0])
    if columns <= EXACT:
        best = max(_partitions(columns), key=lambda blocks: _total(weights, blocks))
    else:
        best = _climb(weights, [[column] for column in range(columns)])
    members: dict[int, list[int]] = {}
    for row, line in enumerate(weights):
        block, gain = _best(line, best)
        if gain > 0:
            members.setdefault(block, []).append(row)
    return [Group(tuple(rows), tuple(sorted(best[block]))) for block, rows in members.items()]


Blocks = list[list[int]]


def _partitions(count: int) -> Iterator[Blocks]:
    """Yield every partition of 0..count-1, the finest first."""
    if count == 0:
        yield []
        return
    last = count - 1
    for blocks in _partitions(last):
        yield [*blocks, [last]]
        for index, block in enumerate(blocks):
            yield [*blocks[:index], [*block, last], *blocks[index + 1 :]]


def _total(weights: Weights, blocks: Blocks) -> float:
    return sum(max(_best(line, blocks)[1], 0.0) for line in weights)


def _best(line: Sequence[float], blocks: Blocks) -> tuple[int, float]:
    sums = [sum(line[column] for column in block) for block in blocks]
    block = max(range(len(sums)), key=sums.__getitem__)
    return block, sums[block]


def _climb(weights: Weights, blocks: Blocks) -> Blocks:
    """Greedily move single columns into or out of blocks while the total gains."""
    total = _total(weights, blocks)
    while True:
        tried = max(
            (_moved(blocks, column, to) for column in range(len(weights[0])) for to in blocks),
            key=lambda partition: _total(weights, partition),
        )
        gained = _total(weights, tried)
        if gained <= total:
            return blocks
        blocks, total = tried, gained


def _moved(blocks: Blocks, column: int, to: list[int]) -> Blocks:
    """Return the blocks with a column moved to block ``to``, or out of it if it is there."""
    others = [[other for other in block if other != column] for block in blocks if block is not to]
    here = [other for other in to if other != column]
    joined = [here, [column]] if column in to else [[*to, column]]
    return [block for block in [*others, *joined] if block]
