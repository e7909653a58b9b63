"""Sentences of one's own text: every token says where it stood."""

import pytest

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")

from hypothesis import given, settings
from hypothesis import strategies as st

from rmpl.inputs import paragraphs
from rmpl.inputs.paragraphs import line_paragraphs, markdown_paragraphs, plain_paragraphs
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
@settings(max_examples=60, deadline=None)
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


def test_what_is_no_sentence_is_cut_and_counted():
    report = ReadReport()
    sentences = split("word " * (2 * MAX_WORDS + 1) + "a" * 5_000 + " end", report=report)
    assert [len(s.tokens) for s in sentences] == [MAX_WORDS, MAX_WORDS, 1, 1]
    assert report.warnings == {CUT: 2, NO_WORD: 1}


@settings(max_examples=100, deadline=None)
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
    whole = [match.span() for match in paragraphs._INLINE.finditer(text)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paragraphs, "_WINDOW", 7)
        patch.setattr(paragraphs, "_OVERLAP", len(text))
        assert [m.span() for m in paragraphs.in_windows(paragraphs._INLINE, text)] == whole
