"""Which spans and boxes are one participant: only what the answers say, and nothing twice."""

from hypothesis import given
from hypothesis import strategies as st

from rmpl.extraction.linking.alignment import align
from rmpl.extraction.linking.comparison import Look, Verdict
from rmpl.io.tokens import sentence_from_words
from rmpl.records import (
    NOWHERE,
    Alignment,
    Box,
    ImageArgument,
    ImageEvent,
    Span,
    TextArgument,
    TextEvent,
)

#         0     1   2    3    4   5     6   7    8         9    10
TEXT = "Ana Reyes , a woman in red , attacked the guard".split()
SENTENCE = sentence_from_words("s", TEXT, where="here")
ATTACKER = TextArgument("Attacker", Span(0, 2))
TARGET = TextArgument("Target", Span(10, 11))
TRIGGER = Span(8, 9)
LEFT, RIGHT = Box(0, 0, 4, 9), Box(5, 0, 9, 9)
RED, GUARD = Span(4, 7), Span(10, 11)


def told(*arguments):
    return TextEvent("t", "s", "Conflict:Attack", TRIGGER, arguments)


def shown(**boxes):
    arguments = [ImageArgument(role, box) for role, some in boxes.items() for box in some]
    return ImageEvent("i", "p", "Conflict:Attack", tuple(arguments))


TOLD = told(ATTACKER, TARGET)
BOTH = shown(Attacker=[LEFT], Target=[RIGHT])


def aligned(*answers, text=TOLD, image=BOTH):
    return align(text, image, SENTENCE, Verdict(answers))


def test_a_look_belongs_to_the_argument_that_it_is_or_follows():
    found = aligned((Look(RED, True, 0.9), Look(GUARD, True, 0.7)))
    assert found == (
        Alignment("Attacker", Span(0, 2), LEFT, 0.9),
        Alignment("Target", Span(10, 11), RIGHT, 0.7),
    )


def test_nothing_is_said_where_the_answer_says_nothing_or_no():
    assert aligned() == aligned(()) == ()
    assert aligned((Look(RED, False, 0.1),)) == ()
    assert aligned((Look(NOWHERE, True, 0.9), Look(TRIGGER, True, 0.9))) == ()


def test_a_picture_with_several_boxes_of_the_role_leaves_open_which():
    look = (Look(RED, True, 0.9),)
    assert aligned(look, image=shown(Attacker=[LEFT, RIGHT])) == ()
    assert aligned(look, image=shown(Target=[LEFT])) == ()
    # The same box twice is one box.
    assert len(aligned(look, image=shown(Attacker=[LEFT, LEFT]))) == 1


def test_a_span_in_two_roles_leaves_open_which_is_meant():
    text = told(ATTACKER, TextArgument("Target", ATTACKER.span))
    assert aligned((Look(RED, True, 0.9),), text=text) == ()


def test_of_two_spans_with_one_box_the_surer_has_it():
    text = told(TextArgument("Target", Span(0, 2)), TARGET)
    looks = (Look(RED, True, 0.6), Look(GUARD, True, 0.8))
    assert [one.span for one in aligned(looks, text=text)] == [TARGET.span]


def test_the_directions_agree_on_their_mean_or_leave_it_out():
    one, two = (Look(GUARD, True, 0.9),), (Look(GUARD, True, 0.5),)
    (found,) = aligned(one, two)
    assert 0.5 < found.score < 0.9
    assert aligned(one, (Look(GUARD, False, 0.4),)) == ()
    assert aligned(one, ())[0].score == 0.9


SPANS = st.builds(lambda a, n: Span(a, min(a + n, 11)), st.integers(0, 10), st.integers(1, 5))
ROLES = st.sampled_from(["Attacker", "Target", "Instrument"])
BOXES = st.sampled_from([LEFT, RIGHT, Box(1, 1, 3, 3)])
LOOKS = st.builds(
    Look, st.one_of(SPANS, st.just(NOWHERE)), st.booleans(), st.floats(0, 1, allow_nan=False)
)
TEXTS = st.lists(st.builds(TextArgument, ROLES, st.one_of(SPANS, st.just(NOWHERE))), max_size=5)
IMAGES = st.lists(st.builds(ImageArgument, ROLES, BOXES), max_size=5)
ANSWERS = st.lists(st.lists(LOOKS, max_size=4).map(tuple), max_size=2)


@given(TEXTS, IMAGES, ANSWERS)
def test_alignments_are_one_to_one_of_one_role_and_never_invented(texts, images, answers):
    text = told(*texts)
    image = ImageEvent("i", "p", "Conflict:Attack", tuple(images))
    found = align(text, image, SENTENCE, Verdict(tuple(answers)))
    spans = {(one.role, one.span) for one in found}
    boxes = {(one.role, one.box) for one in found}
    assert len(spans) == len(boxes) == len(found)
    assert spans <= {(one.role, one.span) for one in texts}
    assert boxes <= {(one.role, one.box) for one in images}
    agreeing = {look.span for looks in answers for look in looks if look.agrees}
    assert len(found) <= len(agreeing - {NOWHERE})
    assert all(one.span != NOWHERE and 0 <= one.score <= 1 for one in found)
    # Neither the order of what is said nor that of the arguments decides anything.
    turned = [tuple(reversed(looks)) for looks in reversed(answers)]
    again = align(
        told(*reversed(texts)),
        ImageEvent("i", "p", "Conflict:Attack", tuple(reversed(images))),
        SENTENCE,
        Verdict(tuple(turned)),
    )
    assert [(a.role, a.span, a.box) for a in again] == [(a.role, a.span, a.box) for a in found]
