import dataclasses
import random

import pytest

from rmpl.errors import RmplError
from rmpl.tasks import Prompt, Sample
from rmpl.training.data.mixture import Mixture, Source


def source(name: str, count: int, weight: float) -> Source:
    samples = [Sample(name, f"{name}{i}", Prompt("p"), "t") for i in range(count)]
    return Source(name, samples, weight)


def mixture(seed: int = 1, batches: int = 60) -> Mixture:
    sources = [source("a", 10, 3), source("b", 7, 2), source("c", 100, 1)]
    return Mixture(sources, batches=batches, batch=4, seed=seed)


def test_shares_are_the_weights_at_every_point_of_the_run():
    mixed = mixture()
    assert mixed.shares() == {"a": 0.5, "b": 1 / 3, "c": 1 / 6}
    for done in range(6, 60, 6):
        seen = [mixed.locate(i * 4)[0] for i in range(done)]
        assert [seen.count(which) for which in range(3)] == [done // 2, done // 3, done // 6]


def test_a_batch_holds_one_source():
    mixed = mixture()
    for start in range(0, len(mixed), 4):
        assert len({mixed[i].task for i in range(start, start + 4)}) == 1


def test_every_epoch_visits_every_sample_once_in_another_order():
    mixed = Mixture([source("a", 12, 1)], batches=9, batch=4, seed=3)
    epochs = [[mixed[i].id for i in range(e * 12, e * 12 + 12)] for e in range(3)]
    assert all(sorted(epoch) == sorted(epochs[0]) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_the_order_is_a_function_of_the_seed_alone():
    assert [s.id for s in mixture(5)] == [s.id for s in mixture(5)]
    assert [s.id for s in mixture(5)] != [s.id for s in mixture(6)]


@pytest.mark.parametrize("size", [50, 64, 61])
def test_batches_of_like_lengths_keep_the_rest_as_it_was(size):
    draw = random.Random(1)
    lengths = [draw.randint(10, 400) for _ in range(size)]
    one = dataclasses.replace(source("a", size, 3), lengths=lengths)
    mixed = Mixture([one, source("b", 7, 1)], batches=80, batch=4, seed=2)
    batches = [[mixed.locate(i) for i in range(at, at + 4)] for at in range(0, len(mixed), 4)]
    assert all(len({which for which, _ in batch}) == 1 for batch in batches)
    ours = [[place for _, place in batch] for batch in batches if batch[0][0] == 0]
    assert len(ours) == 60
    epochs = [place for batch in ours for place in batch]
    epochs = [epochs[start : start + size] for start in range(0, len(epochs) - size, size)]
    assert all(sorted(epoch) == list(range(size)) for epoch in epochs)
    assert epochs[0] != epochs[1]
    padded = [max(lengths[i] for i in b) - lengths[i] for b in ours for i in b]
    assert sum(padded) / len(padded) < 30  # about 80 in a random order
    # What is too long for the machine shows at once.
    assert max(lengths) in {lengths[i] for i in ours[0]}
    again = Mixture([one, source("b", 7, 1)], batches=80, batch=4, seed=2)
    assert [again.locate(i) for i in range(300, 320)] == [mixed.locate(i) for i in range(300, 320)]


def test_a_source_without_samples_is_refused():
    with pytest.raises(RmplError, match="no samples"):
        Mixture([source("empty", 0, 1)], batches=1, batch=1, seed=0)
