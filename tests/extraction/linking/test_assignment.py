"""Dividing mentions and pictures into events: the best division as a whole."""

import itertools
import math
import random
from collections import defaultdict
from pathlib import Path

import pytest

from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.extraction.linking.assignment import EXACT, assign, log_odds
from rmpl.extraction.linking.linker import assigned

M2E2 = Path(__file__).parents[4] / "shared" / "data" / "m2e2"


def links(groups):
    return {(t, i) for g in groups for t in g.mentions for i in g.images}


def value(weights, pairs):
    return sum(weights[t][i] for t, i in pairs)


def every_division(texts, images):
    """Yield all sets of links of all divisions, by labelling everything with a group."""
    labels = range(texts + images)
    for labelled in itertools.product(labels, repeat=texts + images):
        pairs = itertools.product(range(texts), range(images))
        yield {(t, i) for t, i in pairs if labelled[t] == labelled[texts + i]}


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (2, 2), (3, 2), (2, 3)])
def test_no_division_is_better_than_the_one_found(shape):
    texts, images = shape
    rng = random.Random(str(shape))
    for _ in range(6):
        weights = [[rng.uniform(-3, 3) for _ in range(images)] for _ in range(texts)]
        best = max(value(weights, pairs) for pairs in every_division(texts, images))
        assert value(weights, links(assign(weights))) == pytest.approx(best)


def test_one_event_with_many_pictures_and_none_with_two_that_disagree():
    # The picture 1 is a little likelier to be of mention 1, but mention 0 and both pictures are
    # one event, and a picture shows one.
    assert links(assign([[4.0, 3.0], [-3.0, 1.0]])) == {(0, 0), (0, 1)}
    assert links(assign([[4.0, -3.0], [-3.0, 4.0]])) == {(0, 0), (1, 1)}
    assert assign([[-1.0, -2.0]]) == []
    assert assign([]) == []


def test_a_doubtful_pair_is_carried_by_the_rest_of_its_event():
    assert links(assign([[3.0, 3.0], [3.0, -0.5]])) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_many_pictures_and_mentions_are_divided_quickly_and_as_planned():
    size = EXACT + 3
    weights = [[4.0 if t % 3 == i % 3 else -4.0 for i in range(size)] for t in range(size)]
    wanted = {(t, i) for t in range(size) for i in range(size) if t % 3 == i % 3}
    assert links(assign(weights)) == wanted


def test_the_threshold_is_where_the_log_odds_are_nothing():
    assert log_odds(0.8, 0.8) == 0
    assert log_odds(0.9, 0.8) > 0 > log_odds(0.7, 0.8)
    assert math.isfinite(log_odds(1.0, 0.0))


def test_true_pairs_of_the_real_m2e2_come_back_but_for_two_documents():
    """Every pair of one type gets 0.9 where it is gold and 0.1 where it is not."""
    if not M2E2.is_dir():
        pytest.skip(f"no M2E2 in {M2E2}")
    lost = wrong = 0
    for document in read_m2e2(M2E2):
        gold = {(link.text, link.image) for link in document.links}
        by_type = defaultdict(dict)
        for text, image in itertools.product(document.text_events, document.image_events):
            if text.event_type == image.event_type:
                probability = 0.9 if (text.id, image.id) in gold else 0.1
                by_type[text.event_type][text.id, image.id] = probability
        found = {(k.text, k.image) for one in by_type.values() for k in assigned(one, 0.5)}
        lost += len(gold - found)
        wrong += len(found - gold)
    # Two pairs are of unlike types; two groups lack a pair each.
    assert (lost, wrong) == (2, 2)
