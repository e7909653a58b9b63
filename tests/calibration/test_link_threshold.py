"""The threshold of links: chosen by links of whole documents, and only where there is a choice."""

import random

import pytest

from rmpl.calibration.link_threshold import DEFAULT, Judged, choose_threshold


def documents(count, same, other, *, seed=1):
    """Documents of two sentences on one of two pictures each; outcomes are drawn from ranges."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        pairs = {}
        for sentence in "ab":
            for picture in "12":
                is_same = (sentence, picture) in {("a", "1"), ("b", "2")}
                pairs[sentence, picture] = Judged(
                    rng.uniform(*(same if is_same else other)), is_same
                )
        made.append(pairs)
    return made


def test_it_lies_between_those_that_are_one_event_and_those_that_are_not():
    assert 0.2 <= choose_threshold(documents(40, (0.2, 0.4), (0.05, 0.15))) <= 0.225
    assert 0.75 <= choose_threshold(documents(40, (0.9, 0.99), (0.6, 0.8))) <= 0.85


def test_of_thresholds_that_make_the_same_links_the_one_nearest_to_a_half_is_taken():
    assert choose_threshold(documents(40, (0.8, 0.9), (0.1, 0.2))) == DEFAULT


def test_what_chance_alone_prefers_is_not_taken():
    clear = documents(30, (0.8, 0.9), (0.1, 0.2))
    # Two links too many at 0.5, one too few at 0.6: that may have been the other way round.
    too_many = [{**one, ("a", "2"): Judged(0.57, False)} for one in clear[:2]]
    too_few = [{**one, ("a", "1"): Judged(0.53, True)} for one in clear[2:3]]
    assert choose_threshold([*too_many, *too_few, *clear[3:]]) == DEFAULT
    # What most documents say is not chance.
    many = [{("a", "1"): Judged(0.57, False)}] * 30
    assert choose_threshold([*many, *too_few, *clear[3:]]) >= 0.575


def test_few_pairs_choose_nothing():
    assert choose_threshold(documents(9, (0.2, 0.4), (0.05, 0.15))) == DEFAULT
    assert choose_threshold([]) == DEFAULT


def test_documents_are_divided_and_not_only_pairs_judged():
    # The second picture of an event is doubted by itself; with the first one's mentions it is not.
    def document(doubted):
        return {
            ("a", "1"): Judged(0.9, True),
            ("b", "1"): Judged(0.9, True),
            ("a", "2"): Judged(0.9, True),
            ("b", "2"): Judged(doubted, True),
            ("a", "3"): Judged(0.02, False),
            ("b", "3"): Judged(0.02, False),
        }

    assert choose_threshold([document(0.4)] * 30) == DEFAULT


@pytest.mark.parametrize("unknown", [Judged(0.9, None), Judged(None, None)])
def test_what_is_not_known_is_not_scored(unknown):
    given = documents(40, (0.2, 0.4), (0.05, 0.15))
    more = [{**one, ("c", "3"): unknown, ("c", "1"): Judged(0.01, None),
             ("c", "2"): Judged(0.01, None), ("a", "3"): Judged(0.01, None),
             ("b", "3"): Judged(0.01, None)} for one in given]  # fmt: skip
    assert choose_threshold(more) == choose_threshold(given)
