"""From documents to events: mentions first, then the arguments of each, then the links."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from rmpl.extraction.asking import Asker, Progress
from rmpl.extraction.calibration import Calibration
from rmpl.extraction.chunks import chunks
from rmpl.extraction.engines.base import Engine, Reply
from rmpl.extraction.linking.linker import Linker
from rmpl.records import NOWHERE, Document, Image, ImageEvent, Sentence, TextEvent
from rmpl.tasks import Context
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.places import Place
from rmpl.tasks.same_event import SameEvent

MENTION_TOKENS = 128
ARGUMENT_TOKENS = 320

Event = TypeVar("Event", TextEvent, ImageEvent)
PREDICTED = 1024
"""Sentences and pictures of a corpus that are worked on together."""

Told = Callable[[str, int, int, str], None]
"""Called with (what is counted, how many are done, how many in all, what is under way)."""

Key = tuple[int, str]
"""The number of a document and the id of a sentence or an image in it: ids of different documents
may be the same."""


class Pipeline:
    """EMI, then ARE for each mention found, then links.

    The score of an event is the probability that the mention is right, that of an argument the
    probability that it is right and its event, too: what the model gave to the characters of the
    item, for an argument times what it gave to its event's, calibrated.

    Parameters
    ----------
    engine
        Answers the prompts.
    context
        The schema and the model's conventions.
    media
        Which of ``text`` and ``image`` to read; links need both.
    calibration
        What was measured of the model; without it scores are what the model says.
    constrained
        Whether answers are kept to their tasks' grammars; then all of them can be read, and quote
        nothing but the sentence.
    """

    def __init__(
        self,
        engine: Engine,
        context: Context,
        *,
        media: Sequence[str] = ("text", "image"),
        calibration: Calibration | None = None,
        constrained: bool = True,
    ) -> None:
        self._context = context
        self._media = media
        self._calibration = Calibration() if calibration is None else calibration
        self._asker = Asker(engine, constrained=constrained)
        self._linker = Linker(
            self._asker,
            context,
            threshold=self._calibration.link_threshold,
            scale=self._calibration.scale(SameEvent.name),
        )

    @property
    def asked(self) -> Counter[str]:
        """Prompts asked, by task."""
        return self._asker.asked

    @property
    def failures(self) -> Counter[str]:
        """Answers that could not be read whole, by task."""
        return self._asker.failures

    def extract(
        self, documents: Sequence[Document], progress: Progress | None = None
    ) -> list[Document]:
        """Return the documents with what was found in them instead of what they came with."""
        sentences: dict[Key, Sentence] = {}
        images: dict[Key, Image] = {}
        for number, document in enumerate(documents):
            if "text" in self._media:
                sentences.update({(number, s.id): s for s in document.sentences})
            if "image" in self._media:
                images.update({(number, i.id): i for i in document.images if i.path is not None})
        text_events = self._text_mentions(sentences, progress)
        image_events = self._image_mentions(images, progress)
        text_events = self._text_arguments(text_events, sentences, progress)
        image_events = self._image_arguments(image_events, images, progress)
        by_sentence, by_image = _grouped(text_events), _grouped(image_events)
        found = [
            msgspec.structs.replace(
                document,
                text_events=tuple(
                    self._scored(e, TextEMI.name, TextARE.name)
                    for s in document.sentences
                    for e in by_sentence[number, s.id]
                ),
                image_events=tuple(
                    self._scored(e, ImageEMI.name, ImageARE.name)
                    for i in document.images
                    for e in by_image[number, i.id]
                ),
                links=(),
                relations=(),
            )
            for number, document in enumerate(documents)
        ]
        return self._linker.link(found, progress)

    def stream(
        self, documents: Sequence[Document], progress: Told | None = None
    ) -> Iterator[Document]:
        """Yield documents with what was found in them, a group at a time: memory stays flat."""
        done, total = 0, len(documents)

        def told(step: str, answered: int, of: int) -> None:
            if progress is not None:
                progress("documents", done, total, f"{step} {answered}/{of}")

        for group in chunks(documents, lambda document: document, PREDICTED):
            yield from self.extract(group, told)
            done += len(group)
        if progress is not None:
            progress("documents", total, total, "")

    def _text_mentions(
        self, sentences: Mapping[Key, Sentence], progress: Progress | None
    ) -> list[tuple[Key, TextEvent]]:
        task = TextEMI(self._context)
        asked = list(sentences.values())
        prompts, grammars = [task.ask(s) for s in asked], [task.grammar(s) for s in asked]
        replies = self._asker.ask(task.name, prompts, grammars, MENTION_TOKENS, progress)
        events = []
        for (key, sentence), reply in zip(sentences.items(), replies, strict=True):
            answer = task.read(reply.text, sentence)
            self._asker.note(task.name, answer.failure)
            events += [(key, event) for event in _said(answer.items, answer.places, reply)]
        return self._known(events)

    def _image_mentions(
        self, images: Mapping[Key, Image], progress: Progress | None
    ) -> list[tuple[Key, ImageEvent]]:
        task = ImageEMI(self._context)
        asked = list(images.values())
        prompts, grammars = [task.ask(i) for i in asked], [task.grammar(i) for i in asked]
        replies = self._asker.ask(task.name, prompts, grammars, MENTION_TOKENS, progress)
        events = []
        for (key, image), reply in zip(images.items(), replies, strict=True):
            answer = task.read(reply.text, image)
            self._asker.note(task.name, answer.failure)
            events += [(key, event) for event in _said(answer.items, answer.places, reply)]
        return self._known(events)

    def _known(self, events: list[tuple[Key, Event]]) -> list[tuple[Key, Event]]:
        """Leave out types outside the schema, which a prediction file may not hold, and repeats."""
        known = [one for one in events if one[1].event_type in self._context.ontology.events]
        self.failures["unknown type"] += len(events) - len(known)
        return _once(
            known, lambda one: (one[0], msgspec.structs.replace(one[1], id="", score=None))
        )

    def _text_arguments(
        self,
        events: list[tuple[Key, TextEvent]],
        sentences: Mapping[Key, Sentence],
        progress: Progress | None,
    ) -> list[tuple[Key, TextEvent]]:
        task = TextARE(self._context)
        placed = [number for number, (_, e) in enumerate(events) if e.trigger != NOWHERE]
        asked = [(events[number][1], sentences[events[number][0]]) for number in placed]
        prompts = [task.ask(event, sentence) for event, sentence in asked]
        grammars = [task.grammar(event, sentence) for event, sentence in asked]
        replies = self._asker.ask(task.name, prompts, grammars, ARGUMENT_TOKENS, progress)
        filled = list(events)
        for number, (event, sentence), reply in zip(placed, asked, replies, strict=True):
            answer = task.read(reply.text, sentence)
            self._asker.note(task.name, answer.failure)
            said = _said(answer.items, answer.places, reply, event.score)
            arguments = tuple(_once(said, lambda one: msgspec.structs.replace(one, score=None)))
            whole = msgspec.structs.replace(event, arguments=arguments)
            filled[number] = events[number][0], whole
        return filled

    def _image_arguments(
        self,
        events: list[tuple[Key, ImageEvent]],
        images: Mapping[Key, Image],
        progress: Progress | None,
    ) -> list[tuple[Key, ImageEvent]]:
        task = ImageARE(self._context)
        prompts = [task.ask(event.event_type, images[key]) for key, event in events]
        grammars = [task.grammar(event.event_type, images[key]) for key, event in events]
        replies = self._asker.ask(task.name, prompts, grammars, ARGUMENT_TOKENS, progress)
        filled = []
        for (key, event), reply in zip(events, replies, strict=True):
            answer = task.read(reply.text, images[key])
            self._asker.note(task.name, answer.failure)
            said = _said(answer.items, answer.places, reply, event.score)
            arguments = tuple(_once(said, lambda one: msgspec.structs.replace(one, score=None)))
            filled.append((key, msgspec.structs.replace(event, arguments=arguments)))
        return filled

    def _scored(self, event: Event, mention: str, argument: str) -> Event:
        """Calibrate what the model said of an event and of its arguments.

        The two are fitted apart, but an argument is right only where its event is.
        """
        score = self._calibration.scale(mention)(event.score or 0.0)
        scale = self._calibration.scale(argument)
        arguments = (
            msgspec.structs.replace(one, score=min(scale(one.score or 0.0), score))
            for one in event.arguments
        )
        return msgspec.structs.replace(event, score=score, arguments=tuple(arguments))


Item = TypeVar("Item", bound=msgspec.Struct)


def _said(
    items: Sequence[Item], places: Sequence[Place], reply: Reply, given: float | None = 1.0
) -> list[Item]:
    """Return items with the probability that the model gave them, times that of what is given."""
    before = 1.0 if given is None else given
    return [
        msgspec.structs.replace(item, score=before * reply.probability(start, end))
        for item, (start, end) in zip(items, places, strict=True)
    ]


Said = TypeVar("Said")


def _once(items: Sequence[Said], meaning: Callable[[Said], Hashable]) -> list[Said]:
    """Leave out items that say what one before has said.

    A mention is its type and its place, an argument its role and its place: a model that says one
    twice has found one.
    """
    first: dict[Hashable, Said] = {}
    for item in items:
        first.setdefault(meaning(item), item)
    return list(first.values())


def _grouped(events: Iterable[tuple[Key, Event]]) -> dict[Key, list[Event]]:
    groups: dict[Key, list[Event]] = defaultdict(list)
    for key, event in events:
        groups[key].append(event)
    return groups
