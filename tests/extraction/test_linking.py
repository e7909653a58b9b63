"""What an answer to "same event?" is worth."""

import math

import pytest

from rmpl.backbones.boxes import RelativeBoxes
from rmpl.extraction.calibration import Scale
from rmpl.extraction.engine import Reply
from rmpl.extraction.linking import Linker, probability
from rmpl.ontology import load_ontology
from rmpl.records import Document, Image, ImageEvent, Sentence, Span, TextEvent
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


def test_an_answer_that_cannot_be_read_is_no():
    assert worth(("[" + ONE, 0.9)) == 0.0


class Says:
    """Stands for the model: one caption, and one answer to every pair."""

    def __init__(self, answer: str, certainty: float) -> None:
        self.reply = Reply(answer, 0.5, (math.log(certainty),), (len(answer),))

    def ask(self, task, prompts, grammars, max_tokens, progress=None):
        caption = Reply("a man waits", 0.9)
        return [caption if task == "caption" else self.reply for _ in prompts]

    def note(self, task, failure):
        assert failure is None


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8])
def test_nothing_compared_makes_a_link_but_a_weaker_one_than_a_look_that_agrees(threshold):
    sentence = Sentence("s", "a man fled", ((0, 1), (2, 5), (6, 10)))
    text = TextEvent("t", "s", "Conflict:Attack", Span(2, 3))
    image = ImageEvent("i", "p", "Conflict:Attack")
    document = Document("d", (sentence,), (Image("p", "p.jpg", 9, 9),), (text,), (image,))
    context = Context(load_ontology(), RelativeBoxes(), "brief")
    scores = []
    for answer in ("[]", f"[{ONE}]"):
        linker = Linker(Says(answer, 0.9), context, threshold=threshold, scale=Scale())
        ((link,),) = (one.links for one in linker.link([document]))
        scores.append(link.score)
    assert threshold < scores[0] < scores[1]
