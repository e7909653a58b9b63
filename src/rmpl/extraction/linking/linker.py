"""Cross-media linking: which text events and image events of a document are the same event.

The paper does not describe its linking. Here every pair of one type in one document is a candidate,
a model's answers to the "same event?" task give its probability, and ``assignment`` clusters the
mentions and images of each type into events (this project's decision). Links also hold which
participants are the same, see ``alignment``.
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
"""The link threshold of uncalibrated models."""
NOTHING_COMPARED = 0.4
"""Log-odds above the threshold of a pair without anything to compare: slightly in favour of one
event, as the types are equal, but less than any look that agrees."""


class Candidate(NamedTuple):
    """A text event and an image event of one document that may be the same event."""

    document: int
    text_event: TextEvent
    image_event: ImageEvent
    sentence: Sentence
    image: Image


def candidates(documents: Sequence[Document]) -> Iterator[Candidate]:
    """Yield all pairs of a text event and an image event of one type whose image file exists.

    Of M2E2's 309 links, two join events of different types; comparing all pairs would cost far more
    than those two can gain.
    """
    for number, document in enumerate(documents):
        sentences = {sentence.id: sentence for sentence in document.sentences}
        images = {image.id: image for image in document.images if image.path is not None}
        for text in document.text_events:
            sentence = sentences.get(text.sentence_id)
            if sentence is None or not sentence.holds(text.trigger):
                continue
            for event in document.image_events:
                if event.event_type == text.event_type and event.image_id in images:
                    yield Candidate(number, text, event, sentence, images[event.image_id])


class Linker:
    """Finds the links of documents whose events are known.

    Parameters
    ----------
    asker
        Asks the model.
    context
        The schema and the model's conventions.
    threshold
        The probability above which a pair counts in favour of one event, and below it against.
    scale
        The calibration curve of "same event?".
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
        """Return the documents with links between their events, which replace any that they had."""
        pairs = list(candidates(documents))
        images = [pair.image for pair in pairs]
        captions = captions_of(images, self._asker, self._context, progress)
        questions = [
            Pair(
                f"{pair.text_event.id}+{pair.image_event.id}",
                pair.text_event.event_type,
                pair.sentence,
                pair.text_event.trigger,
                pair.image,
                captions[pair.image],
            )
            for pair in pairs
        ]
        verdicts = compare(questions, self._asker, self._context, progress)
        judged: dict[tuple[int, str], dict[tuple[str, str], float | None]] = defaultdict(dict)
        compared: dict[tuple[int, str, str], tuple[Candidate, Verdict]] = {}
        for pair, verdict in zip(pairs, verdicts, strict=True):
            by_pair = judged[pair.document, pair.text_event.event_type]
            by_pair[pair.text_event.id, pair.image_event.id] = self._judged(verdict)
            compared[pair.document, pair.text_event.id, pair.image_event.id] = pair, verdict
        links: dict[int, list[Link]] = defaultdict(list)
        for (number, _), by_pair in judged.items():
            for link in assigned(by_pair, self._threshold):
                pair, verdict = compared[number, link.text, link.image]
                same = align(pair.text_event, pair.image_event, pair.sentence, verdict)
                links[number].append(msgspec.structs.replace(link, alignments=same))
        return [
            msgspec.structs.replace(document, links=tuple(links[number]))
            for number, document in enumerate(documents)
        ]

    def _judged(self, verdict: Verdict) -> float | None:
        """Return a pair's probability, ``None`` without an answer.

        Where nothing was compared, there is nothing to calibrate.
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
    """Return the links of the likeliest partition of one type's mentions and images.

    Parameters
    ----------
    probabilities
        Of "same event", for all pairs of ids of a text event and an image event. ``None`` counts
        neither in favour nor against: such a pair is linked only if other pairs make it one event,
        and its link has no score.
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
        for i in group.images
    ]
