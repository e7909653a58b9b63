"""What the record of every medium promises to those who go over the media."""

import pytest

from rmpl.corpora.registry import read_corpus
from rmpl.ontology import load_ontology
from rmpl.records import NOWHERE, Document, Image, Sentence, TextEvent
from rmpl.tasks import Context, find_task
from rmpl.tasks.boxes import AbsoluteBoxes
from rmpl.tasks.media import MEDIA, TEXT
from rmpl.tasks.questions import MentionQuestion, UnitQuestion


@pytest.fixture(scope="module")
def documents(small_world):
    return list(read_corpus("m2e2", small_world / "m2e2"))


@pytest.fixture(scope="module")
def context():
    return Context(load_ontology(), AbsoluteBoxes())


@pytest.mark.parametrize("medium", MEDIA.values(), ids=list(MEDIA))
def test_events_are_found_again_where_they_were_put(medium, documents):
    for document in documents:
        events = list(medium.events(document))
        without = medium.with_events(document, [])
        assert not medium.events(without)
        assert medium.with_events(without, events) == document
        parts = [
            medium.part("part", unit, [e for e in events if medium.unit_of(e) == unit.id])
            for unit in medium.units(document)
        ]
        assert [unit for part in parts for unit in medium.units(part)] == list(
            medium.units(document)
        )
        assert sorted(e.id for p in parts for e in medium.events(p)) == sorted(e.id for e in events)


@pytest.mark.parametrize("medium", MEDIA.values(), ids=list(MEDIA))
def test_its_tasks_find_in_two_steps_what_they_find_in_one(medium, documents, context):
    """A mention's target and its arguments' say together what the whole event's says."""
    whole, mentions, arguments = (
        kind(context) for kind in (medium.whole, medium.mentions, medium.arguments)
    )
    count = 0
    for document in documents:
        for question in whole.questions([document]):
            found = whole.read(whole.target(question), question)
            assert found.failure is None
            bare = mentions.read(mentions.target(question), UnitQuestion(question.unit))
            assert [(e.id, e.event_type) for e in bare.items] == [
                (e.id, e.event_type) for e in found.items
            ]
            for event in found.items:
                asked = MentionQuestion(event, question.unit)
                assert tuple(arguments.read(arguments.target(asked), asked).items) == (
                    event.arguments
                )
                count += 1
    assert count > 10


def test_the_tasks_of_a_medium_say_what_they_are():
    for name, medium in MEDIA.items():
        tasks = (medium.whole, medium.mentions, medium.arguments)
        assert [task.finds for task in tasks] == ["events", "mentions", "arguments"]
        assert {task.medium for task in tasks} == {name} == {medium.name}
        assert all(find_task(task.name) is task for task in tasks)


def test_what_is_not_at_hand_or_stands_nowhere_is_not_asked_about():
    document = Document("d", (Sentence("s", "", ()),), (Image("i"), Image("j", "j.jpg")))
    assert [unit.id for unit in MEDIA["image"].units(document)] == ["j"]
    assert not TEXT.is_placed(TextEvent("e", "s", "Life:Die", NOWHERE))
