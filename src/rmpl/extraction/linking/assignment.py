"""Which mentions and pictures of a document are one event: the likeliest division as a whole.

"The same event" is an equivalence: if a picture shows an event, it shows what every mention of that
event tells. M2E2's 309 pairs bear that out: of the 152 groups that they form, 150 link every
mention of the group with every picture of it. So mentions and pictures are divided into events, a
mention and a picture belong to one event each, an event may have many of both, and of all divisions
the one with the most total log-odds over the pairs within its events is taken.

Once the pictures are divided, every mention goes to the group where its own sum is largest, or
stays alone where none is positive; so it suffices to try all divisions of the pictures (or of the
mentions, if these are fewer). Up to ``EXACT`` of them that is done; of more, one picture at a time
is moved to where it does most good until none does any.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

EXACT = 7
"""Seven things can be divided in 877 ways."""
_TINY = 1e-6

Weights = Sequence[Sequence[float]]
"""By mention, then by picture."""


class Group(NamedTuple):
    """One event: the numbers of its mentions and of its pictures, at least one of each."""

    mentions: tuple[int, ...]
    pictures: tuple[int, ...]


def log_odds(probability: float, threshold: float) -> float:
    """Return by how much "the same event" is likelier than not; 0 at the threshold."""
    return _logit(probability) - _logit(threshold)


def _logit(probability: float) -> float:
    p = min(max(probability, _TINY), 1 - _TINY)
    return math.log(p / (1 - p))


def assign(weights: Weights) -> list[Group]:
    """Return the events of the division with the largest total weight of pairs within events.

    Parameters
    ----------
    weights
        Log-odds by mention and picture.
    """
    count = len(weights)
    if not count or not weights[0]:
        return []
    if count < len(weights[0]):
        turned = [[row[i] for row in weights] for i in range(len(weights[0]))]
        groups = [Group(group.pictures, group.mentions) for group in _divide(turned)]
    else:
        groups = _divide(weights)
    return sorted(groups)


def _divide(weights: Weights) -> list[Group]:
    """Divide the columns; rows follow."""
    columns = len(weights[0])
    if columns <= EXACT:
        best = max(_divisions(columns), key=lambda blocks: _total(weights, blocks))
    else:
        best = _climb(weights, [[column] for column in range(columns)])
    members: dict[int, list[int]] = {}
    for row, line in enumerate(weights):
        block, gain = _best(line, best)
        if gain > 0:
            members.setdefault(block, []).append(row)
    return [Group(tuple(rows), tuple(sorted(best[block]))) for block, rows in members.items()]


Blocks = list[list[int]]


def _divisions(count: int) -> Iterator[Blocks]:
    """Yield every division of 0..count-1, the finest first."""
    if count == 0:
        yield []
        return
    last = count - 1
    for blocks in _divisions(last):
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
    """Move one column at a time into the block, or out of it, where the total gains most."""
    total = _total(weights, blocks)
    while True:
        tried = max(
            (_moved(blocks, column, to) for column in range(len(weights[0])) for to in blocks),
            key=lambda division: _total(weights, division),
        )
        gained = _total(weights, tried)
        if gained <= total:
            return blocks
        blocks, total = tried, gained


def _moved(blocks: Blocks, column: int, to: list[int]) -> Blocks:
    """Return the division with a column moved; from its own block it moves out, to be alone."""
    left = [[other for other in block if other != column] for block in blocks if block is not to]
    here = [other for other in to if other != column]
    joined = [here, [column]] if column in to else [[*to, column]]
    return [block for block in [*left, *joined] if block]
