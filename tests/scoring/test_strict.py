"""The strict protocol, case by case."""

from __future__ import annotations

import pytest

from builders import ATTACK, document
from builders import image_event as image
from builders import text_event as text
from rmpl.errors import RmplError
from rmpl.records import NOWHERE, Box, Document, Link, TextEvent
from rmpl.scoring import Counts, score
from rmpl.scoring.matching import iou, share_inside


def test_a_repeated_mention_counts_as_wrong_and_its_best_copy_gives_the_arguments() -> None:
    gold = document(text("g", 2, ("Target", 4), ("Place", 6)))
    predicted = document(text("a", 2), text("b", 2, ("Target", 4), ("Place", 6)))
    scores = score([gold], [predicted])
    assert scores["text_emi"] == Counts(1, 2, 1)
    assert scores["text_are"] == Counts(2, 2, 2)


def test_copies_of_a_mention_are_not_pooled() -> None:
    gold = document(text("g", 2, ("Target", 4), ("Place", 6)))
    predicted = document(text("a", 2, ("Target", 4)), text("b", 2, ("Place", 6)))
    assert score([gold], [predicted])["text_are"] == Counts(1, 2, 2)


def test_a_repeated_argument_counts_as_wrong() -> None:
    gold = document(text("g", 2, ("Target", 4)))
    predicted = document(text("a", 2, ("Target", 4), ("Target", 4)))
    assert score([gold], [predicted])["text_are"] == Counts(1, 2, 1)


def test_a_string_that_occurs_nowhere_counts_as_wrong() -> None:
    event = TextEvent("a", "D_0", ATTACK, NOWHERE, trigger_text="shot")
    assert score([document(text("g", 2))], [document(event)])["text_emi"] == Counts(0, 1, 1)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (0, 0, 10, 5), 0.5),
        ((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),
        ((0, 0, 0, 10), (0, 0, 0, 10), 0.0),
        ((10, 10, 0, 0), (0, 0, 10, 10), 1.0),
    ],
)
def test_overlap_is_that_of_continuous_rectangles(a: tuple, b: tuple, expected: float) -> None:
    assert iou(Box(*a), Box(*b)) == pytest.approx(expected)
    assert iou(Box(*b), Box(*a)) == pytest.approx(expected)


def test_the_share_inside_is_of_the_inner_box() -> None:
    assert share_inside(Box(0, 0, 10, 10), Box(0, 0, 100, 9)) == pytest.approx(0.9)
    assert share_inside(Box(0, 0, 0, 10), Box(0, 0, 100, 9)) == 0


def test_half_an_overlap_is_enough() -> None:
    gold, predicted = (
        document(image("g", ("Target", 0, 0, 10, 10))),
        document(image("p", ("Target", 0, 0, 10, 5))),
    )
    assert score([gold], [predicted])["image_are"] == Counts(1, 1, 1)


def test_linked_mentions_count_their_arguments_once() -> None:
    gold = document(
        text("t", 2, ("Target", 4)),
        image("i", ("Target", 0, 0, 10, 10)),
        image("j", ("Target", 0, 0, 9, 9), image_id="D_1"),
        links=(Link("t", "i"), Link("t", "j")),
    )
    scores = score([gold], [gold])
    assert scores["mm_emi"] == Counts(2, 2, 2)
    assert scores["mm_are"] == Counts(3, 3, 3)


def test_a_right_mention_in_a_wrong_link_gives_no_multimedia_arguments() -> None:
    gold = document(text("t", 2, ("Target", 4)), image("i", ("Target", 0, 0, 10, 10)))
    predicted = document(*gold.text_events, *gold.image_events, links=(Link("t", "i"),))
    scores = score([gold], [predicted])
    assert scores["mm_emi"] == Counts(0, 1, 0)
    assert scores["mm_are"] == Counts(0, 2, 0)


def test_documents_without_gold_or_prediction_count() -> None:
    gold = [document(text("g", 2)), Document("missed", text_events=(text("g", 1),))]
    predicted = [document(text("g", 2)), Document("unknown", text_events=(text("g", 1),))]
    assert score(gold, predicted)["text_emi"] == Counts(1, 2, 2)


def test_settings_that_were_not_predicted_are_absent() -> None:
    assert set(score([], [], settings=("text",))) == set()
    assert set(score([document(text("g", 2))], [], settings=("text",))) == {"text_emi", "text_are"}


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([document()], [document(), document()], "document D: predicted twice"),
        ([document(), document()], [], "document D: repeated"),
        ([], [document(links=(Link("t", "i"),))], "document D: a link to an unknown event"),
    ],
)
def test_what_cannot_be_scored_is_named(gold: list, predicted: list, message: str) -> None:
    with pytest.raises(RmplError, match=message):
        score(gold, predicted)


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(RmplError, match="unknown setting video"):
        score([], [], settings=("video",))
