"""Synthetic documents with known links, from held-out texts and images.

The link threshold is chosen on whole documents, and no training corpus has documents with links.
The weak pairs used in training differ from them: most compare two captions, and half of them are
the same event by construction. Here a held-out sentence is rewritten to match a held-out image:
its descriptions of participants are replaced by those of the image's participants of the same
roles. Names, word order and the places of the descriptions stay as they were written.

Training data also does not show how many images of a type a document has and how many sentences
mention each. Both are drawn uniformly: one to three images, each mentioned in zero, one or two
sentences, and zero or one sentence per document that mentions none of them.
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
    images_by_type,
    looks_in_text,
)

IMAGES, SENTENCES, UNRELATED = (1, 2, 3), (0, 1, 2), (0, 1)
"""The number of images of a type per document, of sentences per image, and of unrelated ones."""
_ROUNDS = 8
"""Maximum number of tries per requested document, as sentences may not fit any image."""

Names = tuple[str, str]
"""The ids of a sentence and of an image within a document."""


class Mention(NamedTuple):
    """A text event and its sentence."""

    event: TextEvent
    sentence: Sentence


Simulated = dict[Names, Pair]
"""A document's pairs of one type; ``verdict`` holds which are the same event, if known."""


def simulate(
    texts: Sequence[Document],
    images: Sequence[Document],
    event_types: Sequence[str],
    captions: Mapping[str, str],
    *,
    count: int,
    seed: int,
) -> list[Simulated]:
    """Return simulated documents, a pure function of the arguments.

    Parameters
    ----------
    texts, images
        Held-out documents with gold events.
    event_types
        The types to use.
    captions
        The images' captions by image id; images without one are left out.
    count
        The number of documents; none are returned if no sentence can be rewritten for an image.
    seed
        Of the random choices.
    """
    shown = {
        event_type: [(image, event) for image, event in found if image.id in captions]
        for event_type, found in images_by_type(images, set(event_types)).items()
    }
    glosses = {a.gloss for found in shown.values() for _, e in found for a in e.arguments}
    looks = Looks(gloss for gloss in glosses if gloss)
    mentions = _mentions_by_type(texts, looks)
    types = [name for name in sorted(mentions) if shown.get(name)]
    if not types:
        return []
    rng = random.Random(f"{seed} simulated")
    drawn = (
        _document(mentions[name], shown[name], captions, looks, rng)
        for name in itertools.islice(itertools.cycle(types), _ROUNDS * count)
    )
    return list(itertools.islice((document for document in drawn if document), count))


def _mentions_by_type(texts: Sequence[Document], looks: Looks) -> dict[str, list[Mention]]:
    """Return the events whose sentences describe participants' appearance, by type."""
    mentions: dict[str, list[Mention]] = defaultdict(list)
    for document in texts:
        sentences = {sentence.id: sentence for sentence in document.sentences}
        for event in document.text_events:
            if looks_in_text(event, sentences[event.sentence_id], looks):
                mentions[event.event_type].append(Mention(event, sentences[event.sentence_id]))
    return mentions


def _document(
    mentions: Sequence[Mention],
    shown: Sequence[tuple[Image, ImageEvent]],
    captions: Mapping[str, str],
    looks: Looks,
    rng: random.Random,
) -> Simulated:
    chosen = rng.sample(shown, min(rng.choice(IMAGES), len(shown)))
    unused = rng.sample(mentions, len(mentions))  # no sentence is used twice
    used = []
    for _, image_event in chosen:
        for _ in range(rng.choice(SENTENCES)):
            rewritten = ((one, _rewritten_for(image_event, one, looks)) for one in unused)
            found = next((pair for pair in rewritten if pair[1] is not None), None)
            if found is not None:
                unused.remove(found[0])
                used.append(found[1])
    used += unused[: rng.choice(UNRELATED)]
    document = {}
    for number, (event, sentence) in enumerate(filter(None, used)):
        described = looks_in_text(event, sentence, looks)
        for image, image_event in chosen:
            document[str(number), image.id] = Pair(
                f"{event.id}+{image.id}",
                event.event_type,
                sentence,
                event.trigger,
                image,
                captions[image.id],
                compare_looks(described, image_event, looks),
            )
    return document


def _rewritten_for(event: ImageEvent, mention: Mention, looks: Looks) -> Mention | None:
    """Return a sentence rewritten to match an image's event, ``None`` if that is impossible."""
    found = rewrite(mention, dict(_replacements(looks_in_text(*mention, looks), event, looks)))
    is_same = agreement(compare_looks(looks_in_text(*found, looks), event, looks))
    return found if is_same else None


def _replacements(
    described: Sequence[Look], event: ImageEvent, looks: Looks
) -> Iterator[tuple[Span, Words]]:
    """Yield the spans of descriptions, with those of the image's participants of the same roles."""
    shown: dict[str, list[Words]] = defaultdict(list)
    for argument in event.arguments:
        named = looks.named(argument.gloss or "")
        if named is not None:
            shown[argument.role].append(named)
    for look in described:
        if shown[look.role]:
            yield look.span, shown[look.role].pop(0)


def rewrite(mention: Mention, wanted: Mapping[Span, Words]) -> Mention:
    """Replace the words of some spans in a sentence, and move its event's spans accordingly.

    An article before them is adapted ("a", "an"). Of overlapping spans the first is replaced.
    """
    event, sentence = mention
    places = {span.start: (span, words) for span, words in sorted(wanted.items(), reverse=True)}
    parts: list[tuple[str, str]] = []
    """For each new token, the text before it and the token."""
    starts, ends = {}, {}
    """By old token index: the indices of the new tokens where it starts and ends."""
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
    return Mention(
        msgspec.structs.replace(event, trigger=moved(event.trigger), arguments=arguments),
        Sentence(sentence.id, text + sentence.text[at:], tuple(tokens)),
    )


_ARTICLES = ("a", "an")


def _article(old: str, word: str) -> str:
    return old[0] + ("n" if word[0] in "aeiou" else "")
