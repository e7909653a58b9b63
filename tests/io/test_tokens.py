import pytest

from rmpl.errors import RmplError
from rmpl.io.tokens import sentence_from_words, to_span
from rmpl.records import Span


def test_words_are_found_in_the_text() -> None:
    sentence = sentence_from_words("s", ["It", "'s", "on", "."], text="It's  on.", where="f:1")
    assert sentence.text == "It's  on."
    assert sentence.words() == ["It", "'s", "on", "."]
    assert sentence.slice(Span(0, 2)) == "It's"


def test_repeated_words_are_found_one_after_the_other() -> None:
    sentence = sentence_from_words("s", ["a", "man", "a", "plan"], text="a man a plan", where="f:1")
    assert sentence.tokens == ((0, 1), (2, 5), (6, 7), (8, 12))


def test_words_that_are_not_in_the_text_replace_it() -> None:
    sentence = sentence_from_words("s", ["-LRB-", "x"], text="(x", where="f:1")
    assert sentence.text == "-LRB- x"
    assert sentence.words() == ["-LRB-", "x"]


def test_entities_are_kept_once() -> None:
    sentence = sentence_from_words("s", ["a", "b"], entities=[(0, 1), (0, 1)], where="f:1")
    assert sentence.entities == (Span(0, 1),)


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (1, 1), (2, 1), (0, 4), (3, 4)])
def test_impossible_spans_are_refused(start: int, end: int) -> None:
    with pytest.raises(RmplError, match="f:1"):
        to_span(start, end, 3, "f:1")


@pytest.mark.parametrize("words", [["a", ""], ["\ud800"]])
def test_impossible_words_are_refused(words: list[str]) -> None:
    with pytest.raises(RmplError, match="f:1"):
        sentence_from_words("s", words, where="f:1")
