"""From documents to events: mentions first, then the arguments of each, then the links."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from rmpl.extraction.asking import Asker, Progress
from rmpl.extraction.calibration import Calibration
from rmpl.extraction.chunks import chunks
from rmpl.extraction.engines.base import Engine, Reply
from rmpl.extraction.linking.linker import Linker
from rmpl.records import Document
from rmpl.tasks import Context
from rmpl.tasks.media import MEDIA, Medium
from rmpl.tasks.places import Place
from rmpl.tasks.questions import MentionQuestion, UnitQuestion
from rmpl.tasks.same_event import SameEvent

PREDICTED = 1024
"""Sentences and pictures of a corpus that are worked on together."""

Told = Callable[[str, int, int, str], None]
"""Called with (what is counted, how many are done, how many in all, what is under way)."""

Key = tuple[int, str]
"""The number of a document and the id of a sentence or an image in it: ids of different documents
may be the same."""
Units = Mapping[Key, Any]
"""The sentences or the images to ask about."""
Events = list[tuple[Key, Any]]
"""The events of one medium, each with the unit that it is in."""


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
        units = {medium.name: self._units(documents, medium) for medium in MEDIA.values()}
        mentions = {
            name: self._mentions(medium, units[name], progress) for name, medium in MEDIA.items()
        }
        whole = {
            name: self._with_arguments(medium, mentions[name], units[name], progress)
            for name, medium in MEDIA.items()
        }
        found = [
            msgspec.structs.replace(document, links=(), relations=()) for document in documents
        ]
        for name, medium in MEDIA.items():
            found = self._put(found, medium, whole[name])
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

    def _units(self, documents: Sequence[Document], medium: Medium[Any, Any, Any]) -> Units:
        """Return what is to be asked about; nothing of a medium that is not read."""
        if medium.name not in self._media:
            return {}
        return {
            (number, unit.id): unit
            for number, document in enumerate(documents)
            for unit in medium.units(document)
        }

    def _mentions(
        self, medium: Medium[Any, Any, Any], units: Units, progress: Progress | None
    ) -> Events:
        task = medium.mentions(self._context)
        questions: list[UnitQuestion[Any, Any]] = [UnitQuestion(unit) for unit in units.values()]
        replies = self._asker.ask(task, questions, progress)
        events: Events = []
        for key, question, reply in zip(units, questions, replies, strict=True):
            answer = task.read(reply.text, question)
            self._asker.note(task.name, answer.failure)
            events += [(key, event) for event in _said(answer.items, answer.places, reply)]
        return self._known(events)

    def _known(self, events: Events) -> Events:
        """Leave out types outside the schema, which a prediction file may not hold, and repeats."""
        known = [one for one in events if one[1].event_type in self._context.ontology.events]
        self.failures["unknown type"] += len(events) - len(known)
        return _once(
            known, lambda one: (one[0], msgspec.structs.replace(one[1], id="", score=None))
        )

    def _with_arguments(
        self,
        medium: Medium[Any, Any, Any],
        events: Events,
        units: Units,
        progress: Progress | None,
    ) -> Events:
        """Return the events with their arguments; one that stands nowhere has none."""
        task = medium.arguments(self._context)
        placed = [number for number, (_, event) in enumerate(events) if medium.is_placed(event)]
        questions = [MentionQuestion(events[n][1], units[events[n][0]]) for n in placed]
        replies = self._asker.ask(task, questions, progress)
        filled = list(events)
        for number, question, reply in zip(placed, questions, replies, strict=True):
            answer = task.read(reply.text, question)
            self._asker.note(task.name, answer.failure)
            said = _said(answer.items, answer.places, reply, question.event.score)
            arguments = tuple(_once(said, lambda one: msgspec.structs.replace(one, score=None)))
            whole = msgspec.structs.replace(question.event, arguments=arguments)
            filled[number] = events[number][0], whole
        return filled

    def _put(
        self, documents: Sequence[Document], medium: Medium[Any, Any, Any], events: Events
    ) -> list[Document]:
        """Return the documents with the events of a medium, calibrated, unit by unit."""
        by_unit: dict[Key, list[Any]] = defaultdict(list)
        for key, event in events:
            by_unit[key].append(self._scored(event, medium.mentions.name, medium.arguments.name))
        return [
            medium.with_events(
                document,
                [e for unit in medium.units(document) for e in by_unit[number, unit.id]],
            )
            for number, document in enumerate(documents)
        ]

    def _scored(self, event: Any, mention: str, argument: str) -> Any:
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
