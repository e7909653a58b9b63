"""Trigger classification: which words are asked about, and what the answers say."""

import dataclasses

import msgspec
import pytest

from builders import ATTACK, DIE, document, sentence, text_event
from rmpl.extraction.engines.server.validation import is_grammatical
from rmpl.ontology import load_ontology
from rmpl.records import Span
from rmpl.tasks import Context, make_task
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.trigger_words import TriggerWords

CONTEXT = Context(load_ontology(), RelativeBoxes(), "brief")
TEXT = document(
    text_event("t1", 1),
    text_event("t2", 5, kind=DIE),
    sentences=(
        sentence("D_0", "Rebels attacked it ; five died"),
        sentence("D_1", "The tree died when they Attacked the plan"),
        sentence("D_2", "It rained"),
    ),
)
PARTIAL = msgspec.structs.replace(TEXT, partial=True)


def asked(*documents):
    return [
        (sample.prompt.text.partition(": ")[2], sample.target)
        for sample in make_task("text-trigger", CONTEXT).samples(documents)
    ]


def test_every_trigger_is_asked_about_and_every_other_word_that_is_one_elsewhere():
    assert asked(TEXT) == [
        ("Rebels [attacked] it ; five died", f'[{{"type":"{ATTACK}"}}]'),
        ("Rebels attacked it ; five [died]", f'[{{"type":"{DIE}"}}]'),
        ("The tree [died] when they Attacked the plan", "[]"),
        ("The tree died when they [Attacked] the plan", "[]"),
    ]


def test_of_a_partial_document_only_triggers_are_asked_about():
    assert asked(PARTIAL) == asked(TEXT)[:2]


def test_its_samples_are_positive_where_the_word_is_a_trigger():
    task = make_task("text-trigger", CONTEXT)
    found = [task.is_positive(sample) for sample in task.samples([TEXT])]
    assert found == [True, True, False, False]


def test_the_answer_is_one_type_or_none():
    pytest.importorskip("llguidance", reason="needs rmpl[train]")
    task = make_task("text-trigger", CONTEXT)
    question = next(iter(task.questions([TEXT])))
    grammar = task.grammar(question)
    item = f'{{"type":"{ATTACK}"}}'
    assert is_grammatical(f"[{item}]", grammar)
    assert is_grammatical("[]", grammar)
    assert not is_grammatical(f"[{item},{item}]", grammar)
    assert not is_grammatical('[{"type":"Another"}]', grammar)


def test_an_answer_is_an_event_with_the_trigger_that_was_asked_about():
    task = make_task("text-trigger", CONTEXT)
    *_, question = task.questions([TEXT])
    (event,) = task.read(f'[{{"type":"{DIE}"}}]', question).items
    assert (event.event_type, event.sentence_id, event.trigger) == (DIE, "D_1", Span(5, 6))
    assert task.read("[]", question).items == []
    assert task.read("no list", question).failure is not None


def test_candidates_are_the_words_of_training_in_any_case():
    words = TriggerWords({ATTACK: ["opened fire", "fire"], DIE: []})
    context = dataclasses.replace(CONTEXT, trigger_words=words)
    text = sentence("D_0", "They Opened fire after the fire")
    found = make_task("text-trigger", context).candidates(text)
    found = list(found)
    assert [one.event.trigger for one in found] == [Span(1, 3), Span(2, 3), Span(5, 6)]


def test_candidates_that_begin_at_one_word_have_ids_of_their_own():
    words = TriggerWords({ATTACK: ["opened", "opened fire"]})
    context = dataclasses.replace(CONTEXT, trigger_words=words)
    found = list(make_task("text-trigger", context).candidates(sentence("D_0", "They opened fire")))
    assert len({one.id for one in found}) == len(found) == 2


def test_a_model_without_such_words_has_no_candidates():
    assert list(make_task("text-trigger", CONTEXT).candidates(TEXT.sentences[0])) == []


def test_a_schema_is_known_if_all_of_its_types_are():
    schema = load_ontology()
    words = TriggerWords.of([TEXT], schema.events)
    assert words.know(schema)
    assert {name: one for name, one in words.by_type.items() if one} == {
        ATTACK: ["attacked"],
        DIE: ["died"],
    }
    assert not TriggerWords({ATTACK: ["attacked"]}).know(schema)
