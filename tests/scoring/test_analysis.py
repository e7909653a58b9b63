"""The error analysis: every category on a case of its own."""

from __future__ import annotations

import pytest

from builders import ATTACK, DIE, document, sentence
from builders import image_event as image
from builders import text_event as text
from rmpl.records import Document, Link
from rmpl.scoring.analysis import analyse
from rmpl.scoring.tables import analysis_lines

FULL = (0, 0, 10, 10)


def with_arguments(*args: tuple) -> Document:
    return document(text("t", 1, *args))


def with_boxes(*args: tuple) -> Document:
    return document(image("i", *args))


@pytest.mark.parametrize(
    ("task", "gold", "predicted", "category", "counts"),
    [
        ("text_emi", document(text("g", 1)), document(), "missed", (0, 1)),
        ("text_emi", document(), document(text("p", 1)), "spurious", (1, 0)),
        (
            "text_emi",
            document(text("g", 1)),
            document(text("p", 1, kind=DIE)),
            "wrong type",
            (1, 1),
        ),
        (
            "text_emi",
            document(text("g", 1, end=3)),
            document(text("p", 1)),
            "trigger boundary",
            (1, 1),
        ),
        (
            "text_emi",
            document(text("g", 1)),
            document(text("p", 1), text("q", 1)),
            "repeated",
            (1, 0),
        ),
        ("image_emi", document(image("g")), document(image("p", kind=DIE)), "wrong type", (1, 1)),
        (
            "text_are",
            with_arguments(("Target", 3, 4)),
            with_arguments(("Place", 3, 4)),
            "wrong role",
            (1, 1),
        ),
        (
            "text_are",
            with_arguments(("Target", 3, 5)),
            with_arguments(("Target", 3, 4)),
            "argument boundary",
            (1, 1),
        ),
        (
            "text_are",
            with_arguments(("Target", 3, 4)),
            with_arguments(("Target", 6, 7)),
            "spurious",
            (1, 0),
        ),
        (
            "text_are",
            with_arguments(("Target", 3, 4)),
            document(),
            "argument of a missed mention",
            (0, 1),
        ),
        (
            "text_are",
            document(),
            with_arguments(("Target", 3, 4)),
            "argument of a wrong mention",
            (1, 0),
        ),
        (
            "text_are",
            with_arguments(("Target", 3, 4)),
            document(
                text("t", 1, ("Target", 3, 4)),
                text("u", 1, *[("Target", 5, 6)] * 2),
                text("v", 1),
            ),
            "argument of a repeated mention",
            (2, 0),
        ),
        (
            "image_are",
            with_boxes(("Target", *FULL)),
            with_boxes(("Attacker", *FULL)),
            "wrong role",
            (1, 1),
        ),
        (
            "image_are",
            with_boxes(("Target", *FULL)),
            with_boxes(("Target", *FULL), ("Target", *FULL)),
            "repeated",
            (1, 0),
        ),
        (
            "image_are",
            with_boxes(("Target", *FULL)),
            with_boxes(("Target", 0, 0, 10, 3)),
            "poor box",
            (1, 1),
        ),
    ],
)
def test_an_error_has_its_category(
    task: str, gold: Document, predicted: Document, category: str, counts: tuple[int, int]
) -> None:
    found = analyse([gold], [predicted]).errors[task].categories[category]
    assert (found.predicted, found.gold) == counts


def test_boxes_of_the_right_role_are_counted_by_overlap() -> None:
    gold = with_boxes(("Target", *FULL), ("Attacker", *FULL), ("Victim", *FULL), ("Place", *FULL))
    predicted = with_boxes(
        ("Target", 0, 0, 10, 3),
        ("Attacker", 20, 20, 30, 30),
        ("Victim", 0, 0, 10, 5),
        ("Place", *FULL),
    )
    analysis = analyse([gold], [predicted])
    assert analysis.overlaps == [1, 0, 0, 1, 0, 1, 0, 0, 0, 1]
    assert sum(analysis.overlaps[:5]) == analysis.errors["image_are"].categories["poor box"].gold
    assert sum(analysis.overlaps[5:]) == analysis.errors["image_are"].tp


def test_a_link_on_another_mention_is_told_from_a_spurious_one() -> None:
    linked = (Link("t", "i"),)
    gold = document(text("t", 1, ("Target", 3, 4)), image("i"), links=linked)
    other = document(text("t", 2, ("Target", 3, 4)), image("i"), links=linked)
    errors = analyse([gold], [other]).errors
    (category, count), *rest = errors["mm_emi"].categories.items()
    assert (category, count.predicted, count.gold, rest) == (
        "right sentence and image, wrong mention",
        1,
        1,
        [],
    )
    assert set(errors["mm_are"].categories) == {
        "argument of a missed link",
        "argument of a wrong link",
    }


def test_examples_quote_the_sentence_and_stop_after_a_few() -> None:
    gold = document(text("g", 1), sentences=(sentence("D_0", "They shot him ."),))
    predicted = document(*(text(f"p{i}", i, kind=DIE) for i in (0, 2, 3)))
    errors = analyse([gold], [predicted], examples=2).errors["text_emi"]
    missed = errors.examples["missed"][0]
    assert (missed.document, missed.place, missed.medium) == ("D", "sentence", "D_0")
    assert missed.gold is not None
    assert missed.gold.name == "Conflict:Attack 'shot' [1:2]"
    assert missed.gold.events == ("g",)
    assert len(errors.examples["spurious"]) == 2
    assert errors.categories["spurious"].predicted == 3


def test_confusions_and_breakdowns_are_printed() -> None:
    gold = document(text("g", 1, ("Target", 3, 4)))
    predicted = document(text("p", 1, kind=DIE))
    analysis = analyse([gold], [predicted], ("text",))
    assert analysis.confusion["text_emi"] == {ATTACK: {DIE: 1}}
    assert analysis.by_role["text_are"]["Conflict:Attack Target"]["n_gold"] == 1
    assert set(analysis.errors) == {"text_emi", "text_are"}
    lines = "\n".join(analysis_lines(analysis))
    assert "wrong type" in lines
    assert "gold \\ predicted" in lines
