"""Which answers the grammars admit, judged byte by byte."""

import functools
import re
import zlib
from pathlib import Path

import msgspec
import pytest

from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import load_ontology, load_relations
from rmpl.records import Box, Image, ImageEvent, Relation, Sentence, Span, TextArgument, TextEvent
from rmpl.tasks import Context
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.boxes import AbsoluteBoxes, CornerBoxes, LocBoxes, RelativeBoxes, UnitBoxes
from rmpl.tasks.caption import Caption
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.grammars import MOST_ITEMS, REACH, text_mentions
from rmpl.tasks.pairing import Pair
from rmpl.tasks.questions import MentionQuestion, UnitQuestion
from rmpl.tasks.relations import RelationQuestion, Relations
from rmpl.tasks.same_event import SameEvent
from rmpl.tasks.schema import Predicate, image_predicate, text_predicate, write_predicates
from rmpl.tasks.whole_events import ImageEvents, TextEvents

llguidance = pytest.importorskip("llguidance", reason="needs rmpl[train]")
BYTES = llguidance.LLTokenizer("byte")
M2E2 = Path(__file__).parents[2].parent / "shared" / "data" / "m2e2"
EMPTY_SHARE = 16
"""One in so many sentences without an event is tried."""

ODD = [
    ["He", "said", '"', "no", '"', "\\", "to", "C:\\n", "."],
    ["A\xa0B", "\u2019s", "\U0001f600\U0001f3fd", "na\u00efve", "\u2028", "x"],
    ["(a|b)*", "[^.]+", "$", "^", "{2}", "/", "?", "."],
    ["the", "man", "and", "the", "man", "saw", "the", "men"],
    ["tab\there", "bell\x07", "del\x7f", "\x85", "<|im_end|>", "]}]", '"}]', ',"nth":2'],
    ["one"],
]


@functools.lru_cache(maxsize=16)
def compiled(text: str):
    matcher = llguidance.LLMatcher(BYTES, llguidance.LLMatcher.grammar_from_lark(text))
    assert not matcher.is_error(), matcher.get_error()
    return matcher


def accepts(grammar, answer: str) -> bool:
    matcher, written = compiled(grammar.text).deep_copy(), list(answer.encode())
    if matcher.validate_tokens(written) < len(written):
        return False
    return matcher.consume_tokens(written) and matcher.is_accepting()


@pytest.fixture(params=["", " "], ids=["plain", "padded"])
def context(request) -> Context:
    return Context(load_ontology("m2e2"), RelativeBoxes(step=20), "brief", request.param)


@pytest.fixture(scope="module")
def documents():
    if not M2E2.is_dir():
        pytest.skip(f"the real M2E2 is not at {M2E2}")
    return list(read_m2e2(M2E2))


def shown(event_type: str) -> ImageEvent:
    return ImageEvent("e", "i", event_type)


def event(sentence: Sentence, span: Span, arguments=()) -> TextEvent:
    return TextEvent("e", sentence.id, "Life:Die", span, tuple(arguments))


@pytest.mark.parametrize("words", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("glued", [False, True])
def test_exactly_the_token_spans_are_legal(words, glued, context):
    text = "".join(words) if glued else None
    sentence = sentence_from_words("s", words, where="here", text=text)
    spans = [
        Span(start, end) for start in range(len(words)) for end in range(start + 1, len(words) + 1)
    ]
    task = TextEMI(context)
    grammar = task.grammar(UnitQuestion(sentence))
    legal = {sentence.slice(span) for span in spans}
    for span in spans:
        assert accepts(grammar, gold_mentions(context, sentence, span))
    shorter = sentence.text[: min(len(sentence.text), 24)]
    for start in range(len(shorter)):
        for end in range(start + 1, len(shorter) + 1):
            if shorter[start:end] not in legal:
                answer = said(context.pad + shorter[start:end])
                assert not accepts(grammar, answer), shorter[start:end]


def gold_mentions(context, sentence, span) -> str:
    return write_predicates(
        [text_predicate(event(sentence, span), sentence, pad=context.pad, with_arguments=False)]
    )


def said(trigger: str) -> str:
    return write_predicates([Predicate("Life:Die", trigger)])


def test_a_gap_that_is_no_blank_is_within_a_span_but_never_at_its_edge():
    sentence = Sentence("s", "Al-Qaeda-led raid", ((0, 2), (3, 8), (9, 12), (13, 17)))
    grammar = text_mentions(sentence, load_ontology("m2e2"))
    assert accepts(grammar, said("Al-Qaeda"))
    for wrong in ("Al-", "-Qaeda", "-", "Qaeda-", " raid", "led ", ""):
        assert not accepts(grammar, said(wrong))


def test_the_form_of_an_answer_is_the_schemas():
    sentence = sentence_from_words("s", ["the", "cat", "saw", "the", "dog"], where="here")
    grammar = text_mentions(sentence, load_ontology("m2e2"))
    legal = '{"type":"Life:Die","trigger":"the","nth":2}'
    for answer in ("[]", f"[{legal}]", f"[{legal},{legal}]", f"[{','.join([legal] * MOST_ITEMS)}]"):
        assert accepts(grammar, answer)
    for answer in (
        "",
        "[",
        "[] ",
        " []",
        "[{}]",
        f"[ {legal}]",
        f"[{legal}, {legal}]",
        f"[{legal},]",
        f"[{legal}",
        legal,
        '[{"trigger":"the","type":"Life:Die"}]',
        '[{"type":"Life:Die","trigger":"the","nth":1}]',
        '[{"type":"Life:Die","trigger":"the","nth":3}]',
        '[{"type":"Life:Die","trigger":"the","nth":22}]',
        '[{"type":"Life:Die"}]',
        '[{"type":"Life:Die","trigger":"the","args":[]}]',
        '[{"type":"Life:Dying","trigger":"the"}]',
        f"[{','.join([legal] * (MOST_ITEMS + 1))}]",
    ):
        assert not accepts(grammar, answer), answer


def test_roles_are_those_of_the_type_and_the_medium(context):
    sentence = sentence_from_words("s", ["She", "died"], where="here")
    died = event(sentence, Span(1, 2))
    grammar = TextARE(context).grammar(MentionQuestion(died, sentence))
    span = f'"span":"{context.pad}She"'
    assert accepts(grammar, f'[{{"role":"Victim",{span}}}]')
    assert not accepts(grammar, f'[{{"role":"Attacker",{span}}}]')
    image = Image("i", "i.jpg", 100, 100)
    boxed = ImageARE(context).grammar(MentionQuestion(shown("Life:Die"), image))
    assert accepts(boxed, '[{"role":"Instrument","bbox_2d":[0,20,1000,40]}]')
    assert not accepts(boxed, '[{"role":"Agent","bbox_2d":[0,20,1000,40]}]')
    for box in ("[0,20,1000]", "[0,20,1000,1020]", "[0,20,30,40]", "[00,20,0,0]", "[0, 20,0,0]"):
        assert not accepts(boxed, f'[{{"role":"Victim","bbox_2d":{box}}}]')
    whole = TextEvents(context).grammar(UnitQuestion(sentence))
    start = f'[{{"type":"Life:Die","trigger":"{context.pad}died","args":['
    assert accepts(whole, f"{start}]}}]")
    assert accepts(whole, f'{start}{{"role":"Victim",{span}}}]}}]')
    assert not accepts(whole, f'{start}{{"role":"Attacker",{span}}}]}}]')


def test_nothing_to_choose_from_leaves_the_empty_list(context):
    empty, full = Sentence("s", "", ()), sentence_from_words("s", ["died"], where="here")
    unknown = TextEvent("e", "s", "Some:Type", Span(0, 1))
    image = Image("i", "i.jpg", 100, 100)
    for grammar in (
        TextEMI(context).grammar(UnitQuestion(empty)),
        TextEvents(context).grammar(UnitQuestion(empty)),
        TextARE(context).grammar(MentionQuestion(unknown, full)),
        ImageARE(context).grammar(MentionQuestion(shown("Some:Type"), image)),
    ):
        assert accepts(grammar, "[]")
        assert not accepts(grammar, "[{")


def test_long_sentences_are_covered_from_end_to_end():
    words = [f"w{i}" for i in range(40 * REACH)]
    sentence = sentence_from_words("s", words, where="here")
    grammar = text_mentions(sentence, load_ontology("m2e2"))
    for start in (0, 1, REACH - 1, REACH, 5 * REACH + 3, len(words) - REACH):
        assert accepts(grammar, said(sentence.slice(Span(start, start + REACH))))
        assert accepts(grammar, said(words[start]))
    assert accepts(grammar, said(words[-1]))
    assert not accepts(grammar, said(f"{words[3]} {words[5]}"))


@pytest.mark.parametrize("label", ["/per/org/member_of", "None"])
def test_relations_have_a_label_and_the_two_given_spans(label, context):
    labels = load_relations("mnre")[next(iter(load_relations("mnre")))]
    sentence = sentence_from_words("s", ["Ana", "joined", '"FC"', "Ana"], where="here")
    relation = Relation("r", "s", "i", label, Span(3, 4), Span(2, 3))
    task, question = Relations(context), RelationQuestion(relation, sentence, None, tuple(labels))
    grammar = task.grammar(question)
    target = task.target(question)
    assert accepts(grammar, target)
    assert not accepts(grammar, target.replace("member_of", "friend_of").replace("[]", "[ ]"))
    assert not accepts(grammar, '[{"type":"None","args":[]}]')


def test_a_caption_is_one_line_that_is_not_empty(context):
    grammar = Caption(context).grammar(UnitQuestion(Image("i")))
    for answer in ("the man waits", " “é” [{", "x"):
        assert accepts(grammar, answer)
    for answer in ("", "  ", "one\ntwo"):
        assert not accepts(grammar, answer)


def test_same_event_compares_spans_of_the_sentence_with_those_of_the_caption(context):
    sentence = sentence_from_words("s", ["the", "man", "hit", "the", "man"], where="here")
    task = SameEvent(context)
    pair = Pair("p", "Life:Injure", sentence, Span(2, 3), Image("i"), "a guard waits")
    grammar = task.grammar(pair)
    pad = context.pad
    for span in ('man"', 'the man"', 'man","nth":2'):
        for seen in ("guard", "a guard waits"):
            assert accepts(grammar, f'[{{"span":"{pad}{span},"seen":"{pad}{seen}"}}]')
    assert accepts(grammar, "[]")
    for span, seen in (("dog", "guard"), ("man", "man"), ("man", "guar")):
        assert not accepts(grammar, f'[{{"span":"{pad}{span}","seen":"{pad}{seen}"}}]')
    for answer in ("", "yes", f'[{{"span":"{pad}man"}}]'):
        assert not accepts(grammar, answer)
    turned = task.grammar(pair._replace(shown_first=True))
    for span in ('man"', 'the man"', 'man","nth":2'):
        written = f'[{{"seen":"{pad}a guard","span":"{pad}{span}}}]'
        assert accepts(turned, written)
        assert not accepts(grammar, written)
    assert accepts(turned, "[]")
    for seen, span in (("guard", "dog"), ("man", "man"), ("guar", "man")):
        assert not accepts(turned, f'[{{"seen":"{pad}{seen}","span":"{pad}{span}"}}]')
    for shown_first in (False, True):
        empty = task.grammar(pair._replace(caption="", shown_first=shown_first))
        assert accepts(empty, "[]")


@pytest.mark.parametrize(
    "boxes",
    [
        RelativeBoxes(),
        RelativeBoxes(step=20),
        RelativeBoxes(step=30),
        RelativeBoxes(scale=7, step=2),
        CornerBoxes(),
        AbsoluteBoxes(),
        UnitBoxes(),
        UnitBoxes(digits=3),
        LocBoxes(),
    ],
    ids=repr,
)
def test_every_box_a_family_writes_fits_its_pattern(boxes):
    for width, height in ((640, 480), (333, 1001), (1000, 1000), (100, 101)):
        pattern = boxes.pattern(width, height)
        for special in ("<|box_start|>", "<|box_end|>"):
            pattern = pattern.replace(special, re.escape(special))
        legal = re.compile(pattern)
        for part in range(0, 1001, 7):
            x, y = width * part / 1000, height * part / 1000
            written = msgspec.json.encode(boxes.encode(Box(0, y, x, height), width, height))
            assert legal.fullmatch(written.decode()), written
            assert len(written) <= 64
        for wrong in (
            "[]",
            "[1,2,3]",
            "[-1,0,0,0]",
            "[1,2,3,99999]",
            '"',
            '"<loc1024>"',
            "[01,2,3,4]",
        ):
            assert not legal.fullmatch(wrong)


def test_numbers_outside_the_picture_are_illegal_in_pixels():
    legal = re.compile(AbsoluteBoxes().pattern(560, 280))
    for x in range(0, 1200):
        assert bool(legal.fullmatch(f"[{x},0,0,0]")) == (x <= 559)
        assert bool(legal.fullmatch(f"[0,{x},0,0]")) == (x <= 279)


def test_image_events_are_legal_with_the_schemas_types_only(context):
    image = Image("i", "i.jpg", 200, 100)
    grammar = ImageEvents(context).grammar(UnitQuestion(image))
    start = '[{"type":"Contact:Meet","args":['
    assert accepts(grammar, f'{start}{{"role":"Entity","bbox_2d":[0,0,20,40]}}]}}]')
    assert not accepts(grammar, f'{start}{{"role":"Victim","bbox_2d":[0,0,20,40]}}]}}]')
    assert not accepts(grammar, '[{"type":"situation:cooking","args":[]}]')
    assert accepts(ImageEMI(context).grammar(UnitQuestion(image)), '[{"type":"Contact:Meet"}]')


@pytest.mark.slow
def test_no_gold_of_m2e2_is_rejected(documents, context):
    emi, are, whole = TextEMI(context), TextARE(context), TextEvents(context)
    image_emi, image_are, image_whole = ImageEMI(context), ImageARE(context), ImageEvents(context)
    triggers = arguments = boxes = empty = 0
    for document in documents:
        sentences = {s.id: s for s in document.sentences}
        events = {e.id: e for e in document.text_events}
        counts = dict.fromkeys(sentences, 0)
        for e in events.values():
            counts[e.sentence_id] += 1
        for sample in emi.samples([document]):
            # Of what has no event the answer is the same empty list: a share of it will do.
            if counts[sample.id] or zlib.crc32(sample.id.encode()) % EMPTY_SHARE == 0:
                question = UnitQuestion(sentences[sample.id])
                assert accepts(emi.grammar(question), sample.target), sample
                triggers += counts[sample.id]
                empty += not counts[sample.id]
        for sample in are.samples([document]):
            e = events[sample.id]
            grammar = are.grammar(MentionQuestion(e, sentences[e.sentence_id]))
            assert accepts(grammar, sample.target), sample
            arguments += len(e.arguments)
        for sample in whole.samples([document]):
            if counts[sample.id]:
                assert accepts(whole.grammar(UnitQuestion(sentences[sample.id])), sample.target), (
                    sample
                )
        for e in document.image_events:
            # The pictures are not at hand: any size that holds the boxes will do.
            width = 1 + max(int(a.box.x2) for a in e.arguments)
            height = 1 + max(int(a.box.y2) for a in e.arguments)
            image = Image(e.image_id, None, width, height)
            predicate = image_predicate(e, image, context.boxes)
            target = write_predicates([predicate], "bbox_2d")
            assert accepts(image_whole.grammar(UnitQuestion(image)), target)
            args = target[target.index('"args":') + len('"args":') : -2]
            assert accepts(image_are.grammar(MentionQuestion(e, image)), args)
            assert accepts(image_emi.grammar(UnitQuestion(image)), f'[{{"type":"{e.event_type}"}}]')
            boxes += len(e.arguments)
    assert (triggers, arguments, boxes) == (1297, 1966, 1429)
    assert empty == 323


def test_argument_occurrences_are_named(context):
    sentence = sentence_from_words("s", ["the", "man", "shot", "the", "man"], where="here")
    shot = event(sentence, Span(2, 3), [TextArgument("Victim", Span(3, 5))])
    grammar = TextARE(context).grammar(MentionQuestion(shot, sentence))
    assert accepts(grammar, f'[{{"role":"Victim","span":"{context.pad}the man","nth":2}}]')
    assert not accepts(grammar, f'[{{"role":"Victim","span":"{context.pad}the man","nth":4}}]')
