"""Weak pairs of text events and pictures, to learn "same event?" from.

No corpus of paired multimedia events may be trained on, so the pairs are made of the two event
corpora:

* a text event and a picture of the same type are compared role by role, where the text says what
  the participant looks like and the picture corpus names what its box shows (SWiG's nouns);
* a picture's caption (imSitu's sentence template filled with its nouns) is compared in the same way
  with its own picture and with another of the same type.
"""

from __future__ import annotations

import functools
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rmpl.records import Document, Image, ImageEvent, Sentence, Span, TextArgument, TextEvent
from rmpl.tasks.base import mark

_WORD = re.compile(r"\w+")
# A look may follow the name it belongs to ("Ana Reyes, a man in a red coat,"): so many words after.
_APPOSITION = 9
_POSITIVES = 2
_UNCOMPARABLE = 0.3
"""The share of events for which a pair without anything to compare is yielded, too."""

Words = tuple[str, ...]


class Look(NamedTuple):
    """What a sentence says that a participant of some role looks like, and where."""

    role: str
    words: Words
    span: Span


class Pair(NamedTuple):
    """A text event beside an image, to be asked whether they are the same event.

    ``trigger`` is ``None`` where the sentence is another image's caption. ``caption`` says what the
    image shows; without one nothing can be compared with it. ``compared`` is the annotation: each
    look that the sentence names and the words for whom or what the image shows in its place. All
    the same: it may be the same event. None compared: nothing can be said. ``shown_first`` is the
    direction to ask in.
    """

    id: str
    event_type: str
    sentence: Sentence
    trigger: Span | None
    image: Image
    caption: str | None
    compared: tuple[tuple[Look, str], ...] = ()
    shown_first: bool = False

    @property
    def marked(self) -> str:
        """The sentence as it is asked about: its trigger marked, if it has one."""
        text = self.sentence.text
        return text if self.trigger is None else mark(self.sentence, self.trigger)


def words(text: str) -> Words:
    """Return the lower-case words of a text."""
    return tuple(_WORD.findall(text.lower()))


class Looks:
    """Everything a picture corpus can name, to be found again in sentences.

    Parameters
    ----------
    glosses
        Noun glosses such as ``man in a red coat`` or ``policeman``.
    """

    def __init__(self, glosses: Iterable[str]) -> None:
        self._known = {words(gloss) for gloss in glosses}
        self._longest = max((len(gloss) for gloss in self._known), default=0)
        self.named = functools.cache(self._named)
        """Returns the known gloss in another one's words: the same few are asked for every pair."""

    def find(self, tokens: Sequence[str]) -> Span | None:
        """Return where the longest known gloss stands among tokens, the first of equals."""
        lower = [token.lower() for token in tokens]
        for length in range(min(self._longest, len(lower)), 0, -1):
            for start in range(len(lower) - length + 1):
                if tuple(lower[start : start + length]) in self._known:
                    return Span(start, start + length)
        return None

    def _named(self, gloss: str) -> Words | None:
        found = words(gloss)
        span = self.find(found)
        return None if span is None else found[span.start : span.end]


def described(argument: TextArgument, event: TextEvent, sentence: Sentence) -> Span:
    """Return the tokens that describe an argument: itself and the apposition that follows it.

    The apposition ends where the trigger or another argument begins.
    """
    stop = min(argument.span.end + _APPOSITION, len(sentence.tokens))
    others = [event.trigger, *(other.span for other in event.arguments)]
    for other in others:
        if other.start >= argument.span.end:
            stop = min(stop, other.start)
    return Span(argument.span.start, max(stop, argument.span.end))


def make_pairs(
    documents: Sequence[Document],
    event_types: Iterable[str],
    captions: Mapping[str, str],
    negatives_per_positive: int,
) -> Iterator[Pair]:
    """Yield pairs of the text events and the pictures in ``documents``.

    The choice is a pure function of the documents. ``captions`` says, by the picture's id, what is
    to be said of it; of others the corpus's caption is.
    """
    pictures = pictures_by_type(documents, set(event_types))
    glosses = {a.gloss for p in pictures.values() for _, e in p for a in e.arguments if a.gloss}
    looks = Looks(glosses)
    for document in documents:
        sentences = {sentence.id: sentence for sentence in document.sentences}
        for event in document.text_events:
            sentence, shown = sentences[event.sentence_id], pictures.get(event.event_type, [])
            said = told_looks(event, sentence, looks)
            made = [
                Pair(
                    f"{event.id}+{image.id}",
                    event.event_type,
                    sentence,
                    event.trigger,
                    image,
                    captions.get(image.id, picture.caption),
                    compare_looks(said, picture, looks),
                )
                for image, picture in shown
            ]
            yield from _chosen(event.id, made, negatives_per_positive)
    yield from _caption_pairs(pictures, looks, captions)


def _chosen(name: str, made: list[Pair], negatives_per_positive: int) -> Iterator[Pair]:
    by_verdict: dict[bool | None, list[Pair]] = {True: [], False: [], None: []}
    for pair in made:
        by_verdict[verdict(pair)].append(pair)
    rng = random.Random(f"{name} pairs")
    positives = rng.sample(by_verdict[True], min(_POSITIVES, len(by_verdict[True])))
    wanted = negatives_per_positive * len(positives)
    yield from positives
    yield from rng.sample(by_verdict[False], min(wanted, len(by_verdict[False])))
    if by_verdict[None] and rng.random() < _UNCOMPARABLE:
        yield rng.choice(by_verdict[None])


def verdict(pair: Pair) -> bool | None:
    """Return whether a pair may be one event; ``None`` where nothing can be compared."""
    return agreement(pair.compared)


def agreement(compared: Sequence[tuple[Look, str]]) -> bool | None:
    """Return whether all that was compared agrees; ``None`` where nothing was."""
    return all(words(seen) == look.words for look, seen in compared) if compared else None


def _caption_pairs(
    pictures: dict[str, list[tuple[Image, ImageEvent]]], looks: Looks, captions: Mapping[str, str]
) -> Iterator[Pair]:
    for event_type, shown in pictures.items():
        captioned = [(image, event) for image, event in shown if event.caption]
        for image, event in captioned:
            other = random.Random(f"{image.id} caption").choice(captioned)[1]
            seen = captions.get(image.id, event.caption)
            for told in (event, other):
                sentence = as_sentence(told.caption or "")
                said = _said_in_caption(told, sentence, looks)
                compared = compare_looks(said, event, looks)
                name = f"{image.id}+{told.id}"
                pair = Pair(name, event_type, sentence, None, image, seen, compared)
                if verdict(pair) == (told is event):
                    yield pair


def as_sentence(caption: str) -> Sentence:
    """Return a caption as a sentence, its tokens separated by blanks."""
    tokens = tuple((match.start(), match.end()) for match in re.finditer(r"\S+", caption))
    return Sentence(id="caption", text=caption, tokens=tokens)


def pictures_by_type(
    documents: Sequence[Document], known: set[str]
) -> dict[str, list[tuple[Image, ImageEvent]]]:
    """Return the pictures that are at hand with their events, by the events' known types."""
    pictures: dict[str, list[tuple[Image, ImageEvent]]] = defaultdict(list)
    for document in documents:
        images = {image.id: image for image in document.images if image.path is not None}
        for event in document.image_events:
            if event.event_type in known and event.image_id in images:
                pictures[event.event_type].append((images[event.image_id], event))
    return pictures


def told_looks(event: TextEvent, sentence: Sentence, looks: Looks) -> list[Look]:
    """Return what a sentence says that an event's participants look like, in its order."""
    tokens, said = sentence.words(), []
    for argument in event.arguments:
        span = described(argument, event, sentence)
        look = looks.find(tokens[span.start : span.end])
        if look is not None:
            at = Span(span.start + look.start, span.start + look.end)
            said.append(_look(argument.role, at, tokens))
    return sorted(set(said), key=lambda one: one.span)


def _said_in_caption(event: ImageEvent, sentence: Sentence, looks: Looks) -> list[Look]:
    tokens, said = [word.lower() for word in sentence.words()], []
    for argument in event.arguments:
        look = looks.named(argument.gloss or "")
        if look is None:
            continue
        for start in range(len(tokens) - len(look) + 1):
            if tuple(tokens[start : start + len(look)]) == look:
                said.append(Look(argument.role, look, Span(start, start + len(look))))
                break
    return sorted(set(said), key=lambda one: one.span)


def _look(role: str, span: Span, tokens: Sequence[str]) -> Look:
    return Look(role, tuple(word.lower() for word in tokens[span.start : span.end]), span)


def compare_looks(
    said: Sequence[Look], shown: ImageEvent, looks: Looks
) -> tuple[tuple[Look, str], ...]:
    """Compare what is said with what is shown, of the roles that are in both.

    A picture may show fewer than the text tells of, or more: then nothing speaks against it.
    """
    wanted = defaultdict(set)
    for look in said:
        wanted[look.role].add(look.words)
    seen: dict[str, list[Words]] = defaultdict(list)
    for argument in shown.arguments:
        named = looks.named(argument.gloss or "")
        if named is not None:
            seen[argument.role].append(named)
    compared = []
    for look in said:
        there = seen[look.role]
        others = [one for one in there if one not in wanted[look.role]]
        if look.words in there:
            compared.append((look, " ".join(look.words)))
        elif others:
            compared.append((look, " ".join(others[0])))
    return tuple(compared)
