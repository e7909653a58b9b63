"""The threshold of mentions: by F1 over documents, near the theory's optimum, never by chance."""

import random

import numpy as np

from rmpl.calibration.thresholds import ScoredMentions, as_good_as_best, f1, mention_threshold


def documents(count, right, wrong, *, missed=0, seed=1):
    """Documents of two right and two wrong mentions whose scores are drawn from two ranges."""
    rng = random.Random(seed)
    return [
        ScoredMentions(
            [rng.uniform(*right), rng.uniform(*right), rng.uniform(*wrong), rng.uniform(*wrong)],
            [True, True, False, False],
            2 + missed,
        )
        for _ in range(count)
    ]


def test_it_lies_between_right_and_wrong_mentions():
    assert 0.3 <= mention_threshold(documents(40, (0.5, 0.9), (0.0, 0.3))) <= 0.5
    assert 0.8 <= mention_threshold(documents(40, (0.9, 0.95), (0.5, 0.8))) <= 0.9


def test_where_the_choice_is_free_it_is_half_of_the_best_f1():
    # All right ones are above 0.9, all wrong ones below 0.1, and half of the gold is missed.
    assert mention_threshold(documents(40, (0.9, 1.0), (0.0, 0.1), missed=2)) == 0.325


def test_mentions_whose_scores_say_nothing_are_kept():
    # F1 falls with every mention left out at random: 0.5 * recall.
    assert mention_threshold(documents(60, (0.2, 0.9), (0.2, 0.9))) <= 0.25


def test_with_too_few_mentions_nothing_is_left_out():
    assert mention_threshold([]) == 0.0
    assert mention_threshold(documents(2, (0.9, 1.0), (0.0, 0.1))) == 0.0
    only_right = [ScoredMentions([0.9], [True], 1)] * 50
    assert mention_threshold(only_right) == 0.0


def test_documents_without_predictions_count_by_their_gold():
    counts = np.array([[[1, 1, 2], [0, 0, 2]], [[0, 0, 2], [0, 0, 2]]])
    assert f1(counts.sum(axis=1)).tolist() == [0.4, 0.0]
    assert as_good_as_best(counts)[0]
