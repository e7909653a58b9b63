"""The mixture: which sample stands at which place of a stage.

Everything is a pure function of (seed, index): the realised share of every source is its weight's
to within one batch, every epoch of a source has another order, and a resumed run sees the same
samples.
"""

from __future__ import annotations

import dataclasses
import functools
import random
from collections import Counter
from collections.abc import Sequence

from rmpl.errors import RmplError
from rmpl.tasks import Sample


@dataclasses.dataclass(frozen=True)
class Source:
    """The samples of one task over some corpora, with their share."""

    name: str
    samples: Sequence[Sample]
    weight: float


class Mixture:
    """A sequence of samples, drawn from sources by weight.

    One batch holds samples of one source only: they have like lengths, and a small model learns
    faster so. The order of sources is that of largest remaining claim, so that shares hold at every
    point of the run and not only on average.

    Parameters
    ----------
    sources
        The sources, each with at least one sample.
    batches, batch
        How many batches of how many samples.
    seed
        Of the order within sources.
    """

    def __init__(self, sources: Sequence[Source], *, batches: int, batch: int, seed: int) -> None:
        for source in sources:
            if not source.samples:
                raise RmplError(
                    f"source {source.name} of the mixture has no samples",
                    remedy="check its corpora with 'rmpl check', or take it out of the recipe",
                )
        self._sources = sources
        self._batch = batch
        self._seed = seed
        self._plan = _interleave([source.weight for source in sources], batches)
        seen: Counter[int] = Counter()
        self._nth = []
        for which in self._plan:
            self._nth.append(seen[which])
            seen[which] += 1

    @property
    def names(self) -> list[str]:
        """The names of the sources, in the order of their numbers."""
        return [source.name for source in self._sources]

    def __len__(self) -> int:
        """Return the number of samples in the whole stage."""
        return len(self._plan) * self._batch

    def __getitem__(self, index: int) -> Sample:
        """Return the sample at ``index``, a pure function of the seed and the index."""
        which, place = self.locate(index)
        return self._sources[which].samples[place]

    def locate(self, index: int) -> tuple[int, int]:
        """Return (source, place in the source's samples) of the sample at ``index``."""
        number, offset = divmod(index, self._batch)
        which = self._plan[number]
        drawn = self._nth[number] * self._batch + offset
        size = len(self._sources[which].samples)
        epoch, place = divmod(drawn, size)
        return which, _order(self._seed, which, epoch, size)[place]

    def shares(self, samples: int | None = None) -> dict[str, float]:
        """Return the realised share of every source, of the whole stage or its first samples."""
        plan = self._plan if samples is None else self._plan[: samples // self._batch]
        counts = Counter(plan)
        return {s.name: counts[i] / max(len(plan), 1) for i, s in enumerate(self._sources)}


@functools.lru_cache(maxsize=64)
def _order(seed: int, which: int, epoch: int, size: int) -> list[int]:
    order = list(range(size))
    random.Random(f"{seed} {which} {epoch}").shuffle(order)
    return order


def _interleave(weights: Sequence[float], count: int) -> list[int]:
    total = sum(weights)
    claims = [0.0] * len(weights)
    plan = []
    for _ in range(count):
        claims = [claim + weight / total for claim, weight in zip(claims, weights, strict=True)]
        winner = max(range(len(weights)), key=lambda i: (claims[i], -i))
        claims[winner] -= 1.0
        plan.append(winner)
    return plan
