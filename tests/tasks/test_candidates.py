"""Prompts that list a sample of the schema: what is listed, what is answered, and for whom."""

from __future__ import annotations

import msgspec
import pytest

from builders import sentence
from rmpl.ontology import EventType, Ontology
from rmpl.records import Document, Span, TextArgument, TextEvent
from rmpl.tasks import Context, make_task
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.candidates import LEFT_OUT, training_samples

SCHEMA = Ontology(
    "wide", {f"Type{n}": EventType("", (f"Role{n}", "Place"), (f"Role{n}",)) for n in range(40)}
)
CONTEXT = Context(SCHEMA, RelativeBoxes(key="box", scale=1000))


def documents(count: int) -> list[Document]:
    made = []
    for number in range(count):
        unit = sentence(f"s{number}", "Ana met Bo and left .")
        met = TextEvent("m", unit.id, "Type3", Span(1, 2), (TextArgument("Role3", Span(0, 1)),))
        left = TextEvent("l", unit.id, "Type5", Span(4, 5), (TextArgument("Role5", Span(0, 1)),))
        made.append(Document(f"d{number}", (unit,), text_events=(met, left)))
    return made


def listed(prompt: str) -> list[str]:
    return [line[2:].partition(":")[0] for line in prompt.splitlines() if line.startswith("- Type")]


def test_a_prompt_lists_so_many_types_and_another_sample_for_each_sentence():
    samples = list(training_samples("text-events", documents(50), CONTEXT, 6))
    lists = [listed(sample.prompt.text) for sample in samples]
    assert {len(one) for one in lists} == {6}
    assert len({tuple(one) for one in lists}) == 50
    assert {name for one in lists for name in one} > {f"Type{n}" for n in range(30)}
    assert lists == [
        listed(one.prompt.text)
        for one in training_samples("text-events", documents(50), CONTEXT, 6)
    ]


@pytest.mark.parametrize("task", ["text-events", "text-emi"])
def test_only_what_is_listed_is_answered(task):
    left_out = 0
    for sample in training_samples(task, documents(200), CONTEXT, 6):
        types = {item["type"] for item in msgspec.json.decode(sample.target)}
        assert types == {"Type3", "Type5"} & set(listed(sample.prompt.text))
        left_out += 2 - len(types)
    assert left_out / 400 == pytest.approx(LEFT_OUT, abs=0.06)


def test_the_type_of_a_given_mention_is_always_listed():
    samples = list(training_samples("text-event", documents(20), CONTEXT, 4))
    assert len(samples) == 40
    for sample in samples:
        (item,) = msgspec.json.decode(sample.target)
        assert item["type"] in listed(sample.prompt.text)
        assert len(listed(sample.prompt.text)) == 4


def test_all_types_are_listed_where_there_are_no_more():
    samples = training_samples("text-event", documents(1), CONTEXT, 100)
    assert all(len(listed(sample.prompt.text)) == 40 for sample in samples)


def test_questions_about_no_event_type_stay_as_they_are():
    (unit,) = documents(1)[0].sentences
    one = Document("d", (unit,))
    skills = list(make_task("continue", CONTEXT).samples([one]))
    assert list(training_samples("continue", [one], CONTEXT, 3)) == skills
