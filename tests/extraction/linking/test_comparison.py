"""What answers to "same event?" are worth, in one direction and in both."""

import math

import pytest

from fakes import FakeEngine, by_task
from rmpl.extraction.asking import Asker
from rmpl.extraction.engines.base import Reply
from rmpl.extraction.linking.comparison import (
    Verdict,
    captions_of,
    compare,
    looks,
    mean_odds,
)
from rmpl.ontology import load_ontology
from rmpl.records import NOWHERE, Image, Sentence, Span
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.pairing import Pair
from rmpl.tasks.same_event import SameEvent

SENTENCE = Sentence(
    "s", "a man hit a red truck", ((0, 1), (2, 5), (6, 9), (10, 11), (12, 15), (16, 21))
)
PICTURE = Image("p", "p.jpg", 9, 9)
QUESTION = Pair("t+p", "Conflict:Attack", SENTENCE, Span(2, 3), PICTURE, "a man waits")
ONE = '{"span":"man","seen":"man"}'
TWO = '{"span":"red truck","seen":"bus"}'
TURNED = '{"seen":"man","span":"man"}'


def context(directions="one"):
    return Context(load_ontology(), RelativeBoxes(), "brief", link_directions=directions)


def written(*parts: tuple[str, float]) -> Reply:
    """An answer written in pieces, each with a probability."""
    text, ends, logs = "", [], []
    for piece, certainty in parts:
        text += piece
        ends.append(len(text))
        logs.append(math.log(certainty))
    return Reply(text, 0.5, tuple(logs), tuple(ends))


def compared(*parts: tuple[str, float]):
    reply = written(*parts)
    return looks(reply, SameEvent(context()).read(reply.text, QUESTION), SENTENCE)


def test_every_look_that_is_compared_must_agree():
    start, other = ONE.removesuffix('"man"}'), TWO.removesuffix('"bus"}')
    (one,) = compared(("[" + start, 0.4), ('"man"', 0.9), ("}]", 1.0))
    assert (one.span, one.agrees, one.probability) == (Span(1, 2), True, pytest.approx(0.9))
    parts = [("[" + start, 0.4), ('"man"', 0.9), ("}," + other, 0.7), ('"bus"', 0.8), ("}]", 1.0)]
    both = compared(*parts)
    assert [look.agrees for look in both] == [True, False]
    assert both[1].span == Span(4, 6)
    assert Verdict((both,)).probability == pytest.approx(0.9 * 0.2)


def test_what_was_copied_second_is_what_counts():
    start = TURNED.removesuffix('"man"}')
    (one,) = compared(("[" + start, 0.4), ('"man"', 0.9), ("}]", 1.0))
    assert one.probability == pytest.approx(0.9)
    # Free answers have blanks wherever JSON allows them.
    (one,) = compared(('[{"span" : "man", "seen" : ', 0.4), ('"man"', 0.9), (" }]", 1.0))
    assert one.probability == pytest.approx(0.9)


def test_a_look_that_the_sentence_does_not_have_is_nowhere():
    (one,) = compared(('[{"span":"dog","seen":"dog"}]', 0.9))
    assert one.span == NOWHERE


def test_directions_are_averaged_in_log_odds():
    assert mean_odds([0.8]) == 0.8
    assert mean_odds([0.8, 0.2]) == pytest.approx(0.5)
    assert mean_odds([0.9, 0.9]) == pytest.approx(0.9)
    assert mean_odds([1.0, 0.0]) == pytest.approx(0.5)
    (agreeing,), (denying,) = compared((f"[{ONE}]", 0.9)), compared((f"[{TWO}]", 0.9))
    assert Verdict(((agreeing,), (denying,))).probability == pytest.approx(0.5)
    # One that has nothing to compare says nothing, and takes nothing away from the other.
    assert Verdict(((agreeing,), ())).probability == agreeing.probability
    assert Verdict(((), ())).probability is None


def test_a_pair_is_asked_about_once_in_every_direction():
    engine = FakeEngine(by_task({"same-event": f"[{ONE}]", "same-event-shown": f"[{TURNED}]"}))
    (verdict,) = compare([QUESTION], Asker(engine), context())
    assert len(verdict.answers) == 1
    (verdict,) = compare([QUESTION], Asker(engine), context("both"))
    assert [one.agrees for (one,) in verdict.answers] == [True, True]
    assert engine.batches[-1] == [
        "same-event: Conflict:Attack\na man [hit] a red truck\na man waits",
        "same-event-shown: Conflict:Attack\na man waits\na man [hit] a red truck",
    ]


@pytest.mark.parametrize("answer", [None, '[{"span":"man","se', "yes"])
def test_what_is_no_answer_is_none_and_is_counted(answer):
    asker = Asker(FakeEngine(by_task({"same-event": answer, "same-event-shown": "[]"})))
    (alone,) = compare([QUESTION], asker, context())
    assert alone == Verdict(())
    assert asker.failures == {"same-event": 1}
    (both,) = compare([QUESTION], asker, context("both"))
    assert both == Verdict(((),))
    assert asker.failures == {"same-event": 2}


@pytest.mark.parametrize("caption", [None, "  "])
def test_without_a_caption_there_is_nothing_to_ask(caption):
    asker = Asker(FakeEngine(by_task({"caption": caption})))
    captions = captions_of([PICTURE, PICTURE], asker, context())
    assert captions == {PICTURE: None}
    assert asker.failures == {"caption": 1}
    (verdict,) = compare([QUESTION._replace(caption=captions[PICTURE])], asker, context())
    assert verdict == Verdict(())
    assert asker.asked["same-event"] == 0
