"""The mixture: the order of a stage's samples.

It is a pure function of (seed, index): the share of every source matches its weight to within one
batch, every epoch of a source has another order, and a resumed run gets the same samples.
"""

from __future__ import annotations

import dataclasses
import functools
import random
from collections import Counter
from collections.abc import Sequence

from rmpl.errors import RmplError
from rmpl.tasks import Sample

_STRETCH = 50
"""The number of batches whose samples are sorted by length together."""


@dataclasses.dataclass(frozen=True)
class Source:
    """The samples of one task from one or more corpora, with their weight.

    With ``lengths``, in tokens per sample, a batch holds samples of similar length.
    """

    name: str
    samples: Sequence[Sample]
    weight: float
    lengths: Sequence[int] | None = None


class Mixture:
    """A sequence of samples, drawn from sources by weight.

    A batch holds samples of one source only: they have similar lengths, and a small model learns
    faster. The next source is always the one furthest behind its share, so that shares hold at
    every point of the run and not only on average.

    Parameters
    ----------
    sources
        The sources, each with at least one sample.
    batches, batch
        The number of batches, and of samples per batch.
    seed
        Of the order within sources.
    """

    def __init__(self, sources: Sequence[Source], *, batches: int, batch: int, seed: int) -> None:
        for source in sources:
            if not source.samples:
                raise RmplError(
                    f"source {source.name} of the mixture has no samples",
                    remedy="check its corpora with 'rmpl check', or remove it from the recipe",
                )
        self._sources = sources
        self._batch = batch
        self._seed = seed
        self._plan = _interleave([source.weight for source in sources], batches)
        self._grouped: dict[tuple[int, int], list[int]] = {}
        used: Counter[int] = Counter()
        self._nth = []
        for which in self._plan:
            self._nth.append(used[which])
            used[which] += 1

    @property
    def names(self) -> list[str]:
        """The names of the sources, in the order of their indices."""
        return [source.name for source in self._sources]

    def __len__(self) -> int:
        """Return the number of samples in the whole stage."""
        return len(self._plan) * self._batch

    def __getitem__(self, index: int) -> Sample:
        """Return the sample at ``index``, a pure function of the seed and the index."""
        which, place = self.locate(index)
        return self._sources[which].samples[place]

    def locate(self, index: int) -> tuple[int, int]:
        """Return (source, position in the source's samples) of the sample at ``index``."""
        number, offset = divmod(index, self._batch)
        which = self._plan[number]
        drawn = self._nth[number] * self._batch + offset
        size = len(self._sources[which].samples)
        epoch, place = divmod(drawn, size)
        return which, self._order(which, epoch, size)[place]

    def _order(self, which: int, epoch: int, size: int) -> list[int]:
        lengths = self._sources[which].lengths
        if lengths is None:
            return _shuffled(self._seed, which, epoch, size)
        if (which, epoch) not in self._grouped:
            shuffled = _shuffled(self._seed, which, epoch, size)
            # The rest of the batch that the previous epoch started.
            begun = -epoch * size % self._batch
            order = _by_length(shuffled, lengths, begun, self._batch, longest_first=epoch == 0)
            self._grouped[which, epoch] = order
        return self._grouped[which, epoch]

    def shares(self, samples: int | None = None) -> dict[str, float]:
        """Return the realised share of every source, of the whole stage or its first samples."""
        plan = self._plan if samples is None else self._plan[: samples // self._batch]
        counts = Counter(plan)
        return {s.name: counts[i] / max(len(plan), 1) for i, s in enumerate(self._sources)}


@functools.lru_cache(maxsize=64)
def _shuffled(seed: int, which: int, epoch: int, size: int) -> list[int]:
    order = list(range(size))
    random.Random(f"{seed} {which} {epoch}").shuffle(order)
    return order


def _by_length(
    order: Sequence[int], lengths: Sequence[int], begun: int, batch: int, *, longest_first: bool
) -> list[int]:
    """Arrange an epoch so that its batches hold samples of similar length.

    Samples are sorted within stretches of many batches, and the batches shuffled again, so that
    batches still differ between epochs. The first ``begun`` samples complete the previous epoch's
    batch. With ``longest_first``, the longest batch comes first, so that too little memory shows in
    the first steps.
    """
    rest = list(order[begun:])
    batches: list[list[int]] = []
    last: list[int] = []
    for start in range(0, len(rest), _STRETCH * batch):
        stretch = sorted(rest[start : start + _STRETCH * batch], key=lengths.__getitem__)
        # Only the last stretch has a remainder, its shortest samples: the next epoch continues it.
        odd = len(stretch) % batch
        last = stretch[:odd]
        batches += [stretch[at : at + batch] for at in range(odd, len(stretch), batch)]
    random.Random(f"{order[0]} {len(order)} {begun}").shuffle(batches)
    if longest_first and batches:
        longest = max(range(len(batches)), key=lambda i: lengths[batches[i][-1]])
        batches[0], batches[longest] = batches[longest], batches[0]
    return [*order[:begun], *(place for one in batches for place in one), *last]


def _interleave(weights: Sequence[float], count: int) -> list[int]:
    total = sum(weights)
    claims = [0.0] * len(weights)
    plan = []
    for _ in range(count):
        claims = [claim + weight / total for claim, weight in zip(claims, weights, strict=True)]
        chosen = max(range(len(weights)), key=lambda i: (claims[i], -i))
        claims[chosen] -= 1.0
        plan.append(chosen)
    return plan
