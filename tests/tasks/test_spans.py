from hypothesis import given
from hypothesis import strategies as st

from builders import sentence as made
from rmpl.records import NOWHERE, Sentence, Span
from rmpl.tasks.spans import find_span, name_span, occurrences


def sentence_of(words: list[str]) -> Sentence:
    return made("s", " ".join(words))


def test_only_whole_tokens_occur():
    sentence = sentence_of(["a", "human", "and", "a", "man", "met"])
    assert occurrences(sentence, "man") == [Span(4, 5)]
    assert occurrences(sentence, "a") == [Span(0, 1), Span(3, 4)]
    assert occurrences(sentence, "") == []


def test_a_string_that_is_not_there_is_nowhere():
    sentence = sentence_of(["police", "fired"])
    assert find_span(sentence, "tanks") == NOWHERE
    assert find_span(sentence, "fired", 0) == NOWHERE


def test_an_occurrence_beyond_the_last_is_the_last():
    sentence = sentence_of(["fire", "after", "fire"])
    assert find_span(sentence, "fire", 9) == Span(2, 3)


@given(st.lists(st.sampled_from(["a", "b", "ab", "fire", "’s", "a-b", "."]), min_size=1), st.data())
def test_every_span_comes_back_from_its_name(words, data):
    sentence = sentence_of(words)
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    text, nth = name_span(sentence, Span(start, end))
    assert find_span(sentence, text, nth) == Span(start, end)
