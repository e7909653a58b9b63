"""Every item of an answer knows which characters it was written with."""

import pytest

from rmpl.records import Sentence, Span, TextEvent
from rmpl.tasks.argument_roles import TextARE
from rmpl.tasks.event_mentions import TextEMI
from rmpl.tasks.places import object_places
from rmpl.tasks.questions import MentionQuestion, UnitQuestion
from rmpl.tasks.schema import read_participants

SENTENCE = Sentence("s", "Police shot Ana.", ((0, 6), (7, 11), (12, 15), (15, 16)))


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        ("[]", []),
        ('[{"a":1}]', ['{"a":1}']),
        ('[{"a":"}"},{"b":[{"c":"\\\\\\"]"}]}]', ['{"a":"}"}', '{"b":[{"c":"\\\\\\"]"}]}']),
        (' [ {"a":1} , {"b":2} ] ', ['{"a":1}', '{"b":2}']),
        ('[{"a":1},{"b":"x', ['{"a":1}', '{"b":"x']),
        ("yes", []),
    ],
)
def test_places_are_the_objects_of_the_list(answer, parts):
    assert [answer[start:end] for start, end in object_places(answer)] == parts


def test_items_keep_their_places_also_in_an_answer_that_was_cut_off(context):
    whole = '[{"type":"Life:Die","trigger":"shot"},{"type":"Conflict:Attack","trigger":"shot"}]'
    for answer, count in ((whole, 2), (whole[:60], 1), ("  " + whole, 2)):
        read = TextEMI(context).read(answer, UnitQuestion(SENTENCE))
        said = [answer[start:end] for start, end in read.places]
        assert len(said) == count
        assert [event.event_type in part for event, part in zip(read.items, said, strict=True)]
    died = MentionQuestion(TextEvent("e", "s", "Life:Die", Span(1, 2)), SENTENCE)
    participants = TextARE(context).read('[{"role":"Victim","span":"Ana"}]', died)
    assert participants.places == [(1, 31)]


def test_places_are_those_of_the_family_s_own_wording_of_boxes():
    answer = '[{"role":"Target","bbox_2d":[1,2,3,4]},{"role":"Agent","bbox_2d":[5,6,7,8]}]'
    read = read_participants(answer, "bbox_2d")
    assert [answer[start:end] for start, end in read.places] == [answer[1:38], answer[39:-1]]
