"""Which pairs become links, and what is known of those that nobody answered about."""

import math

import msgspec
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeEngine, task_of
from rmpl.extraction.asking import Asker
from rmpl.extraction.calibration import Scale
from rmpl.extraction.engines.base import Reply
from rmpl.extraction.engines.server.engine import ServerEngine
from rmpl.extraction.linking.linker import Linker, assigned
from rmpl.ontology import load_ontology
from rmpl.records import (
    NOWHERE,
    Alignment,
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes
from scripted_server import question, said, scripted_server

ONE = '{"span":"man","seen":"man"}'
TWO = '{"span":"man","seen":"dog"}'


def reply(answer: str | None, certainty: float = 0.9) -> Reply:
    if answer is None:
        return Reply("[]", 0.9, given_up=True)
    return Reply(answer, 0.5, (math.log(certainty),), (len(answer),))


def says(answers, certainty: float = 0.9) -> FakeEngine:
    """A caption that is the image's id, and an answer to every pair: by image, or one for all."""

    def rule(prompt) -> Reply | str:
        if task_of(prompt) == "caption":
            return prompt.image.id
        answer = answers[prompt.image.id] if isinstance(answers, dict) else answers
        return reply(answer, certainty)

    return FakeEngine(rule)


SENTENCE = Sentence("s", "a man fled", ((0, 1), (2, 5), (6, 10)))
FLED = Span(2, 3)
MAN = TextArgument("Target", Span(0, 2))
BOX = ImageArgument("Target", Box(0, 0, 5, 5))
CONTEXT = Context(load_ontology(), RelativeBoxes(), "brief")


def document(*pictures: str, trigger: Span = FLED) -> Document:
    text = TextEvent("t", "s", "Conflict:Attack", trigger, (MAN,))
    images = [Image(name, f"{name}.jpg", 9, 9) for name in pictures]
    events = [ImageEvent(f"{name}-event", name, "Conflict:Attack", (BOX,)) for name in pictures]
    return Document("d", (SENTENCE,), tuple(images), (text,), tuple(events))


def linked(answers, *pictures, certainty=0.9, threshold=0.5, scale=None, **about):
    asker = Asker(says(answers, certainty))
    linker = Linker(asker, CONTEXT, threshold=threshold, scale=scale or Scale())
    (found,) = linker.link([document(*pictures, **about)])
    return found.links, asker


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8])
def test_nothing_compared_makes_a_link_but_a_weaker_one_than_a_look_that_agrees(threshold):
    scores = []
    for answer in ("[]", f"[{ONE}]"):
        ((link,), _) = linked(answer, "p", threshold=threshold)
        scores.append(link.score)
    assert threshold < scores[0] < scores[1]


def test_no_answer_is_no_evidence_and_is_counted():
    links, asker = linked(None, "p")
    assert links == ()
    assert asker.failures["same-event"] == 1
    links, asker = linked("[]", "p")
    assert len(links) == 1
    assert asker.failures["same-event"] == 0


@pytest.mark.parametrize(
    ("said_of_it", "links"),
    [("I cannot tell.", 0), ('[{"span":"a dog","seen":"a cat"}]', 0), ("[]", 1), (f"[{ONE}]", 1)],
)
def test_what_a_server_does_not_answer_makes_no_link(said_of_it, links, tmp_path):
    PIL.Image.new("RGB", (9, 9), "red").save(tmp_path / "p.png")
    given = document("p")
    given = msgspec.structs.replace(given, images=(Image("p", str(tmp_path / "p.png"), 9, 9),))
    with scripted_server() as server:
        server.script = lambda body: said(
            "a man waits" if question(body).startswith("caption") else said_of_it
        )
        asker = Asker(ServerEngine(server.url, "tiny"))
        (found,) = Linker(asker, CONTEXT, scale=Scale()).link([given])
    assert len(found.links) == links
    assert asker.failures["same-event"] == 1 - links


def test_no_answer_stands_in_the_way_of_nothing():
    links, _ = linked({"yes": f"[{ONE}]", "no": f"[{TWO}]", "lost": None}, "yes", "no", "lost")
    assert [(link.image, link.score) for link in links] == [("yes-event", pytest.approx(0.9))]


def test_a_pair_that_nobody_answered_about_is_linked_by_the_others_only():
    every = {("a", "1"): 0.9, ("b", "1"): 0.9, ("b", "2"): 0.9}
    links = assigned({**every, ("a", "2"): None}, 0.5)
    assert {(one.text, one.image): one.score for one in links} == {**every, ("a", "2"): None}
    assert assigned({("a", "1"): None, ("a", "2"): 0.1}, 0.5) == []


@given(
    st.integers(1, 4).flatmap(
        lambda images: st.lists(
            st.lists(st.one_of(st.none(), st.floats(0.01, 0.99)), min_size=images, max_size=images),
            min_size=1,
            max_size=4,
        )
    )
)
def test_every_link_rests_on_an_answer_of_its_event(rows):
    probabilities = {(t, i): p for t, row in enumerate(rows) for i, p in enumerate(row)}
    links = assigned(probabilities, 0.5)
    for link in links:
        same = {one.text for one in links if one.image == link.image}
        known = [probabilities[one.text, one.image] for one in links if one.text in same]
        assert any(p is not None and p > 0.5 for p in known)


def test_a_link_says_which_span_and_box_are_one_participant():
    ((link,), _) = linked(f"[{ONE}]", "p")
    assert link.alignments == (Alignment("Target", Span(0, 2), BOX.box, pytest.approx(0.9)),)
    ((link,), _) = linked("[]", "p")
    assert link.alignments == ()
    # What is said of participants stands even where the pair as a whole is believed less.
    ((link,), _) = linked(f"[{ONE}]", "p", certainty=0.4, threshold=0.3)
    assert link.alignments[0].score == pytest.approx(0.4)


@pytest.mark.parametrize("trigger", [NOWHERE, Span(3, 4), Span(7, 9)])
def test_a_trigger_outside_of_its_sentence_is_not_asked_about(trigger):
    links, asker = linked(f"[{ONE}]", "p", trigger=trigger)
    assert links == ()
    assert asker.asked["same-event"] == 0
