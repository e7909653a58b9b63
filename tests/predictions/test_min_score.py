"""Leaving out what has too low a score."""

import math

import pytest

from rmpl.errors import RmplError
from rmpl.predictions.min_score import check_min_score, with_min_score
from rmpl.records import (
    Box,
    Document,
    ImageArgument,
    ImageEvent,
    Link,
    Span,
    TextArgument,
    TextEvent,
)

SPAN = Span(0, 1)


def test_events_go_with_their_links_and_keep_their_arguments():
    arguments = (
        TextArgument("A", SPAN, 0.2),
        TextArgument("B", SPAN, 0.5),
        TextArgument("C", SPAN),
    )
    document = Document(
        "d",
        text_events=(
            TextEvent("sure", "s", "T", SPAN, arguments, 0.5),
            TextEvent("unsure", "s", "T", SPAN, (), 0.49),
            TextEvent("unscored", "s", "T", SPAN),
        ),
        image_events=(ImageEvent("i", "p", "T", (ImageArgument("A", Box(0, 0, 1, 1), 0.1),), 0.9),),
        links=(Link("sure", "i", 0.9), Link("unsure", "i", 0.9), Link("unscored", "i", 0.3)),
    )
    found = with_min_score(document, 0.5)
    assert [event.id for event in found.text_events] == ["sure", "unscored"]
    assert [one.role for one in found.text_events[0].arguments] == ["A", "B", "C"]
    assert len(found.image_events[0].arguments) == 1
    assert [link.text for link in found.links] == ["sure", "unscored"]
    assert with_min_score(document, 0.0) is document


@pytest.mark.parametrize("least", [-0.1, 1.1, math.nan, "0.5", None])
def test_what_is_no_probability_is_refused(least):
    with pytest.raises(RmplError, match="from 0 to 1"):
        check_min_score(least)
