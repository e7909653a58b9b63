"""Answers of servers: grammatical or not, and how they are repaired."""

import pytest

from rmpl.backbones.families import family_of
from rmpl.errors import RmplError
from rmpl.extraction.engines.server.validation import empty_answer, is_grammatical, repaired
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import load_ontology
from rmpl.records import Box, Image, ImageArgument, ImageEvent
from rmpl.tasks import Context
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.event_mentions import TextEMI
from rmpl.tasks.grammars import Grammar, one_line
from rmpl.tasks.pairing import Pair
from rmpl.tasks.questions import MentionQuestion, UnitQuestion
from rmpl.tasks.same_event import SameEvent
from rmpl.tasks.schema import image_participants, write_participants

YES_OR_NO = Grammar('start: "yes" | "no"', 3)
SENTENCE = sentence_from_words(
    "s", ["Police", "fired", "on", "the", "crowd", ";", "the", "crowd", "fled"], where="-"
)
ATTACK = '{"type":"Conflict:Attack","trigger":"fired"}'


@pytest.fixture
def context():
    boxes = family_of("qwen3_vl", "test").boxes(1, (0, 0))
    return Context(load_ontology("m2e2"), boxes)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"[{ATTACK}]", f"[{ATTACK}]"),
        ("[]", "[]"),
        (f"  [ {ATTACK} ]\n", f"[{ATTACK}]"),
        (f"```json\n[{ATTACK}]\n```", f"[{ATTACK}]"),
        (f"Here you are: [{ATTACK}]. Anything else?", f"[{ATTACK}]"),
        ('[{"trigger": "fired", "type": "Conflict:Attack"}]', f"[{ATTACK}]"),
        (f'[{ATTACK},{{"type":"Conflict:Attack","trigger":"ran"}}]', f"[{ATTACK}]"),
        (f'[{ATTACK},{{"type":"Life:Die","trig', f"[{ATTACK}]"),
        ("Nothing: [ ].", "[]"),
        # What says something, but nothing legal, does not say that there is nothing.
        ('[{"type":"Hacked","trigger":"fired"}]', None),
        ('[{"type":"Hacked","args":[]}]', None),
        ("I am [not] sure.", None),
        ("[" + ",".join([ATTACK] * 40) + "]", "[" + ",".join([ATTACK] * 32) + "]"),
        ("No events.", None),
        ("", None),
        ("[" * 5000, None),
        ('[{"a":' * 3000, None),
    ],
)
def test_what_is_kept_of_a_list(context, answer, expected):
    grammar = TextEMI(context).grammar(UnitQuestion(SENTENCE))
    assert repaired(answer, grammar) == expected
    assert is_grammatical(answer, grammar) == (answer == expected)


def test_an_occurrence_keeps_its_place(context):
    (event,) = TextEMI(context).read(f"[{ATTACK}]", UnitQuestion(SENTENCE)).items
    grammar = TextARE(context).grammar(MentionQuestion(event, SENTENCE))
    answer = '[{"nth": 2, "span": "the crowd", "role": "Target"}]'
    assert repaired(answer, grammar) == '[{"role":"Target","span":"the crowd","nth":2}]'


def test_comparisons_keep_their_order_of_keys(context):
    pair = Pair("p", "Conflict:Attack", SENTENCE, None, Image("i"), "A crowd runs.")
    grammar = SameEvent(context).grammar(pair)
    answer = '[{"seen": "crowd", "span": "the crowd", "nth": 2}, {"span": "one", "seen": "crowd"}]'
    assert repaired(answer, grammar) == '[{"span":"the crowd","nth":2,"seen":"crowd"}]'
    grammar = SameEvent(context).grammar(pair._replace(shown_first=True))
    assert repaired(answer, grammar) == '[{"seen":"crowd","span":"the crowd","nth":2}]'


@pytest.mark.parametrize(
    ("grammar", "answer", "expected"),
    [
        (YES_OR_NO, "yes", "yes"),
        (YES_OR_NO, "Yes, it is.", "yes"),
        (YES_OR_NO, "Perhaps.", None),
        (one_line(), "A man runs.\nHe is fast.", "A man runs."),
        (one_line(), "A man [left] runs.\nHe is fast.", "A man [left] runs."),
    ],
)
def test_what_is_kept_of_words(grammar, answer, expected):
    assert repaired(answer, grammar) == expected


def test_the_least_that_can_be_said(context):
    assert empty_answer(YES_OR_NO) == "no"
    assert empty_answer(TextEMI(context).grammar(UnitQuestion(SENTENCE))) == "[]"


@pytest.mark.parametrize("name", ["qwen2_vl", "paligemma", "qwen2_5_vl", "llava"])
def test_boxes_are_grammatical_as_every_family_writes_them(name):
    family = family_of(name, "test")
    context = Context(load_ontology("m2e2"), family.boxes(1, (3136, 12845056)))
    image = Image("i", "i.jpg", 640, 480)
    shown = [ImageArgument("Victim", Box(3, 5, 600, 470))]
    answer = write_participants(image_participants(shown, image, context.boxes), context.boxes.key)
    grammar = ImageARE(context).grammar(MentionQuestion(ImageEvent("e", "i", "Life:Die"), image))
    assert is_grammatical(answer, grammar)
    assert repaired(answer.replace(":", ": "), grammar) in {answer, "[]"}
    assert not is_grammatical(answer.replace("Victim", "Winner"), grammar)


def test_a_broken_grammar_is_an_error():
    with pytest.raises(RmplError, match="grammar cannot be compiled"):
        is_grammatical("x", Grammar("start: nowhere", 1))
