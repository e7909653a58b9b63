"""One event, given its trigger; and what partial documents are asked about."""

import msgspec
import pytest

from builders import ATTACK, DIE, document, image_event, sentence, text_event
from rmpl.extraction.engines.server.validation import is_grammatical
from rmpl.ontology import load_ontology
from rmpl.records import Image
from rmpl.tasks import Context, make_task
from rmpl.tasks.boxes import RelativeBoxes

CONTEXT = Context(load_ontology(), RelativeBoxes(), "brief")
TEXT = document(
    text_event("t1", 1, ("Target", 2)),
    text_event("t2", 5, ("Victim", 4), kind=DIE),
    image_event("i1", ("Target", 1, 1, 9, 9)),
    sentences=(sentence("D_0", "Rebels attacked it ; five died"), sentence("D_1", "It rained")),
    images=(Image("D_0", "d.jpg", 10, 10),),
)
PARTIAL = msgspec.structs.replace(TEXT, partial=True)


def test_an_event_is_asked_for_by_its_trigger():
    (first, second) = make_task("text-event", CONTEXT).samples([TEXT])
    assert first.prompt.text == "text-event: Rebels [attacked] it ; five died"
    assert first.target == (
        f'[{{"type":"{ATTACK}","trigger":"attacked","args":[{{"role":"Target","span":"it"}}]}}]'
    )
    assert second.prompt.text == "text-event: Rebels attacked it ; five [died]"


def test_its_answer_is_exactly_one_event():
    pytest.importorskip("llguidance", reason="needs rmpl[train]")
    task = make_task("text-event", CONTEXT)
    question = next(iter(task.questions([TEXT])))
    target = task.target(question)
    grammar = task.grammar(question)
    assert is_grammatical(target, grammar)
    assert not is_grammatical("[]", grammar)
    assert not is_grammatical(f"[{target[1:-1]},{target[1:-1]}]", grammar)


@pytest.mark.parametrize("name", ["text-emi", "text-events", "image-emi", "image-events"])
def test_a_partial_document_does_not_say_what_is_no_event(name):
    task = make_task(name, CONTEXT)
    assert list(task.questions([TEXT]))
    assert list(task.questions([PARTIAL])) == []


@pytest.mark.parametrize("name", ["text-are", "text-event", "image-are"])
def test_a_partial_document_teaches_the_events_that_it_marks(name):
    task = make_task(name, CONTEXT)
    assert list(task.samples([PARTIAL])) == list(task.samples([TEXT])) != []
