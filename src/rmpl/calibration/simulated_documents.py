"""Documents put together from held-out texts and pictures, of which it is known what is one event.

Links are chosen in documents, and no corpus that may be trained on has such. The weak pairs that
are learnt from are unlike them: most compare one caption with another, and half of them are the
same event by our own making. Here a held-out sentence is made to tell of a held-out picture: where
it says what a participant looks like, it now says what the picture's participant of that role does.
All else in it, names, word order, where the looks stand, is as a writer left it.

How many pictures of a type a document has, and how often each is told of, no training data can say
either. Both are drawn evenly from small numbers: one to three pictures, each told of in none, one
or two sentences, and in every other document a sentence that tells of none of them.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from rmpl.records import Document, Image, ImageEvent, Sentence, Span, TextEvent
from rmpl.tasks.pairing import (
    Look,
    Looks,
    Pair,
    Words,
    agreement,
    compare_looks,
    pictures_by_type,
    told_looks,
)

PICTURES, SENTENCES, STRAYS = (1, 2, 3), (0, 1, 2), (0, 1)
"""A document's pictures of a type, the sentences on each, and those on none of them."""
_ROUNDS = 8
"""How often every type is tried at most, should its sentences seldom fit its pictures."""

Names = tuple[str, str]
"""What stands for a sentence and for a picture in a document."""


class Told(NamedTuple):
    """A sentence and its event."""

    event: TextEvent
    sentence: Sentence


Simulated = dict[Names, Pair]
"""A document's pairs of one type; ``verdict`` says which of them are one event, or nothing."""


def simulate(
    texts: Sequence[Document],
    pictures: Sequence[Document],
    event_types: Sequence[str],
    captions: Mapping[str, str],
    *,
    count: int,
    seed: int,
) -> list[Simulated]:
    """Put documents together, a pure function of what is given.

    Parameters
    ----------
    texts, pictures
        Held-out documents with gold events.
    event_types
        Those to take.
    captions
        What is said of each picture, by its id; others are left out.
    count
        How many documents; none where no sentence can be made to tell of a picture.
    seed
        Of the choice.
    """
    shown = {
        event_type: [(image, event) for image, event in found if image.id in captions]
        for event_type, found in pictures_by_type(pictures, set(event_types)).items()
    }
    glosses = {a.gloss for found in shown.values() for _, e in found for a in e.arguments}
    looks = Looks(gloss for gloss in glosses if gloss)
    told = _told_by_type(texts, looks)
    types = [name for name in sorted(told) if shown.get(name)]
    if not types:
        return []
    rng = random.Random(f"{seed} simulated")
    drawn = (
        _document(told[name], shown[name], captions, looks, rng)
        for name in itertools.islice(itertools.cycle(types), _ROUNDS * count)
    )
    return list(itertools.islice((document for document in drawn if document), count))


def _told_by_type(texts: Sequence[Document], looks: Looks) -> dict[str, list[Told]]:
    """Return the sentences that say what participants look like, by their events' types."""
    told: dict[str, list[Told]] = defaultdict(list)
    for document in texts:
        sentences = {sentence.id: sentence for sentence in document.sentences}
        for event in document.text_events:
            if told_looks(event, sentences[event.sentence_id], looks):
                told[event.event_type].append(Told(event, sentences[event.sentence_id]))
    return told


def _document(
    told: Sequence[Told],
    shown: Sequence[tuple[Image, ImageEvent]],
    captions: Mapping[str, str],
    looks: Looks,
    rng: random.Random,
) -> Simulated:
    chosen = rng.sample(shown, min(rng.choice(PICTURES), len(shown)))
    left = rng.sample(told, len(told))  # no sentence comes twice
    tellings = []
    for _, picture in chosen:
        for _ in range(rng.choice(SENTENCES)):
            retold = ((one, _telling_of(picture, one, looks)) for one in left)
            found = next((pair for pair in retold if pair[1] is not None), None)
            if found is not None:
                left.remove(found[0])
                tellings.append(found[1])
    tellings += left[: rng.choice(STRAYS)]
    document = {}
    for number, (event, sentence) in enumerate(filter(None, tellings)):
        said = told_looks(event, sentence, looks)
        for image, picture in chosen:
            document[str(number), image.id] = Pair(
                f"{event.id}+{image.id}",
                event.event_type,
                sentence,
                event.trigger,
                image,
                captions[image.id],
                compare_looks(said, picture, looks),
            )
    return document


def _telling_of(picture: ImageEvent, told: Told, looks: Looks) -> Told | None:
    """Return a sentence made to tell of a picture, ``None`` if it cannot be."""
    found = retell(told, dict(_exchanged(told_looks(*told, looks), picture, looks)))
    is_same = agreement(compare_looks(told_looks(*found, looks), picture, looks))
    return found if is_same else None


def _exchanged(
    said: Sequence[Look], picture: ImageEvent, looks: Looks
) -> Iterator[tuple[Span, Words]]:
    """Yield where looks stand, and those of the picture's participants of the same roles."""
    shown: dict[str, list[Words]] = defaultdict(list)
    for argument in picture.arguments:
        named = looks.named(argument.gloss or "")
        if named is not None:
            shown[argument.role].append(named)
    for look in said:
        if shown[look.role]:
            yield look.span, shown[look.role].pop(0)


def retell(told: Told, wanted: Mapping[Span, Words]) -> Told:
    """Return a sentence with other words in some places, and its event where it then stands.

    An article before them is made to fit. Of places that overlap the first is changed.
    """
    event, sentence = told
    places = {span.start: (span, words) for span, words in sorted(wanted.items(), reverse=True)}
    parts: list[tuple[str, str]] = []
    """What stands before each new token, and the token."""
    starts, ends = {}, {}
    """By the number of an old token: those of the new ones where it begins and ends."""
    number, at = 0, 0
    while number < len(sentence.tokens):
        span, words = places.get(number, (Span(number, number + 1), ()))
        start, end = sentence.chars(span)
        old, gap = sentence.text[start:end], sentence.text[at:start]
        first = len(parts)
        if words:
            if parts and parts[-1][1].lower() in _ARTICLES and gap == " ":
                parts[-1] = parts[-1][0], _article(parts[-1][1], words[0])
            head = words[0][0].upper() + words[0][1:] if old[0].isupper() else words[0]
            parts += [(gap, head), *((" ", word) for word in words[1:])]
        else:
            parts.append((gap, old))
        for offset, one in enumerate(range(number, span.end)):
            starts[one] = min(first + offset, len(parts) - 1)
            ends[one] = starts[one] + 1
        ends[span.end - 1] = len(parts)
        number, at = span.end, end
    text, tokens = "", []
    for gap, word in parts:
        tokens.append((len(text) + len(gap), len(text) + len(gap) + len(word)))
        text += gap + word

    def moved(span: Span) -> Span:
        return Span(starts[span.start], ends[span.end - 1])

    arguments = tuple(msgspec.structs.replace(a, span=moved(a.span)) for a in event.arguments)
    return Told(
        msgspec.structs.replace(event, trigger=moved(event.trigger), arguments=arguments),
        Sentence(sentence.id, text + sentence.text[at:], tuple(tokens)),
    )


_ARTICLES = ("a", "an")


def _article(old: str, word: str) -> str:
    return old[0] + ("n" if word[0] in "aeiou" else "")
