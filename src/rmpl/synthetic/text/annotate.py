"""Linguistic annotation of the original formats: tags, parses, trees."""

from __future__ import annotations

from collections.abc import Sequence

from rmpl.synthetic.text.realisation import AnnotatedSentence

_TAGS: dict[str, str] = {
    tag_word: tag
    for tag, words in {
        "DT": "a an the another other this",
        "IN": "in on at near outside with from by of for to about after before while as that than "
        "between through when despite against into past under around without if",
        "CC": "and but or",
        "CD": "two three four five six seven eight million 20 50 100 300 450 700",
        "WP": "who whom",
        "PRP": "it we them",
        "MD": "will cannot",
        "VBD": "was were said had came took met held sent made gave paid went",
        "VBZ": "is has",
        "JJ": "red blue green yellow purple orange white black pink local former senior young old "
        "armed wounded elderly foreign masked new free last early late",
        "POS": "'s ’s ' ’",
        "``": "“",
        "''": "”",
        ",": ",",
        ".": ".",
        ":": "- :",
    }.items()
    for tag_word in words.split()
}


def pos_tags(telling: AnnotatedSentence) -> list[str]:
    """Return one Penn tag per word, guessed from the word form."""
    named = {
        index
        for mention in telling.mentions
        if mention.named
        for index in range(mention.span.start, mention.span.end)
    }
    return ["NNP" if number in named else _tag(word) for number, word in enumerate(telling.words)]


def _tag(word: str) -> str:
    known = _TAGS.get(word.lower())
    if known is not None:
        return known
    if word[0].isdigit():
        return "CD"
    for ending, tag in (("ed", "VBD"), ("ing", "VBG"), ("ly", "RB"), ("s", "NNS")):
        if word.endswith(ending) and len(word) > 4:
            return tag
    return "NN"


def heads(tags: Sequence[str]) -> list[int]:
    """Return the head of every word, -1 for the root: a right-branching parse at the verb."""
    root = next((n for n, tag in enumerate(tags) if tag.startswith("VB")), 0)
    governors = []
    for number in range(len(tags)):
        if number == root:
            governors.append(-1)
        else:
            governors.append(number + 1 if number < root else number - 1)
    return governors


def bracketed(words: Sequence[str], tags: Sequence[str]) -> str:
    """Return a flat Penn tree of the sentence."""
    leaves = " ".join(f"({tag} {word})" for word, tag in zip(words, tags, strict=True))
    return f"(ROOT (S {leaves}))"
