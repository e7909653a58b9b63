"""How long an argument is: phrases reduced to the heads and names that ACE and M2E2 mark.

A strict score wants the same offsets as the gold. ACE, M2E2 and WikiEvents mark heads or whole
names ("rebels", "New York"); FrameNet, PropBank and RAMS mark phrases ("from the rebels in the
north"). ``head_of`` turns the second into the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rmpl.records import Span

PREPOSITIONS = frozenset(
    "about above across after against along alongside amid among amongst around as at atop before "
    "behind below beneath beside between beyond by despite down during except for from in inside "
    "into like near of off on onto out outside over past per since through throughout till to "
    "toward towards under underneath until up upon via with within without".split()
)
DETERMINERS = frozenset(
    "a all an another any both certain each either every her his its many most my neither no other "
    "our several some such that the their these this those what which whose your".split()
)
RELATIVES = frozenset("that which who whom whose where when why".split())
COORDINATORS = frozenset({"and", "or", "but", "nor", "&"})
POSSESSIVES = frozenset({"'s", "’s", "'", "’", "s'"})
# Of 428 arguments in WikiEvents' development documents none is which, that or where, and six are
# possessives of 108; personal pronouns (he 16 of 55) and who (5 of 37) are.
UNMARKED = frozenset(
    "that this which where when why how what whose my your his its our their s".split()
)
ADVERBS = frozenset(
    "again ahead along apart around aside away back backwards down forth forward forwards in "
    "inside off on out outside over past round somewhere then through together up upwards".split()
)
PLACES = frozenset({"here", "there", "home", "abroad", "overseas", "elsewhere"})
_NOMINAL = frozenset({"NOUN", "PROPN", "PRON", "NUM", "SYM", "X"})
_NAME = ("compound", "flat", "goeswith")


class Tree(NamedTuple):
    """A dependency tree of a sentence in Universal Dependencies.

    Parameters
    ----------
    heads
        The index of each token's head, -1 for the root.
    relations
        The relation of each token to its head, such as ``nsubj`` or ``nmod:poss``.
    tags
        The universal part of speech of each token.
    """

    heads: tuple[int, ...]
    relations: tuple[str, ...]
    tags: tuple[str, ...]


def head_of(words: Sequence[str], span: Span, tree: Tree | None = None) -> Span | None:
    """Return the head of a phrase, or the whole name; ``None`` where ACE would mark nothing.

    Nothing is marked for clauses, adverbs of direction, possessives and which, that, where.

    Parameters
    ----------
    words
        The words of the sentence.
    span
        The phrase.
    tree
        The sentence's tree, if it is known. Without it the head is the last word, or the last run
        of capitalised words, before the first preposition, relative pronoun, conjunction or comma.
    """
    found = _by_words(words, span) if tree is None else _by_tree(words, span, tree)
    if found is None or not any(c.isalnum() for c in "".join(words[found.start : found.end])):
        return None
    only = words[found.start].lower() if found.end - found.start == 1 else ""
    return None if only in UNMARKED or only in ADVERBS else found


def _by_words(words: Sequence[str], span: Span) -> Span | None:
    lower = [word.lower() for word in words[span.start : span.end]]
    first = 0
    while first < len(lower) - 1 and lower[first] in PREPOSITIONS | DETERMINERS:
        first += 1
    last = first + 1
    while last < len(lower) and not _ends(lower[last]):
        last += 1
    start, end = span.start + first, span.start + last
    while end - start > 1 and words[end - 1].lower() in POSSESSIVES:
        end -= 1
    if not words[end - 1][:1].isupper():
        return Span(end - 1, end)
    first = end - 1
    while first > start and words[first - 1][:1].isupper():
        first -= 1
    return Span(first, end)


def _ends(word: str) -> bool:
    """Return whether a word in lower case ends the core of a phrase."""
    if word in POSSESSIVES:
        return False
    return (
        word in PREPOSITIONS
        or word in RELATIVES
        or word in COORDINATORS
        or not any(c.isalnum() for c in word)
    )


def _by_tree(words: Sequence[str], span: Span, tree: Tree) -> Span | None:
    inside = range(span.start, span.end)
    tops = [token for token in inside if tree.heads[token] not in inside]
    head = next((token for token in tops if _is_nominal(words, token, tree)), None)
    if head is None:
        return None
    if tree.tags[head] != "PROPN":
        return Span(head, head + 1)
    start, end = head, head + 1
    while start > span.start and _is_of_name(words, start - 1, range(start, end), tree):
        start -= 1
    while end < span.end and _is_of_name(words, end, range(start, end), tree):
        end += 1
    return Span(start, end)


def _is_nominal(words: Sequence[str], token: int, tree: Tree) -> bool:
    if tree.tags[token] in _NOMINAL or words[token].lower() in PLACES:
        return True
    # "the wounded", "the poor": an adjective or a participle with an article stands for people.
    determined = any(
        head == token and relation == "det"
        for head, relation in zip(tree.heads, tree.relations, strict=True)
    )
    return tree.tags[token] in {"ADJ", "VERB"} and determined


def _is_of_name(words: Sequence[str], token: int, name: range, tree: Tree) -> bool:
    kind = tree.relations[token].split(":")[0]
    # UD has an adjective in "Supreme Court".
    is_capitalised = words[token][:1].isupper() and kind in (*_NAME, "amod")
    return is_capitalised and tree.heads[token] in name
