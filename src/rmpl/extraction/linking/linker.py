"""Cross-media linking: which text events and image events of a document are the same event.

How the paper links is not known. Here every pair of one type in one document is a candidate, a
model's answers to the "same event?" task give its probability, and ``assignment`` divides the
mentions and pictures of each type into events (this project's decision). What the answers say of
the participants one by one is kept with the links: see ``alignment``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from rmpl.extraction.asking import Asker, Progress
from rmpl.extraction.calibration import Scale
from rmpl.extraction.linking.alignment import align
from rmpl.extraction.linking.assignment import assign, log_odds
from rmpl.extraction.linking.comparison import Verdict, captions_of, compare
from rmpl.records import Document, Image, ImageEvent, Link, Sentence, TextEvent
from rmpl.tasks import Context
from rmpl.tasks.pairing import Pair

THRESHOLD = 0.5
"""Where nothing was measured."""
NOTHING_COMPARED = 0.4
"""Log-odds above the threshold: rather one event than not, as its type is the same already; but any
look that agrees says more."""


class Candidate(NamedTuple):
    """A text event and an image event of one document that may be the same event."""

    document: int
    text: TextEvent
    image: ImageEvent
    sentence: Sentence
    picture: Image


def candidates(documents: Sequence[Document]) -> Iterator[Candidate]:
    """Yield every pair of a text event and an image event of one type whose picture is at hand.

    M2E2 has two pairs of unlike types among 309; asking about all pairs would cost far more than
    those two can give.
    """
    for number, document in enumerate(documents):
        sentences = {sentence.id: sentence for sentence in document.sentences}
        pictures = {image.id: image for image in document.images if image.path is not None}
        for text in document.text_events:
            sentence = sentences.get(text.sentence_id)
            if sentence is None or not sentence.holds(text.trigger):
                continue
            for image in document.image_events:
                if image.event_type == text.event_type and image.image_id in pictures:
                    yield Candidate(number, text, image, sentence, pictures[image.image_id])


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

    def link(
        self, documents: Sequence[Document], progress: Progress | None = None
    ) -> list[Document]:
        """Return the documents with the links between their events, instead of any they had."""
        pairs = list(candidates(documents))
        pictures = [pair.picture for pair in pairs]
        captions = captions_of(pictures, self._asker, self._context, progress)
        questions = [
            Pair(
                f"{pair.text.id}+{pair.image.id}",
                pair.text.event_type,
                pair.sentence,
                pair.text.trigger,
                pair.picture,
                captions[pair.picture],
            )
            for pair in pairs
        ]
        verdicts = compare(questions, self._asker, self._context, progress)
        judged: dict[tuple[int, str], dict[tuple[str, str], float | None]] = defaultdict(dict)
        compared: dict[tuple[int, str, str], tuple[Candidate, Verdict]] = {}
        for pair, verdict in zip(pairs, verdicts, strict=True):
            by_pair = judged[pair.document, pair.text.event_type]
            by_pair[pair.text.id, pair.image.id] = self._judged(verdict)
            compared[pair.document, pair.text.id, pair.image.id] = pair, verdict
        links: dict[int, list[Link]] = defaultdict(list)
        for (number, _), by_pair in judged.items():
            for link in assigned(by_pair, self._threshold):
                pair, verdict = compared[number, link.text, link.image]
                same = align(pair.text, pair.image, pair.sentence, verdict)
                links[number].append(msgspec.structs.replace(link, alignments=same))
        return [
            msgspec.structs.replace(document, links=tuple(links[number]))
            for number, document in enumerate(documents)
        ]

    def _judged(self, verdict: Verdict) -> float | None:
        """Return a pair's probability, ``None`` if nobody answered.

        Where nothing was compared, there was nothing to measure, either.
        """
        if not verdict.answers:
            return None
        probability = verdict.probability
        return neutral(self._threshold) if probability is None else self._scale(probability)


def neutral(threshold: float) -> float:
    """Return the probability that lies ``NOTHING_COMPARED`` above the threshold."""
    odds = threshold / (1 - threshold) * math.exp(NOTHING_COMPARED)
    return odds / (1 + odds)


def assigned(probabilities: Mapping[tuple[str, str], float | None], threshold: float) -> list[Link]:
    """Return the links of the likeliest division of one type's mentions and pictures.

    Parameters
    ----------
    probabilities
        Of "the same event", by the ids of a text event and an image event; every pair is there. One
        without (``None``) counts neither for nor against: the two are linked only where what is
        known of other pairs makes them one event, and that link has no score.
    threshold
        See ``Linker``.
    """
    texts = list(dict.fromkeys(text for text, _ in probabilities))
    images = list(dict.fromkeys(image for _, image in probabilities))
    known = {pair: log_odds(p, threshold) for pair, p in probabilities.items() if p is not None}
    weights = [[known.get((text, image), 0.0) for image in images] for text in texts]
    return [
        Link(texts[t], images[i], probabilities[texts[t], images[i]])
        for group in assign(weights)
        for t in group.mentions
        for i in group.pictures
    ]
