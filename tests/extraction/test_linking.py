"""What an answer to "same event?" is worth."""

import math

import pytest

from rmpl.backbones.boxes import RelativeBoxes
from rmpl.extraction.engine import Reply
from rmpl.extraction.linking import NOTHING_COMPARED, probability
from rmpl.ontology import load_ontology
from rmpl.tasks import Context
from rmpl.tasks.same_event import SameEvent

ONE = '{"span":"man","seen":"man"}'
TWO = '{"span":"red truck","seen":"bus"}'


def worth(*parts: tuple[str, float]) -> float:
    """The probability of an answer written in pieces, each with a probability."""
    text, ends, logs = "", [], []
    for piece, certainty in parts:
        text += piece
        ends.append(len(text))
        logs.append(math.log(certainty))
    reply = Reply(text, 0.5, tuple(logs), tuple(ends))
    task = SameEvent(Context(load_ontology(), RelativeBoxes(), "brief"))
    return probability(reply, task.read(text))


def test_every_comparison_must_agree():
    start, other = ONE.removesuffix('"man"}'), TWO.removesuffix('"bus"}')
    assert worth(("[" + start, 0.4), ('"man"', 0.9), ("}]", 1.0)) == pytest.approx(0.9)
    parts = [("[" + start, 0.4), ('"man"', 0.9), ("}," + other, 0.7), ('"bus"', 0.8), ("}]", 1.0)]
    assert worth(*parts) == pytest.approx(0.9 * 0.2)


def test_nothing_compared_is_weaker_than_a_look_that_agrees():
    assert worth(("[]", 0.99)) == NOTHING_COMPARED
    assert worth(("[" + ONE, 0.7), ("]", 1.0)) > NOTHING_COMPARED > 0.5


def test_an_answer_that_cannot_be_read_is_no():
    assert worth(("[" + ONE, 0.9)) == 0.0
