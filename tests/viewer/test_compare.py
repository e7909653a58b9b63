"""The drawing shows the scorer's verdicts, whatever sides a document has."""

from __future__ import annotations

import msgspec
import pytest

from rmpl.records import Box, Document, ImageArgument, ImageEvent, Link
from rmpl.scoring.strict import SCORES
from rmpl.scoring.verdicts import Verdict
from rmpl.viewer.compare import compare
from viewer.samples import gold_document, predicted_document


@pytest.fixture
def comparison():
    return compare(gold_document(), predicted_document())


def verdicts(pairs) -> list[Verdict | None]:
    return [pair.verdict for pair in pairs]


def test_text_mentions_are_right_of_another_type_or_spurious(comparison):
    assert verdicts(comparison.text) == [Verdict.RIGHT, Verdict.WRONG_TYPE, Verdict.SPURIOUS]


def test_arguments_are_told_apart_by_span_and_role(comparison):
    assert verdicts(comparison.text[0].arguments) == [
        Verdict.RIGHT,
        Verdict.ARGUMENT_BOUNDARY,
        Verdict.WRONG_ROLE,
        Verdict.SPURIOUS,
    ]


def test_arguments_of_a_wrong_mention_are_missed(comparison):
    assert verdicts(comparison.text[1].arguments) == [Verdict.MISSED_MENTION]


def test_boxes_are_right_poor_or_spurious(comparison):
    assert verdicts(comparison.image[0].arguments) == [
        Verdict.RIGHT,
        Verdict.POOR_BOX,
        Verdict.SPURIOUS,
    ]


def test_links_are_right_only_between_right_mentions(comparison):
    assert verdicts(comparison.links) == [Verdict.RIGHT, Verdict.SPURIOUS]


def test_what_is_right_is_what_the_strict_protocol_counts(comparison):
    counts = {name: score(gold_document(), predicted_document()) for name, score in SCORES.items()}

    def right(pairs) -> int:
        return verdicts(pairs).count(Verdict.RIGHT)

    assert right(comparison.text) == counts["text_emi"].tp
    assert sum(right(pair.arguments) for pair in comparison.text) == counts["text_are"].tp
    assert right(comparison.image) == counts["image_emi"].tp
    assert sum(right(pair.arguments) for pair in comparison.image) == counts["image_are"].tp
    assert right(comparison.links) == counts["mm_emi"].tp


def test_as_many_boxes_as_possible_are_right():
    # The first predicted box is near both gold ones, the second only near the first.
    boxes = [Box(0, 0, 100, 100), Box(30, 0, 130, 100)]
    found = [Box(15, 0, 115, 100), Box(0, 0, 80, 100)]

    def event(several: list[Box]) -> ImageEvent:
        arguments = tuple(ImageArgument("Entity", box) for box in several)
        return ImageEvent("e", "i0", "Contact:Meet", arguments)

    gold, predicted = (Document("d", image_events=(event(several),)) for several in (boxes, found))
    pairs = compare(gold, predicted).image[0].arguments
    assert verdicts(pairs) == [Verdict.RIGHT, Verdict.RIGHT]


def test_one_side_alone_has_no_verdicts():
    for comparison in (compare(gold_document(), None), compare(None, gold_document())):
        assert comparison.judged is None
        assert {*verdicts(comparison.events), *verdicts(comparison.links)} == {None}


def test_a_link_to_an_unknown_event_is_spurious_not_an_error():
    broken = msgspec.structs.replace(predicted_document(), links=(Link("x", "y"),))
    assert verdicts(compare(gold_document(), broken).links) == [Verdict.MISSED, Verdict.SPURIOUS]
