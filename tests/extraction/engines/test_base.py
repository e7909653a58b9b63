"""What a reply says about its parts."""

import math

import pytest

from rmpl.extraction.engines.base import Reply


@pytest.fixture
def reply():
    # [" , ty, pe, ", (half a smiley), (the other half), ], end
    return Reply(
        '["type"\U0001f600]',
        0.5,
        logs=tuple(math.log(p) for p in (0.9, 0.5, 0.4, 1.0, 0.3, 0.2, 0.7, 0.6)),
        ends=(2, 4, 6, 7, 7, 8, 9, 9),
    )


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 2, 0.9),
        (2, 6, 0.5 * 0.4),
        (3, 5, 0.5 * 0.4),  # tokens that reach over an edge count whole
        (6, 7, 1.0),
        (7, 8, 0.3 * 0.2),  # both halves of a character
        (6, 8, 0.3 * 0.2),
        (0, 9, 0.9 * 0.5 * 0.4 * 0.3 * 0.2 * 0.7),  # the end token is no part of the text
    ],
)
def test_the_probability_of_a_part_is_that_of_its_tokens(reply, start, end, expected):
    assert reply.probability(start, end) == pytest.approx(expected)


def test_without_tokens_every_part_is_as_sure_as_the_whole():
    assert Reply("yes", 0.8).probability(0, 3) == 0.8
