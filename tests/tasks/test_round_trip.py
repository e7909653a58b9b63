"""Every gold mention of the real M2E2 goes through the schema and comes back."""

from pathlib import Path

import pytest

from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.records import Box, Image, ImageEvent
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.questions import MentionQuestion, UnitQuestion
from rmpl.tasks.schema import (
    image_arguments,
    image_participants,
    read_predicates,
    text_participants,
    text_predicate,
    write_participants,
    write_predicates,
)
from rmpl.tasks.whole_events import TextEvents

M2E2 = Path(__file__).parents[2].parent / "shared" / "data" / "m2e2"


@pytest.fixture(scope="module")
def documents():
    if not M2E2.is_dir():
        pytest.skip(f"the real M2E2 is not at {M2E2}")
    return list(read_m2e2(M2E2))


def test_every_trigger_and_argument_comes_back(documents, context):
    triggers = arguments = 0
    emi, are, whole = TextEMI(context), TextARE(context), TextEvents(context)
    for document in documents:
        sentences = {s.id: s for s in document.sentences}
        for event in document.text_events:
            sentence = sentences[event.sentence_id]
            predicate = text_predicate(event, sentence, pad=context.pad)
            (mention,) = emi.read(write_predicates([predicate]), UnitQuestion(sentence)).items
            triggers += (mention.event_type, mention.trigger) == (event.event_type, event.trigger)
            written = write_participants(
                text_participants(event.arguments, sentence, pad=context.pad)
            )
            gold = sorted((a.role, a.span) for a in event.arguments)
            found = sorted(
                (a.role, a.span) for a in are.read(written, MentionQuestion(event, sentence)).items
            )
            (again,) = whole.read(write_predicates([predicate]), UnitQuestion(sentence)).items
            assert sorted((a.role, a.span) for a in again.arguments) == gold
            arguments += len(gold) if found == gold else 0
    assert (triggers, arguments) == (1297, 1966)


@pytest.mark.parametrize("step", [1, 20])
def test_every_box_comes_back_within_the_rounding(documents, step):
    boxes = RelativeBoxes(step=step)
    count = 0
    for document in documents:
        for event in document.image_events:
            # The pictures are not at hand: any size that holds the boxes will do.
            width = 1 + max(int(a.box.x2) for a in event.arguments)
            height = 1 + max(int(a.box.y2) for a in event.arguments)
            image = Image(event.image_id, None, width, height)
            written = write_participants(image_participants(event.arguments, image, boxes))
            predicates = read_predicates(
                f'[{{"type":"{event.event_type}","args":{written}}}]'
            ).items
            found = image_arguments(predicates[0].args, image, boxes)
            # Written by role, then from left to right: rounding must not be able to reorder them.
            for gold, back in zip(sorted(event.arguments, key=_key), found, strict=True):
                assert gold.role == back.role
                count += 1
                assert _distance(gold.box, back.box, image) <= step / 2 / 1000 + 1e-9
    assert count == 1429


def _key(argument):
    return argument.role, argument.box


def _distance(one: Box, other: Box, image: Image) -> float:
    return max(
        abs(one.x1 - other.x1) / image.width,
        abs(one.x2 - other.x2) / image.width,
        abs(one.y1 - other.y1) / image.height,
        abs(one.y2 - other.y2) / image.height,
    )


def test_image_tasks_ask_for_types_and_boxes(context):
    image = Image("p", "p.jpg", 100, 50)
    assert ImageEMI(context).ask(UnitQuestion(image)).image is image
    met = MentionQuestion(ImageEvent("e", "p", "Contact:Meet"), image)
    assert "Contact:Meet" in ImageARE(context).ask(met).text
