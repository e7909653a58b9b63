"""Sentences and words of long texts: as in one piece, wherever people wrote them."""

import json
from itertools import chain, pairwise

import pytest

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")

import nupunkt
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.tokenize.destructive import NLTKWordTokenizer

from rmpl.io import segmentation as splitting
from rmpl.io.segmentation import sentence_spans, word_spans

PARTS = st.sampled_from(
    [
        "Police", "arrested", "three", "men", "Mr.", "Smith", "U.S.", "A.", "1.", "1.5", "fell.",
        '"He', 'said."', "(now)", "why?!", "...", ". .", "e.g.", "it's", "cannot", "''", "``",
        "\u201cOver\u201d.", "x" * 40, "caf\u00e9", "\u4e2d\u6587", "a,b", "--", "'tis", "gonna",
    ]
)  # fmt: skip


PLAIN = ("so", "the", "army")


@settings(max_examples=30)
@given(parts=st.lists(PARTS, min_size=30, max_size=120))
def test_between_two_plain_words_a_cut_changes_nothing(parts):
    text = " ".join(word for n, part in enumerate(parts) for word in (part, *PLAIN[n % 3 :]))
    whole = [(a, b) for a, b in nupunkt.sent_spans(text)], word_spans(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "_MAX_CHUNK", 60)
        assert len(list(splitting._cuts(text))) > 2
        assert (sentence_spans(text), word_spans(text)) == whole


def test_real_texts_are_split_as_in_one_piece(real_data):
    lines = real_data("rams/dev.jsonlines").read_text("utf-8").splitlines()[:150]
    text = " ".join(" ".join(chain(*json.loads(line)["sentences"])) for line in lines)
    assert len(list(splitting._cuts(text))) > 20
    assert sentence_spans(text) == nupunkt.sent_spans(text)


@pytest.mark.parametrize(
    "text", ["", " ", "a", "a" * 5_000, "?!" * 5_000, "1. " * 5_000, "中" * 9_000]
)
def test_every_character_is_in_one_sentence_and_at_most_one_word(text):
    sentences, words = sentence_spans(text), word_spans(text)
    assert [end for _, end in sentences[:-1]] == [start for start, _ in sentences[1:]]
    assert sum(end - start for start, end in sentences) == len(text)
    assert all(a < b <= c for (a, b), (c, _) in pairwise(words))
    assert sum(b - a for a, b in words) == len(text.replace(" ", ""))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("``Go,'' he said.", "`` Go , '' he said ."),
        ("\"Go\" or 'go'", "\" Go \" or ' go '"),
        ("can't stop , '' she said", "ca n't stop , '' she said"),
        ("\u201cIt\u2019s\u201d \u00abhere\u00bb", "\u201c It \u2019 s \u201d \u00ab here \u00bb"),
        ("a well-known cafe\u0301 \U0001f600", "a well-known cafe\u0301 \U0001f600"),
        ("\u4e2d\u6587 U.S. 1,000%", "\u4e2d \u6587 U.S. 1,000 %"),
    ],
)
def test_words_are_those_of_the_treebank_as_they_are_written(text, words):
    assert [text[start:end] for start, end in word_spans(text)] == words.split()


MARKS = st.sampled_from(['"', "'", "''", "`", "``", "a", "it", "'s", " ", ".", ",", "(", "\u201d"])


@settings(max_examples=200)
@given(parts=st.lists(MARKS, max_size=12))
def test_quotes_of_any_kind_and_order_are_all_in_words(parts):
    text = "".join(parts)
    spans = word_spans(text)
    assert all(a < b <= c for (a, b), (c, _) in pairwise(spans))
    assert "".join(text[a:b] for a, b in spans) == text.replace(" ", "")


def test_what_has_no_blank_for_thousands_of_characters_is_one_word():
    assert word_spans("a" * 5_000 + " end") == [(0, 5_000), (5_001, 5_004)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("警方逮捕了雷耶斯。叛军袭击了车队！", ["警方逮捕了雷耶斯。", "叛军袭击了车队！"]),
        ("「来た。」と彼は言った。終わり。", ["「来た。」と彼は言った。", "終わり。"]),
        ("पुलिस ने किया। वह गई।", ["पुलिस ने किया।", " वह गई।"]),
        ("ماذا حدث؟ لا أحد.", ["ماذا حدث؟", " لا أحد."]),
        ("See 警方。 Police left. He fell.", ["See 警方。", " Police left. ", "He fell."]),
    ],
)
def test_sentences_end_at_the_full_stops_of_their_script(text, sentences):
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("警方周一在利马逮捕了安娜·雷耶斯。", "警 方 周 一 在 利 马 逮 捕 了 安 娜 · 雷 耶 斯 。"),
        ("2024年にアナ・レイエスを逮捕。", "2024 年 に アナ ・ レイエス を 逮 捕 。"),
        ("ตำรวจจับกุม เรเยส", "ตำ ร ว จ จั บ กุ ม เร เย ส"),
        ("पुलिस ने गिरफ्तार किया।", "पुलिस ने गिरफ्तार किया ।"),
        ("قُتل خمسة، في بغداد؟", "قُتل خمسة ، في بغداد ؟"),
        ("부산에서 3명이 체포됐다.", "부산에서 3명이 체포됐다 ."),
        ("Reye\u0301s didn't, in Lima-Callao", "Reye\u0301s did n't , in Lima-Callao"),
        ("か\u3099 葛\U000e0100城", "か\u3099 葛\U000e0100 城"),
    ],
)
def test_words_of_many_scripts(text, words):
    """Never a whole clause as one token, nor a letter without the marks on it."""
    assert [text[start:end] for start, end in word_spans(text)] == words.split()


@settings(max_examples=200)
@given(parts=st.lists(st.one_of(PARTS, MARKS), max_size=12), between=st.sampled_from(["", " "]))
def test_words_are_those_of_nltk(parts, between):
    text = between.join(part for part in parts if part.isascii() or part == "\u201d")
    assert word_spans(text) == list(NLTKWordTokenizer().span_tokenize(text))


def test_real_sentences_have_the_words_of_nltk(real_data):
    lines = real_data("rams/dev.jsonlines").read_text("utf-8").splitlines()[:60]
    sentences = [" ".join(words) for line in lines for words in json.loads(line)["sentences"]]
    for text in [*sentences, *(one.replace(" ,", ",").replace(" .", ".") for one in sentences)]:
        assert word_spans(text) == list(NLTKWordTokenizer().span_tokenize(text))


RULED = (
    "a Police U.S. cannot Gonna wanna 5 1,000 , . - / \u00e9 \u4e2d \u0663 _ x.y No. -- '' don't ?"
).split()


@given(
    st.lists(st.sampled_from([*RULED, " ", " ", "\n", "\u00a0", "\x1c", ". ", ", "]), max_size=12)
)
def test_plain_text_is_split_as_by_all_of_the_treebank_rules(parts):
    text = "".join(parts)
    rules = NLTKWordTokenizer().span_tokenize(text)
    assert splitting._words_of_chunk(text) == list(rules)
