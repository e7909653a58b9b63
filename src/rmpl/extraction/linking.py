"""Cross-media linking: which text events and image events of a document are the same event.

How the paper links is not known. Here every pair of one type in one document is a candidate, a
model's answer to the "same event?" task gives its probability, and ``assignment`` divides the
mentions and pictures of each type into events (this project's decision). The task has one
direction: its prompt holds the sentence and the picture at once, so that asking about the picture
of a sentence or the sentence of a picture is the same prompt.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from rmpl.extraction.asking import Asker, Progress
from rmpl.extraction.assignment import assign, log_odds
from rmpl.extraction.calibration import Scale
from rmpl.extraction.engine import Reply
from rmpl.records import NOWHERE, Document, Image, ImageEvent, Link, Sentence, TextEvent
from rmpl.tasks import Context
from rmpl.tasks.caption import Caption
from rmpl.tasks.same_event import Compared, SameEvent
from rmpl.tasks.schema import Answer

LINK_TOKENS = 160
CAPTION_TOKENS = 96
THRESHOLD = 0.5
"""Where nothing was measured."""
NOTHING_COMPARED = 0.4
"""Log-odds above the threshold: rather one event than not, as its type is the same already; but any
look that agrees says more."""
_SEEN = '"seen":'


class Pair(NamedTuple):
    """A text event and an image event of one document that may be the same event."""

    document: int
    text: TextEvent
    image: ImageEvent
    sentence: Sentence
    picture: Image


def candidates(documents: Sequence[Document]) -> Iterator[Pair]:
    """Yield every pair of a text event and an image event of one type whose picture is at hand.

    M2E2 has two pairs of unlike types among 309; asking about all pairs would cost far more than
    those two can give.
    """
    for number, document in enumerate(documents):
        sentences = {sentence.id: sentence for sentence in document.sentences}
        pictures = {image.id: image for image in document.images if image.path is not None}
        for text in document.text_events:
            if text.trigger == NOWHERE or text.sentence_id not in sentences:
                continue
            for image in document.image_events:
                if image.event_type == text.event_type and image.image_id in pictures:
                    sentence, picture = sentences[text.sentence_id], pictures[image.image_id]
                    yield Pair(number, text, image, sentence, picture)


def probability(reply: Reply, answer: Answer[Compared]) -> float:
    """Return the probability that a picture shows all that was compared, by its answer's tokens.

    An answer that cannot be read whole counts as no. An empty one says nothing: see ``Linker``.
    """
    if answer.failure is not None:
        return 0.0
    all_same = 1.0
    for item, (start, end) in zip(answer.items, answer.places, strict=True):
        seen = reply.text.index(_SEEN, start, end) + len(_SEEN)
        said = reply.probability(seen, seen + len(json.dumps(item.seen, ensure_ascii=False)))
        all_same *= said if item.is_same else 1.0 - said
    return all_same


class Linker:
    """Finds the links of documents whose events are known.

    Parameters
    ----------
    asker
        Passes the prompts on.
    context
        The schema and the model's conventions.
    threshold
        The probability above which a pair speaks for being one event, below it against.
    scale
        Turns what the model says into a probability.
    """

    def __init__(
        self, asker: Asker, context: Context, *, threshold: float = THRESHOLD, scale: Scale
    ) -> None:
        self._asker = asker
        self._context = context
        self._threshold = threshold
        self._scale = scale

    def _judged(self, reply: Reply, answer: Answer[Compared]) -> float:
        """Return a pair's probability; where nothing was compared, there was nothing to measure."""
        if answer.failure is None and not answer.items:
            return _neutral(self._threshold)
        return self._scale(probability(reply, answer))

    def link(
        self, documents: Sequence[Document], progress: Progress | None = None
    ) -> list[Document]:
        """Return the documents with the links between their events, instead of any they had."""
        pairs = list(candidates(documents))
        pictures = [pair.picture for pair in pairs]
        captions = captions_of(pictures, self._asker, self._context, progress)
        task = SameEvent(self._context)
        prompts = [
            task.ask_pair(pair.text, pair.sentence, pair.picture, captions[pair.picture])
            for pair in pairs
        ]
        grammars = [task.grammar(pair.sentence, captions[pair.picture]) for pair in pairs]
        replies = self._asker.ask(task.name, prompts, grammars, LINK_TOKENS, progress)
        scores: dict[tuple[int, str], dict[tuple[str, str], float]] = defaultdict(dict)
        for pair, reply in zip(pairs, replies, strict=True):
            answer = task.read(reply.text)
            self._asker.note(task.name, answer.failure)
            by_pair = scores[pair.document, pair.text.event_type]
            by_pair[pair.text.id, pair.image.id] = self._judged(reply, answer)
        links: dict[int, list[Link]] = defaultdict(list)
        for (number, _), by_pair in scores.items():
            links[number] += assigned(by_pair, self._threshold)
        return [
            msgspec.structs.replace(document, links=tuple(links[number]))
            for number, document in enumerate(documents)
        ]


def _neutral(threshold: float) -> float:
    """Return the probability that lies ``NOTHING_COMPARED`` above the threshold."""
    odds = threshold / (1 - threshold) * math.exp(NOTHING_COMPARED)
    return odds / (1 + odds)


def captions_of(
    pictures: Sequence[Image], asker: Asker, context: Context, progress: Progress | None = None
) -> dict[Image, str]:
    """Have the model say what some pictures show, each once."""
    task = Caption(context)
    shown = list(dict.fromkeys(pictures))
    prompts, grammars = [task.ask(image) for image in shown], [task.grammar()] * len(shown)
    replies = asker.ask(task.name, prompts, grammars, CAPTION_TOKENS, progress)
    captions = {}
    for image, reply in zip(shown, replies, strict=True):
        answer = task.read(reply.text)
        asker.note(task.name, answer.failure)
        captions[image] = answer.items[0]
    return captions


def assigned(probabilities: dict[tuple[str, str], float], threshold: float) -> list[Link]:
    """Return the links of the likeliest division of one type's mentions and pictures.

    Parameters
    ----------
    probabilities
        Of "the same event", by the ids of a text event and an image event; every pair is there.
    threshold
        See ``Linker``.
    """
    texts = list(dict.fromkeys(text for text, _ in probabilities))
    images = list(dict.fromkeys(image for _, image in probabilities))
    weights = [
        [log_odds(probabilities[text, image], threshold) for image in images] for text in texts
    ]
    return [
        Link(texts[t], images[i], probabilities[texts[t], images[i]])
        for group in assign(weights)
        for t in group.mentions
        for i in group.pictures
    ]
