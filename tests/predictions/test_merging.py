"""Linked mentions and pictures as one event, with the union of their arguments."""

from hypothesis import given
from hypothesis import strategies as st

from rmpl.predictions.merging import multimedia_events
from rmpl.records import (
    Alignment,
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


SPAN, BOX = Span(2, 3), Box(0, 0, 1, 1)


def merged(*links):
    return multimedia_events(Document("d", (), (), tuple(TOLD), tuple(SHOWN), links))


def same(score=None, role="Target", span=SPAN, box=BOX):
    return (Alignment(role, span, box, score),)


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


def test_the_alignment_names_arguments_of_the_union():
    [event] = merged(
        Link("t0", "i0", 0.5, same(0.7)), Link("t1", "i0", 0.5, same(0.9)), Link("t0", "i1", 0.5)
    )
    # t1's span is t0's, in the same sentence: it is there once, with what is surest of it.
    [one] = event.alignment
    assert one.text == ("t0", TARGET)
    assert one.image == ("i0", SHOWN[0].arguments[0])
    assert one.score == 0.9
    assert one.text in event.arguments["Target"]
    assert one.image in event.arguments["Target"]


def test_a_participant_may_be_shown_on_several_pictures():
    [event] = merged(Link("t0", "i0", 0.5, same(0.7)), Link("t0", "i1", 0.5, same(0.9)))
    assert [one.image[0] for one in event.alignment] == ["i1", "i0"]


def test_without_alignments_nothing_is_aligned():
    [event] = merged(Link("t0", "i0", 0.5))
    assert event.alignment == ()


def test_what_is_no_argument_is_not_aligned():
    other = Box(5, 5, 6, 6)
    [event] = merged(
        Link("t0", "i0", 0.5, same(role="Place")), Link("t0", "i1", 0.5, same(box=other))
    )
    assert event.alignment == ()


ROLES, PLACES = ["Target", "Instrument"], [Span(0, 1), Span(2, 3)]
BOXES = [Box(0, 0, 1, 1), Box(2, 2, 3, 3)]
SAID = st.lists(
    st.builds(
        Alignment,
        st.sampled_from(ROLES),
        st.sampled_from(PLACES),
        st.sampled_from(BOXES),
        st.one_of(st.none(), st.floats(0, 1)),
    ),
    max_size=4,
)


@given(st.lists(SAID, min_size=4, max_size=4), st.booleans())
def test_alignments_are_one_to_one_between_a_sentence_and_a_picture(said, one_sentence):
    arguments = tuple(TextArgument(role, span) for role in ROLES for span in PLACES)
    boxes = tuple(ImageArgument(role, box) for role in ROLES for box in BOXES)
    texts = [
        TextEvent(f"t{n}", "s" if one_sentence else f"s{n}", TYPE, Span(4, 5), arguments)
        for n in range(2)
    ]
    images = [ImageEvent(f"i{n}", f"p{n}", TYPE, boxes) for n in range(2)]
    links = tuple(
        Link(texts[n // 2].id, images[n % 2].id, 0.5, tuple(one)) for n, one in enumerate(said)
    )
    [event] = multimedia_events(Document("d", (), (), tuple(texts), tuple(images), links))
    asked = {(a.role, a.span, a.box) for one in said for a in one}
    sentence = {event.id: event.sentence_id for event in texts}
    spans, shown = set(), set()
    for one in event.alignment:
        (teller, text), (shower, image) = one.text, one.image
        assert text.role == image.role
        assert (text.role, text.span, image.box) in asked
        assert one.text in event.arguments[text.role]
        assert one.image in event.arguments[text.role]
        spans.add((sentence[teller], text.role, text.span, shower))
        shown.add((shower, text.role, image.box, sentence[teller]))
    assert len(spans) == len(shown) == len(event.alignment)
    assert bool(event.alignment) == bool(asked)
