"""Linked mentions and pictures as one event, with the union of their arguments."""

from rmpl.extraction.merging import multimedia_events
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

TYPE = "Conflict:Attack"
TARGET = TextArgument("Target", Span(2, 3), 0.5)
TOLD = [
    TextEvent("t0", "s0", TYPE, Span(1, 2), (TARGET,), 0.9),
    TextEvent("t1", "s0", TYPE, Span(4, 5), (TextArgument("Target", Span(2, 3), 0.4),), 0.8),
    TextEvent("t2", "s1", TYPE, Span(0, 1), (TextArgument("Place", Span(2, 3)),), 0.7),
]
SHOWN = [
    ImageEvent("i0", "p0", TYPE, (ImageArgument("Target", Box(0, 0, 1, 1), 0.6),), 0.5),
    ImageEvent("i1", "p1", TYPE, (ImageArgument("Target", Box(0, 0, 1, 1), 0.6),), 0.5),
    ImageEvent("i2", "p2", TYPE, (), 0.5),
]


def merged(*links):
    return multimedia_events(Document("d", (), (), tuple(TOLD), tuple(SHOWN), links))


def test_what_is_joined_by_any_chain_of_links_is_one_event():
    events = merged(
        Link("t2", "i2", 0.5), Link("t1", "i1", 0.8), Link("t0", "i1", 0.7), Link("t0", "i0", 0.6)
    )
    assert [(e.text_events, e.image_events) for e in events] == [
        (("t0", "t1"), ("i0", "i1")),
        (("t2",), ("i2",)),
    ]
    assert len({event.id for event in events}) == 2


def test_arguments_are_the_union_and_a_shared_span_comes_once():
    [event] = merged(Link("t0", "i0"), Link("t1", "i1"), Link("t0", "i1"))
    assert list(event.arguments) == ["Target"]
    assert [name for name, _ in event.arguments["Target"]] == ["t0", "i0", "i1"]
    assert event.arguments["Target"][0][1] == TARGET


def test_the_score_is_that_of_the_surest_link_with_both_its_ends():
    [event] = merged(Link("t0", "i0", 0.5), Link("t0", "i1", 0.4))
    assert event.score == 0.5 * 0.9 * 0.5
    [event] = merged(Link("t0", "i0"))
    assert event.score is None


def test_without_links_there_is_none():
    assert merged() == []
