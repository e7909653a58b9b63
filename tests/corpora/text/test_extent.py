"""Phrases are reduced to the heads and names that ACE marks."""

from __future__ import annotations

import pytest

from rmpl.corpora.text.extent import Tree, head_of
from rmpl.records import Span


@pytest.mark.parametrize(
    ("phrase", "head"),
    [
        ("from the rebels in the north", "rebels"),
        ("Syrian security forces", "forces"),
        ("a convoy of the United Nations", "convoy"),
        ("in New York", "New York"),
        ("the late President Anwar Sadat , who died", "President Anwar Sadat"),
        ("the people who live there", "people"),
        ("men and women", "men"),
        ("Bush 's", "Bush"),
        ("his two brothers", "brothers"),
        ("out of the city", "city"),
        ("to them", "them"),
        ("who", "who"),
        ("home", "home"),
        ("which", None),
        ("his", None),
        ("away", None),
        (", ,", None),
    ],
)
def test_without_a_tree(phrase: str, head: str | None) -> None:
    words = ["So", *phrase.split(), "."]
    found = head_of(words, Span(1, len(words) - 1))
    assert (None if found is None else " ".join(words[found.start : found.end])) == head


def parsed(*rows: tuple[str, int, str, str]) -> tuple[list[str], Tree]:
    """A sentence of (word, head from 1, relation, tag)."""
    words, heads, relations, tags = zip(*rows, strict=True)
    return list(words), Tree(tuple(head - 1 for head in heads), relations, tags)


CASES = {
    "rebels": [
        ("from", 3, "case", "ADP"),
        ("the", 3, "det", "DET"),
        ("rebels", 0, "root", "NOUN"),
        ("in", 5, "case", "ADP"),
        ("Aleppo", 3, "nmod", "PROPN"),
    ],
    "Supreme Court": [
        ("the", 3, "det", "DET"),
        ("Supreme", 3, "amod", "ADJ"),
        ("Court", 0, "root", "PROPN"),
    ],
    "John Roberts": [
        ("John", 0, "root", "PROPN"),
        ("Roberts", 1, "flat", "PROPN"),
        (",", 4, "punct", "PUNCT"),
        ("judge", 1, "appos", "NOUN"),
    ],
    "wounded": [("the", 2, "det", "DET"), ("wounded", 0, "root", "ADJ")],
    "there": [("over", 2, "advmod", "ADV"), ("there", 0, "root", "ADV")],
    "": [("to", 2, "mark", "PART"), ("leave", 0, "root", "VERB"), ("it", 2, "obj", "PRON")],
}


@pytest.mark.parametrize("head", CASES)
def test_with_a_tree(head: str) -> None:
    words, tree = parsed(*CASES[head])
    found = head_of(words, Span(0, len(words)), tree)
    assert ("" if found is None else " ".join(words[found.start : found.end])) == head


def test_a_tree_in_a_larger_sentence() -> None:
    words, tree = parsed(
        ("They", 2, "nsubj", "PRON"),
        ("shot", 0, "root", "VERB"),
        ("five", 4, "nummod", "NUM"),
        ("men", 2, "obj", "NOUN"),
    )
    assert head_of(words, Span(2, 4), tree) == Span(3, 4)
    assert head_of(words, Span(0, 1), tree) == Span(0, 1)
