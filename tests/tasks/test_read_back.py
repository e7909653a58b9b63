"""A target says what is annotated, and what it says else is seen."""

from __future__ import annotations

import msgspec
import pytest

from rmpl.ontology import load_ontology
from rmpl.records import Image
from rmpl.tasks import EVENT_TASKS, Context, make_task
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.read_back import read_back
from rmpl.viewer.inspection import ShownDocument, ShownSample, differences
from viewer.samples import gold_document

CONTEXT = Context(load_ontology("m2e2"), RelativeBoxes(), "brief", " ")
EVENTS = [task.name for task in EVENT_TASKS if task.name.split("-")[0] in {"text", "image"}]


def shown(task: str, change: str = "", to: str = "") -> ShownDocument:
    document = msgspec.structs.replace(
        gold_document(), images=(Image("i0", "i0.jpg", 400, 300), Image("i1"))
    )
    samples = []
    for sample in make_task(task, CONTEXT).samples([document]):
        changed = msgspec.structs.replace(sample, target=sample.target.replace(change, to))
        parts = read_back(changed, document, CONTEXT)
        samples.append(ShownSample(task, sample.id, (), (), (0, 0), parts))
    return ShownDocument(document, samples)


@pytest.mark.parametrize("task", EVENTS)
def test_targets_say_what_is_annotated(task):
    document = shown(task)
    assert document.samples
    assert all(sample.parts is not None for sample in document.samples)
    assert differences([document]) == []


@pytest.mark.parametrize(
    ("task", "change", "to"),
    [
        ("text-emi", "arrested", "Police"),
        ("text-events", "Kyiv", "Lviv"),
        ("text-are", "Kyiv", "the march"),
        ("text-event", "Kyiv", "the march"),
        ("image-emi", "Justice:Arrest-Jail", "Life:Die"),
        ("image-events", "[100,200,", "[900,900,"),
        ("image-are", "Agent", "Instrument"),
    ],
)
def test_a_target_that_says_something_else_is_named(task, change, to):
    found = differences([shown(task, change, to)])
    assert len(found) == 1
    assert found[0].startswith(task)


def test_answers_that_are_no_events_are_not_compared():
    document = gold_document()
    samples = list(make_task("caption", CONTEXT).samples([document]))
    assert all(read_back(sample, document, CONTEXT) is None for sample in samples)
