import pytest

from rmpl.records import (
    NOWHERE,
    Box,
    Image,
    ImageArgument,
    ImageEvent,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)
from rmpl.tasks.schema import (
    Participant,
    Predicate,
    encode_answer,
    image_arguments,
    image_predicate,
    read_participants,
    read_predicates,
    text_arguments,
    text_predicate,
    write_predicates,
)

SENTENCE = Sentence("s", "Fire met fire.", ((0, 4), (5, 8), (9, 13), (13, 14)))


def test_one_grammar_writes_text_events_image_events_and_relations(context):
    text = TextEvent("t", "s", "Conflict:Attack", Span(1, 2), (TextArgument("Target", Span(2, 3)),))
    image = ImageEvent("i", "p", "Contact:Meet", (ImageArgument("Entity", Box(1, 2, 3, 4)),))
    written = write_predicates(
        [text_predicate(text, SENTENCE), image_predicate(image, Image("p"), context.boxes)]
    )
    assert written == (
        '[{"type":"Conflict:Attack","trigger":"met","args":[{"role":"Target","span":"fire"}]},'
        '{"type":"Contact:Meet","args":[{"role":"Entity","box":[1,2,3,4]}]}]'
    )


def test_the_occurrence_is_written_only_where_it_is_not_the_first():
    sentence = Sentence("s", "fire on fire", ((0, 4), (5, 7), (8, 12)))
    first = text_predicate(TextEvent("t", "s", "A", Span(0, 1)), sentence)
    second = text_predicate(TextEvent("t", "s", "A", Span(2, 3)), sentence)
    assert '"nth"' not in write_predicates([first])
    assert '"trigger":"fire","nth":2' in write_predicates([second])


def test_boxes_stand_under_the_key_of_the_family():
    written = encode_answer([Participant("Target", box=[1, 2, 3, 4])], "bbox_2d")
    assert written == '[{"role":"Target","bbox_2d":[1,2,3,4]}]'
    assert read_participants(written, "bbox_2d").items == [Participant("Target", box=[1, 2, 3, 4])]


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        ('[{"type":"A","trigger":"x"},{"type":"B","tri', [Predicate("A", "x")]),
        (
            '[{"type":"A","args":[{"role":"R","span":"x"},{"ro',
            [Predicate("A", args=[Participant("R", "x")])],
        ),
        ("", []),
        ("no events", []),
        ("[{", []),
        ('{"type":"A"}', []),
    ],
)
def test_a_broken_answer_is_a_failure_and_keeps_its_whole_items(answer, items):
    found = read_predicates(answer)
    assert found.failure is not None
    assert found.items == items


def test_a_whole_answer_is_no_failure():
    assert read_predicates("[]").failure is None
    assert read_predicates(' [{"type":"A"}]\n').items == [Predicate("A")]


def test_a_string_outside_the_sentence_stays_as_a_wrong_argument():
    (argument,) = text_arguments([Participant("Target", "tanks")], SENTENCE)
    assert argument.span == NOWHERE
    assert argument.text == "tanks"


def test_the_pad_before_a_copied_string_is_taken_off_again():
    (argument,) = text_arguments([Participant("Target", " fire")], SENTENCE)
    assert argument.span == Span(2, 3)


@pytest.mark.parametrize("box", [None, [1.0, 2.0], "loc"])
def test_an_unreadable_box_stays_as_an_empty_one(context, box):
    (argument,) = image_arguments([Participant("Target", box=box)], Image("p"), context.boxes)
    assert argument.box == Box(0, 0, 0, 0)
