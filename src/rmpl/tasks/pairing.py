"""Weakly labelled pairs of text events and images, the training data of linking.

No corpus of linked multimedia events may be used for training, so pairs are made from the two event
corpora:

* a text event and an image of the same type are compared role by role, if the text describes the
  appearance of the participant and the image corpus names the content of its box (SWiG's nouns);
* an image's caption (imSitu's sentence template filled with its nouns) is compared in the same way
  with its own image and with another one of the same type.

Where own documents have links, these come first: a linked pair is used, unless its words contradict
it, and a pair of the same document that is not linked is no positive.
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
# The words within which an appearance may follow a name ("Ana Reyes, a man in a red coat,").
_APPOSITION = 9
_POSITIVES = 2
_UNCOMPARABLE = 0.3
"""The share of events that also get a pair with nothing to compare."""

Words = tuple[str, ...]


class Look(NamedTuple):
    """The appearance of a participant as described in a sentence: role, words and span."""

    role: str
    words: Words
    span: Span


class Pair(NamedTuple):
    """A text event and an image, asked whether they are the same event.

    ``trigger`` is ``None`` if the sentence is another image's caption. ``caption`` describes the
    image; without one nothing can be compared. ``compared`` is the annotation: each appearance in
    the sentence with the words for the participant in the image. If all agree, it may be the same
    event; if nothing is compared, it is unknown. ``shown_first`` is the direction of the question.
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
        """The sentence with its trigger marked, if it has one."""
        text = self.sentence.text
        return text if self.trigger is None else mark(self.sentence, self.trigger)


def words(text: str) -> Words:
    """Return the lower-case words of a text."""
    return tuple(_WORD.findall(text.lower()))


class Looks:
    """The nouns of an image corpus, for matching in sentences.

    Parameters
    ----------
    glosses
        Noun glosses such as ``man in a red coat`` or ``policeman``.
    """

    def __init__(self, glosses: Iterable[str]) -> None:
        self._known = {words(gloss) for gloss in glosses}
        self._longest = max((len(gloss) for gloss in self._known), default=0)
        self.named = functools.cache(self._named)
        """Return the known gloss within another one; cached, as the same few recur in all pairs."""

    def find(self, tokens: Sequence[str]) -> Span | None:
        """Return the span of the longest known gloss in tokens, the first of equal ones."""
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
    """Return the tokens that describe an argument: its span and a following apposition.

    The apposition ends before the trigger or another argument.
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
    """Yield pairs of the text events and the images in ``documents``.

    The selection is a pure function of the documents. ``captions`` replaces the corpus's captions
    of the images with these ids.
    """
    images = images_by_type(documents, set(event_types))
    glosses = {a.gloss for p in images.values() for _, e in p for a in e.arguments if a.gloss}
    looks = Looks(glosses)
    for document in documents:
        sentences = {sentence.id: sentence for sentence in document.sentences}
        linked = {(link.text, link.image) for link in document.links}
        own = {image.id for image in document.images} if linked else set()
        for event in document.text_events:
            sentence, shown = sentences[event.sentence_id], images.get(event.event_type, [])
            said = looks_in_text(event, sentence, looks)
            made = [
                Pair(
                    f"{event.id}+{image.id}",
                    event.event_type,
                    sentence,
                    event.trigger,
                    image,
                    captions.get(image.id, image_event.caption),
                    compare_looks(said, image_event, looks),
                )
                for image, image_event in shown
            ]
            gold = [
                (event.id, image_event.id) in linked if image.id in own else None
                for image, image_event in shown
            ]
            yield from _chosen(event.id, made, gold, negatives_per_positive)
    yield from _caption_pairs(images, looks, captions)


def _chosen(
    name: str, made: list[Pair], gold: list[bool | None], negatives_per_positive: int
) -> Iterator[Pair]:
    """Yield some pairs of a text event; ``gold`` is whether each is linked, if that is known."""
    by_verdict: dict[bool | None, list[Pair]] = {True: [], False: [], None: []}
    linked: list[Pair] = []
    for pair, is_linked in zip(made, gold, strict=True):
        found = verdict(pair)
        if is_linked and found is not False:
            linked.append(pair)
        elif is_linked is None or found is is_linked:
            by_verdict[found].append(pair)
    rng = random.Random(f"{name} pairs")
    more = min(max(_POSITIVES - len(linked), 0), len(by_verdict[True]))
    positives = [*linked, *rng.sample(by_verdict[True], more)]
    wanted = negatives_per_positive * len(positives)
    yield from positives
    yield from rng.sample(by_verdict[False], min(wanted, len(by_verdict[False])))
    if by_verdict[None] and rng.random() < _UNCOMPARABLE:
        yield rng.choice(by_verdict[None])


def verdict(pair: Pair) -> bool | None:
    """Return whether a pair may be the same event; ``None`` if nothing can be compared."""
    return agreement(pair.compared)


def agreement(compared: Sequence[tuple[Look, str]]) -> bool | None:
    """Return whether all comparisons agree; ``None`` if there are none."""
    return all(words(seen) == look.words for look, seen in compared) if compared else None


def _caption_pairs(
    images: dict[str, list[tuple[Image, ImageEvent]]], looks: Looks, captions: Mapping[str, str]
) -> Iterator[Pair]:
    for event_type, shown in images.items():
        captioned = [(image, event) for image, event in shown if event.caption]
        for image, event in captioned:
            other = random.Random(f"{image.id} caption").choice(captioned)[1]
            seen = captions.get(image.id, event.caption)
            for captioned_event in (event, other):
                sentence = as_sentence(captioned_event.caption or "")
                said = _looks_in_caption(captioned_event, sentence, looks)
                compared = compare_looks(said, event, looks)
                name = f"{image.id}+{captioned_event.id}"
                pair = Pair(name, event_type, sentence, None, image, seen, compared)
                if verdict(pair) == (captioned_event is event):
                    yield pair


def as_sentence(caption: str) -> Sentence:
    """Return a caption as a sentence, its tokens separated by blanks."""
    tokens = tuple((match.start(), match.end()) for match in re.finditer(r"\S+", caption))
    return Sentence(id="caption", text=caption, tokens=tokens)


def images_by_type(
    documents: Sequence[Document], known: set[str]
) -> dict[str, list[tuple[Image, ImageEvent]]]:
    """Return the available images and their events, grouped by event type."""
    by_type: dict[str, list[tuple[Image, ImageEvent]]] = defaultdict(list)
    for document in documents:
        images = {image.id: image for image in document.images if image.path is not None}
        for event in document.image_events:
            if event.event_type in known and event.image_id in images:
                by_type[event.event_type].append((images[event.image_id], event))
    return by_type


def looks_in_text(event: TextEvent, sentence: Sentence, looks: Looks) -> list[Look]:
    """Return the appearances of an event's participants in a sentence, in sentence order."""
    tokens, said = sentence.words(), []
    for argument in event.arguments:
        span = described(argument, event, sentence)
        look = looks.find(tokens[span.start : span.end])
        if look is not None:
            at = Span(span.start + look.start, span.start + look.end)
            said.append(_look(argument.role, at, tokens))
    return sorted(set(said), key=lambda one: one.span)


def _looks_in_caption(event: ImageEvent, sentence: Sentence, looks: Looks) -> list[Look]:
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
    """Compare the appearances in text and image of the roles that occur in both.

    An image may show fewer or more participants than the text mentions; that is no contradiction.
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
