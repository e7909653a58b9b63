"""Stage 2, linking: whether a text event and a picture's event are the same event.

How the paper links is not known; this small task is this project's decision. No corpus of paired
multimedia events may be trained on, so the pairs are made of the two event corpora (weak pairing):

* a text event and a picture of the same type are compared role by role, where the text says what
  the participant looks like and the picture corpus names what its box shows (SWiG's nouns): all
  agree -> yes, one differs -> no, nothing to compare -> the pair is left out;
* a picture's own caption (imSitu's sentence template filled with its nouns) -> yes; the caption of
  another picture of the same type with other participants -> no.

The prompt also says in words what the picture shows: its caption, in training that of its corpus,
in extraction the one that the model itself wrote. Without it a small model answered yes to every
pair: a yes or no teaches it next to nothing about pictures, a caption much.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rmpl.records import (
    Document,
    Image,
    ImageEvent,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, mark
from rmpl.tasks.schema import Answer

YES, NO = "yes", "no"
_WORD = re.compile(r"\w+")
# A look may follow the name it belongs to ("Ana Reyes, a man in a red coat,"): so many words after.
_APPOSITION = 9


def words(text: str) -> tuple[str, ...]:
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

    def named_in(self, text: str) -> tuple[str, ...] | None:
        """Return the longest known gloss that occurs in ``text``, the first of equals."""
        tokens = words(text)
        for length in range(min(self._longest, len(tokens)), 0, -1):
            for start in range(len(tokens) - length + 1):
                if tokens[start : start + length] in self._known:
                    return tokens[start : start + length]
        return None


def described(argument: TextArgument, event: TextEvent, sentence: Sentence) -> str:
    """Return the text that describes an argument: itself and the apposition that follows it.

    The apposition ends where the trigger or another argument begins.
    """
    stop = min(argument.span.end + _APPOSITION, len(sentence.tokens))
    others = [event.trigger, *(other.span for other in event.arguments)]
    for other in others:
        if other.start >= argument.span.end:
            stop = min(stop, other.start)
    return sentence.slice(Span(argument.span.start, max(stop, argument.span.end)))


class SameEvent(Task):
    """Whether a text event (trigger marked) and the event of a picture are the same event.

    The answer is a bare ``yes`` or ``no``, so that its probability is that of one token.
    """

    name = "same-event"
    instruction = (
        "Is the event whose trigger stands in [brackets] the one that the picture shows, with the "
        "same participants? The last line says what the picture shows. Answer yes or no."
    )
    negatives_per_positive = 1

    def ask(self, event_type: str, marked: str, image: Image, caption: str | None) -> Prompt:
        """Ask whether a sentence (trigger marked) and a picture tell of the same event."""
        lines = [event_type, marked, *([caption] if caption else [])]
        return self.prompt("\n".join(lines), image)

    def ask_pair(
        self, event: TextEvent, sentence: Sentence, image: Image, caption: str | None = None
    ) -> Prompt:
        """Ask whether a text event is the event of a picture, of which a caption may tell."""
        return self.ask(event.event_type, mark(sentence, event.trigger), image, caption)

    def grammar(self) -> grammars.Grammar:
        """Return the grammar of the legal answers, the same for every pair."""
        return grammars.yes_or_no()

    def read(self, answer: str) -> Answer[bool]:
        """Read yes or no; anything else is a failure and counts as no."""
        text = answer.strip().lower()
        if text in {YES, NO}:
            return Answer([text == YES])
        return Answer([False], f"neither yes nor no: {answer[:40]!r}")

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield weak pairs of the text events and the pictures in ``documents``, as many no as yes.

        The choice of pairs is a pure function of the documents.
        """
        yield from self.pairs(documents, {})

    def pairs(self, documents: Sequence[Document], captions: Mapping[str, str]) -> Iterator[Sample]:
        """Yield the pairs of ``samples``, of pictures that something else is said of.

        ``captions`` is that by the picture's id: what the model says itself, as in extraction.
        Other pictures have the corpus's.
        """
        pictures = _by_type(documents, set(self.context.ontology.events))
        glosses = {a.gloss for p in pictures.values() for _, e in p for a in e.arguments if a.gloss}
        looks = Looks(glosses)
        for document in documents:
            sentences = {sentence.id: sentence for sentence in document.sentences}
            for event in document.text_events:
                sentence = sentences[event.sentence_id]
                shown = pictures.get(event.event_type, [])
                yield from self._text_pairs(event, sentence, shown, looks, captions)
        yield from self._caption_pairs(pictures, captions)

    def _text_pairs(
        self,
        event: TextEvent,
        sentence: Sentence,
        candidates: list[tuple[Image, ImageEvent]],
        looks: Looks,
        captions: Mapping[str, str],
    ) -> Iterator[Sample]:
        said = _said_by_role(event, sentence, looks)
        if not said:
            return
        verdicts: dict[bool, list[tuple[Image, ImageEvent]]] = {True: [], False: []}
        for image, shown in candidates:
            verdict = _agree(said, shown, looks)
            if verdict is not None:
                verdicts[verdict].append((image, shown))
        rng = random.Random(f"{event.id} pairs")
        positives = rng.sample(verdicts[True], min(2, len(verdicts[True])))
        wanted = self.negatives_per_positive * len(positives)
        negatives = rng.sample(verdicts[False], min(wanted, len(verdicts[False])))
        for chosen, answer in ((positives, YES), (negatives, NO)):
            for image, shown in chosen:
                caption = captions.get(image.id, shown.caption)
                prompt = self.ask_pair(event, sentence, image, caption)
                yield Sample(self.name, f"{event.id}+{image.id}", prompt, answer)

    def _caption_pairs(
        self,
        pictures: dict[str, list[tuple[Image, ImageEvent]]],
        captions: Mapping[str, str],
    ) -> Iterator[Sample]:
        for event_type, shown in pictures.items():
            captioned = [(image, event.caption) for image, event in shown if event.caption]
            for image, caption in captioned:
                seen = captions.get(image.id, caption)
                yield self._caption(event_type, caption, image, seen, YES)
                rng = random.Random(f"{image.id} caption")
                other = captioned[rng.randrange(len(captioned))][1]
                if words(other) != words(caption):
                    yield self._caption(event_type, other, image, seen, NO)

    def _caption(
        self, event_type: str, told: str, image: Image, caption: str, verdict: str
    ) -> Sample:
        prompt = self.ask(event_type, told, image, caption)
        return Sample(self.name, f"{image.id}+{verdict}", prompt, verdict)


def _by_type(
    documents: Sequence[Document], known: set[str]
) -> dict[str, list[tuple[Image, ImageEvent]]]:
    pictures: dict[str, list[tuple[Image, ImageEvent]]] = defaultdict(list)
    for document in documents:
        images = {image.id: image for image in document.images if image.path is not None}
        for event in document.image_events:
            if event.event_type in known and event.image_id in images:
                pictures[event.event_type].append((images[event.image_id], event))
    return pictures


def _said_by_role(
    event: TextEvent, sentence: Sentence, looks: Looks
) -> dict[str, set[tuple[str, ...]]]:
    said: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for argument in event.arguments:
        look = looks.named_in(described(argument, event, sentence))
        if look is not None:
            said[argument.role].add(look)
    return said


def _agree(said: dict[str, set[tuple[str, ...]]], shown: ImageEvent, looks: Looks) -> bool | None:
    """Compare what is said with what is shown; ``None`` where no role is in both."""
    compared = False
    for role, wanted in said.items():
        seen = {
            look
            for argument in shown.arguments
            if argument.role == role and argument.gloss
            for look in [looks.named_in(argument.gloss)]
            if look is not None
        }
        if not seen:
            continue
        compared = True
        if not (wanted <= seen or seen <= wanted):
            return False
    return True if compared else None
