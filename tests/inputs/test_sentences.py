"""Sentences of one's own text: every token says where it stood."""

import pytest

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")

from hypothesis import given, settings
from hypothesis import strategies as st

from rmpl.inputs import markdown, paragraphs
from rmpl.inputs.markdown import markdown_paragraphs
from rmpl.inputs.paragraphs import line_paragraphs, plain_paragraphs
from rmpl.inputs.sentences import CUT, MAX_WORDS, NO_WORD, split_text
from rmpl.io.read_report import ReadReport


def split(text, find=plain_paragraphs, report=None):
    return split_text(text, "d", find, report or ReadReport())


def texts(sentences):
    return [sentence.text for sentence in sentences]


NEWS = """Three held in Kyiv

Police in Kyiv arrested three men on
Monday, Mr. Smith  said. The U.S. envoy
met them at 5 p.m. in the city.\r\n\r\n  "It's over," he said.
"""


def test_sentences_are_one_line_each_and_headlines_are_their_own():
    assert texts(split(NEWS)) == [
        "Three held in Kyiv",
        "Police in Kyiv arrested three men on Monday, Mr. Smith said.",
        "The U.S. envoy met them at 5 p.m. in the city.",
        '"It\'s over," he said.',
    ]


def test_a_headline_without_a_blank_line_after_it_does_not_run_into_the_text():
    text = "Storm hits coast\nA storm hit the island on Monday and killed three.\nMore soon."
    assert texts(split(text)) == [
        "Storm hits coast",
        "A storm hit the island on Monday and killed three.",
        "More soon.",
    ]


def test_lines_that_were_wrapped_are_one_sentence():
    text = (
        "A storm hit the coast of\nthe island on Monday and\nkilled three fishermen of\nthe north."
    )
    assert len(split(text)) == 1


@pytest.mark.parametrize("find", [plain_paragraphs, markdown_paragraphs, line_paragraphs])
@settings(max_examples=60)
@given(
    text=st.text(
        alphabet=st.sampled_from(list("aB.é\n\r\t *_`[]()#>|-!<\"'“”\u2028\xa0中")), max_size=80
    )
)
def test_tokens_are_slices_of_the_sentence_and_of_the_source(find, text):
    seen = 0
    for sentence in split(text, find):
        assert "\n" not in sentence.text
        for (start, end), (first, last) in zip(sentence.tokens, sentence.source, strict=True):
            said, stood = sentence.text[start:end], text[first:last]
            assert seen <= first < last
            seen = last
            # Markdown's signs may stand within a word; nothing else may.
            assert stood == said or (find is markdown_paragraphs and len(stood) > len(said))


def test_markdown_loses_its_signs_and_keeps_its_offsets():
    text = (
        "---\ntitle: x\n---\n# Three **held**\nPolice [arrested](http://x.org/a_b) *three* men.\n"
        "- one item\n- two\n\n```\ncode()\n```\n![alt](a.jpg)\n> He said so.\n\n"
        "| a | b |\n|---|---|\n"
    )
    sentences = split(text, markdown_paragraphs)
    assert texts(sentences) == [
        "Three held",
        "Police arrested three men.",
        "one item",
        "two",
        "He said so.",
        "a b",
    ]
    arrested = sentences[1].source[1]
    assert text[slice(*arrested)] == "arrested"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nPolice came.\n\nRebels ran.", ["Police came.", "Rebels ran."]),
        ("---\nPolice came.\n\n---\nRebels ran.", ["Police came.", "Rebels ran."]),
        ("---\ntitle: x\nlead: >\n  y z\ntags:\n- a\n---\nRebels ran.", ["Rebels ran."]),
        ("Police came\n=====\nRebels ran\n-----\nEnd", ["Police came", "Rebels ran", "End"]),
        ("Police came\n***\nRebels ran", ["Police came", "Rebels ran"]),
        ("> Police arrested\n> Ana Reyes.", ["Police arrested Ana Reyes."]),
        ("> Police arrested\nAna Reyes.", ["Police arrested Ana Reyes."]),
        (
            "He said\n> Police came\n>\n> Ana ran\n\nEnd",
            ["He said", "Police came", "Ana ran", "End"],
        ),
        ("> - one\n> - two\n>   goes on", ["one", "two goes on"]),
        ("See.[^1]\n\n[^1]: Rebels ran\n    away.", ["See.", "Rebels ran away."]),
        (
            "See [a][b].\n\n[b]: http://x.org 'T'\n[Police]: Ana ran.",
            ["See a.", "[Police]: Ana ran."],
        ),
        ("Police came.\n```\nRebels ran.", ["Police came.", "Rebels ran."]),
        ("```a``` Police came.\nRebels ran.", ["a Police came.", "Rebels ran."]),
        ("Police came.\n~~~ py\nx\n~~~\nRebels ran.", ["Police came.", "Rebels ran."]),
        ("He died in\n1986. Rebels ran.", ["He died in 1986.", "Rebels ran."]),
        ("9. one\n10. two", ["one", "two"]),
        ("Police <!-- x\n\n<b>y</b> --> came.", ["Police came."]),
        ("Police <!-- came.", ["Police <!-- came."]),
        ("[Ana](http://x.org/a_(b)) ran.", ["Ana ran."]),
        ("Police came<br>to <b>Li</b>ma.", ["Police came to Lima."]),
        ("<p>Police came</p><p>to Lima</p><BR/>now.", ["Police came to Lima now."]),
        ("> ```\n> x\n> ```\n> Rebels ran.", ["Rebels ran."]),
        ("> ```\n> Police came.\n\n```\nx\n```\nRebels ran.", ["Police came.", "Rebels ran."]),
        ("[Ana][1] ran [away][so].\n\n[1]: x.org", ["Ana ran [away][so]."]),
        ("[Ana][] ran [away][].\n\n> [ana]: x.org", ["Ana ran [away][]."]),
        ("[![a](b.jpg)](x.org)\nPolice [came ![a](b) in](x.org).", ["Police came in."]),
    ],
)
def test_no_sign_of_markdown_swallows_or_joins_text(text, said):
    found = split(text, markdown_paragraphs)
    assert [" ".join(one.split()) for one in texts(found)] == said


def test_what_is_no_sentence_is_cut_and_counted():
    report = ReadReport()
    sentences = split("word " * (2 * MAX_WORDS + 1) + "a" * 5_000 + " end", report=report)
    assert [len(s.tokens) for s in sentences] == [MAX_WORDS, MAX_WORDS, 1, 1]
    assert report.warnings == {CUT: 2, NO_WORD: 1}


@settings(max_examples=100)
@given(
    parts=st.lists(
        st.sampled_from(
            ["![a](b.jpg)", "[a](b c)", "<a b>", "``", "**", "_", "a", " ", "\n", "(", "["]
        ),
        max_size=60,
    )
)
def test_a_text_is_searched_in_windows_as_in_one_go(parts):
    text = "".join(parts)
    whole = [match.span() for match in markdown._INLINE.finditer(text)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paragraphs, "_WINDOW", 7)
        patch.setattr(paragraphs, "_OVERLAP", len(text))
        assert [m.span() for m in paragraphs.in_windows(markdown._INLINE, text)] == whole


def test_text_without_blanks_becomes_sentences_of_words():
    """Articles in Chinese were one word a clause, and long paragraphs vanished."""
    text = "警方周一在利马逮捕了安娜·雷耶斯。叛军袭击了塔尔斯克附近的一个车队。" * 40
    report = ReadReport()
    sentences = split_text(text, "zh", plain_paragraphs, report)
    assert len(sentences) == 80
    assert "".join(one.text for one in sentences) == text
    assert {len(word) for one in sentences for word in one.words()} == {1}
    assert not report.warnings


def test_a_long_sentence_is_cut_at_a_blank():
    text = " ".join(["ตำรวจจับกุม" * 10] * 4)
    cut, *_ = split_text(text, "th", plain_paragraphs, ReadReport())
    assert cut.text == "ตำรวจจับกุม" * 10 + " " + "ตำรวจจับกุม" * 10
