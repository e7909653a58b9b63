"""What every task promises, whatever it asks."""

import msgspec
import pytest

from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.extraction.engines.server.validation import is_grammatical
from rmpl.ontology import load_ontology
from rmpl.tasks import TASKS, Context, make_task
from rmpl.tasks.boxes import RelativeBoxes

CONTEXT = Context(load_ontology(), RelativeBoxes(step=20), "brief", " ", link_directions="both")


@pytest.fixture(scope="module")
def documents(small_world):
    found = []
    for reader, folder in (("jmee", "ace"), ("swig", "swig"), ("mnre", "mnre")):
        found += list(read_corpus(reader, small_world / folder))[:60]
    return found


def legal_questions(task, documents):
    """Situations outside the schema are learnt from, but not asked for."""
    known = task.context.ontology.events
    for question in task.questions(documents):
        events = getattr(question, "events", ())
        if task.finds is None or all(event.event_type in known for event in events):
            yield question


@pytest.mark.parametrize("name", TASKS)
def test_a_target_is_read_whole_and_counts_in_full(name, documents):
    task = make_task(name, CONTEXT)
    items = 0
    for question in task.questions(documents):
        sample = task.sample(question)
        assert (sample.task, sample.id) == (name, question.id)
        answer = task.read(sample.target, question)
        assert answer.failure is None
        items += len(answer.items)
        counts = task.count(sample, sample.target)
        assert counts.tp == counts.n_pred == counts.n_gold
    assert items


@pytest.mark.parametrize("name", TASKS)
def test_a_target_is_grammatical(name, documents):
    pytest.importorskip("llguidance", reason="needs rmpl[train]")
    task = make_task(name, CONTEXT)
    questions = list(legal_questions(task, documents))
    assert questions
    for question in questions[:: max(1, len(questions) // 12)]:
        assert is_grammatical(task.target(question), task.grammar(question)), question


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.finds == "events"])
def test_a_prompt_does_not_give_the_annotation_away(name, documents):
    task = make_task(name, CONTEXT)
    for question in task.questions(documents):
        assert task.ask(msgspec.structs.replace(question, events=())) == task.ask(question)


def test_an_unknown_task_is_an_error():
    with pytest.raises(RmplError, match="no task named 'events'; did you mean text-events"):
        make_task("events", CONTEXT)
