"""From documents to events: mentions first, then the arguments of each, then the links."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from rmpl.extraction.engine import Engine, Reply
from rmpl.extraction.linking import candidates, probability
from rmpl.records import NOWHERE, Document, Image, ImageEvent, Link, Sentence, TextEvent
from rmpl.tasks import Context, Prompt
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.caption import Caption
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.grammars import Grammar
from rmpl.tasks.same_event import SameEvent

MENTION_TOKENS = 128
ARGUMENT_TOKENS = 320
LINK_TOKENS = 4
CAPTION_TOKENS = 96

Progress = Callable[[str, int, int], None]
"""Called with (step, prompts answered, prompts in all)."""
Event = TypeVar("Event", TextEvent, ImageEvent)


class Pipeline:
    """EMI, then ARE for each mention found, then links.

    Parameters
    ----------
    engine
        Answers the prompts.
    context
        The schema and the model's conventions.
    media
        Which of ``text`` and ``image`` to read; links need both.
    threshold
        The least probability of "same event" that makes a link.
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
        threshold: float = 0.5,
        constrained: bool = True,
    ) -> None:
        self._engine = engine
        self._context = context
        self._media = media
        self._threshold = threshold
        self._constrained = constrained
        self.failures: Counter[str] = Counter()
        """Answers that could not be read whole, by task."""
        self.asked: Counter[str] = Counter()
        """Prompts asked, by task."""

    def extract(
        self, documents: Sequence[Document], progress: Progress | None = None
    ) -> list[Document]:
        """Return the documents with what was found in them instead of what they came with."""
        sentences = (
            {s.id: s for d in documents for s in d.sentences} if "text" in self._media else {}
        )
        images = (
            {i.id: i for d in documents for i in d.images if i.path is not None}
            if "image" in self._media
            else {}
        )
        text_events = self._text_mentions(list(sentences.values()), progress)
        image_events = self._image_mentions(list(images.values()), progress)
        text_events = self._text_arguments(text_events, sentences, progress)
        image_events = self._image_arguments(image_events, images, progress)
        by_sentence, by_image = _group(text_events, "sentence_id"), _group(image_events, "image_id")
        found = [
            msgspec.structs.replace(
                document,
                text_events=tuple(e for s in document.sentences for e in by_sentence[s.id]),
                image_events=tuple(e for i in document.images for e in by_image[i.id]),
                links=(),
                relations=(),
            )
            for document in documents
        ]
        return self._links(found, sentences, images, progress)

    def _captions(
        self, images: dict[str, Image], needed: list[str], progress: Progress | None
    ) -> dict[str, str]:
        """Say what some pictures show, for the sake of linking."""
        task = Caption(self._context)
        prompts = [task.ask(images[image]) for image in needed]
        grammars = [task.grammar()] * len(prompts)
        replies = self._ask(task.name, prompts, grammars, CAPTION_TOKENS, progress)
        captions = {}
        for image, reply in zip(needed, replies, strict=True):
            answer = task.read(reply.text)
            self._note(task.name, answer.failure)
            captions[image] = answer.items[0]
        return captions

    def _ask(
        self,
        task: str,
        prompts: list[Prompt],
        grammars: list[Grammar],
        max_tokens: int,
        progress: Progress | None,
    ) -> list[Reply]:
        self.asked[task] += len(prompts)
        report = None if progress is None else lambda done, of: progress(task, done, of)
        return self._engine.answer(
            prompts,
            max_tokens=max_tokens,
            grammars=grammars if self._constrained else None,
            progress=report,
        )

    def _note(self, task: str, failure: str | None) -> None:
        if failure is not None:
            self.failures[task] += 1

    def _text_mentions(
        self, sentences: list[Sentence], progress: Progress | None
    ) -> list[TextEvent]:
        task = TextEMI(self._context)
        prompts, grammars = [task.ask(s) for s in sentences], [task.grammar(s) for s in sentences]
        replies = self._ask(task.name, prompts, grammars, MENTION_TOKENS, progress)
        events = []
        for sentence, reply in zip(sentences, replies, strict=True):
            answer = task.read(reply.text, sentence)
            self._note(task.name, answer.failure)
            events += [msgspec.structs.replace(e, score=reply.confidence) for e in answer.items]
        return self._known(events)

    def _image_mentions(self, images: list[Image], progress: Progress | None) -> list[ImageEvent]:
        task = ImageEMI(self._context)
        prompts, grammars = [task.ask(i) for i in images], [task.grammar(i) for i in images]
        replies = self._ask(task.name, prompts, grammars, MENTION_TOKENS, progress)
        events = []
        for image, reply in zip(images, replies, strict=True):
            answer = task.read(reply.text, image)
            self._note(task.name, answer.failure)
            events += [msgspec.structs.replace(e, score=reply.confidence) for e in answer.items]
        return self._known(events)

    def _known(self, events: list[Event]) -> list[Event]:
        """Leave out types outside the schema: a prediction file may not hold them."""
        known = [e for e in events if e.event_type in self._context.ontology.events]
        self.failures["unknown type"] += len(events) - len(known)
        return known

    def _text_arguments(
        self, events: list[TextEvent], sentences: dict[str, Sentence], progress: Progress | None
    ) -> list[TextEvent]:
        task = TextARE(self._context)
        placed = [e for e in events if e.trigger != NOWHERE]
        prompts = [task.ask(e, sentences[e.sentence_id]) for e in placed]
        grammars = [task.grammar(e, sentences[e.sentence_id]) for e in placed]
        replies = self._ask(task.name, prompts, grammars, ARGUMENT_TOKENS, progress)
        filled = {}
        for event, reply in zip(placed, replies, strict=True):
            answer = task.read(reply.text, sentences[event.sentence_id])
            self._note(task.name, answer.failure)
            scored = [msgspec.structs.replace(a, score=reply.confidence) for a in answer.items]
            filled[event.id] = msgspec.structs.replace(event, arguments=tuple(scored))
        return [filled.get(event.id, event) for event in events]

    def _image_arguments(
        self, events: list[ImageEvent], images: dict[str, Image], progress: Progress | None
    ) -> list[ImageEvent]:
        task = ImageARE(self._context)
        prompts = [task.ask(e.event_type, images[e.image_id]) for e in events]
        grammars = [task.grammar(e.event_type, images[e.image_id]) for e in events]
        replies = self._ask(task.name, prompts, grammars, ARGUMENT_TOKENS, progress)
        filled = []
        for event, reply in zip(events, replies, strict=True):
            answer = task.read(reply.text, images[event.image_id])
            self._note(task.name, answer.failure)
            scored = [msgspec.structs.replace(a, score=reply.confidence) for a in answer.items]
            filled.append(msgspec.structs.replace(event, arguments=tuple(scored)))
        return filled

    def _links(
        self,
        documents: list[Document],
        sentences: dict[str, Sentence],
        images: dict[str, Image],
        progress: Progress | None,
    ) -> list[Document]:
        task = SameEvent(self._context)
        pairs = [(d.id, t, i) for d in documents for t, i in candidates(d)]
        shown = list(dict.fromkeys(image.image_id for _, _, image in pairs))
        captions = self._captions(images, shown, progress)
        prompts = [
            task.ask_pair(
                text, sentences[text.sentence_id], images[image.image_id], captions[image.image_id]
            )
            for _, text, image in pairs
        ]
        grammars = [task.grammar()] * len(prompts)
        replies = self._ask(task.name, prompts, grammars, LINK_TOKENS, progress)
        links: dict[str, list[Link]] = defaultdict(list)
        for (document_id, text, image), reply in zip(pairs, replies, strict=True):
            self._note(task.name, task.read(reply.text).failure)
            score = probability(reply)
            if score >= self._threshold:
                links[document_id].append(Link(text.id, image.id, score))
        return [msgspec.structs.replace(d, links=tuple(links[d.id])) for d in documents]


def _group(events: Sequence[Event], key: str) -> dict[str, list[Event]]:
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[getattr(event, key)].append(event)
    return groups
