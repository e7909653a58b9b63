"""From documents to events: mentions first, then the arguments of each, then the links."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from rmpl.extraction.asking import Asker, Progress
from rmpl.extraction.calibration import Calibration
from rmpl.extraction.chunks import FIRST, chunks
from rmpl.extraction.engines.base import Engine, Reply
from rmpl.extraction.linking.linker import Linker
from rmpl.io.repeats import once
from rmpl.records import Document
from rmpl.tasks import Context, Task
from rmpl.tasks.argument_roles import ImageARE
from rmpl.tasks.media import MEDIA, Medium, media_read
from rmpl.tasks.places import Place
from rmpl.tasks.questions import MentionQuestion, UnitQuestion
from rmpl.tasks.same_event import SameEvent

PREDICTED = 1024
"""Sentences and images of a corpus that are processed together."""

Report = Callable[[str, int, int, str], None]
"""Called with (unit that is counted, number done, total number, current step)."""

Key = tuple[int, str]
"""The index of a document and the id of a sentence or an image, which is unique only within it."""
Units = Mapping[Key, Any]
"""The sentences or images to ask about."""
Events = list[tuple[Key, Any]]
"""The events of one medium, each with the unit that it is in."""


class Pipeline:
    """EMI, then ARE for each mention found, then links.

    The score of an event is the probability that its mention is correct, that of an argument the
    probability that both it and its event are: the calibrated probability that the model gave to
    the item's characters, for an argument multiplied by its event's. The characters of a box are
    coordinates, whose probability is spread over their neighbours: a box has a score only if its
    calibration was fitted.

    Parameters
    ----------
    engine
        Answers the prompts.
    context
        The schema and the model's conventions.
    media
        Which of ``text`` and ``image`` to extract from; links need both.
    calibration
        Of the model; without it, scores are not calibrated.
    constrained
        Whether decoding is constrained to the tasks' grammars; then all answers are parseable and
        quote only the sentence.
    raw_boxes
        Whether boxes have their raw scores, which calibration is fitted to.
    """

    def __init__(
        self,
        engine: Engine,
        context: Context,
        *,
        media: Sequence[str] = ("text", "image"),
        calibration: Calibration | None = None,
        constrained: bool = True,
        raw_boxes: bool = False,
    ) -> None:
        self._raw_boxes = raw_boxes
        self._context = context
        read = media_read(reads_images=context.reads_images)
        self.media = tuple(one for one in media if one in read)
        """The media that are extracted from: those that the model reads."""
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
        """The number of prompts asked, by task."""
        return self._asker.asked

    @property
    def failures(self) -> Counter[str]:
        """The number of unparseable answers, by task."""
        return self._asker.failures

    def extract(
        self, documents: Sequence[Document], progress: Progress | None = None
    ) -> list[Document]:
        """Return the documents with the extracted events, which replace any that they had."""
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
        self, documents: Sequence[Document], progress: Report | None = None
    ) -> Iterator[Document]:
        """Yield documents with their extracted events, group by group, in constant memory.

        The first groups are smaller, so that a command that is interrupted early has kept some.
        """
        done, total = 0, len(documents)

        def report(step: str, answered: int, of: int) -> None:
            if progress is not None:
                progress("documents", done, total, f"{step} {answered}/{of}")

        for group in chunks(documents, lambda document: document, PREDICTED, FIRST):
            yield from self.extract(group, report)
            done += len(group)
        if progress is not None:
            progress("documents", total, total, "")

    def _units(self, documents: Sequence[Document], medium: Medium[Any, Any, Any]) -> Units:
        """Return the units to ask about; none of a medium that is not extracted from."""
        if medium.name not in self.media:
            return {}
        return {
            (number, unit.id): unit
            for number, document in enumerate(documents)
            for unit in medium.units(document)
        }

    def _mentions(
        self, medium: Medium[Any, Any, Any], units: Units, progress: Progress | None
    ) -> Events:
        task, asked = self._mention_questions(medium, units)
        replies = self._asker.ask(task, [question for _, question in asked], progress)
        events: Events = []
        for (key, question), reply in zip(asked, replies, strict=True):
            answer = task.read(reply.text, question)
            self._asker.note(task.name, answer.failure)
            events += [(key, event) for event in _scored_items(answer.items, answer.places, reply)]
        least = self._calibration.thresholds.get(medium.mentions.name, 0.0)
        scale = self._calibration.scale(medium.mentions.name)
        return [one for one in self._known(events) if scale(one[1].score or 0.0) >= least]

    def _mention_questions(
        self, medium: Medium[Any, Any, Any], units: Units
    ) -> tuple[Task[Any, Any], list[tuple[Key, Any]]]:
        """Return the task that finds mentions, and what it asks about each unit.

        A model trained on trigger classification is asked about the words of a sentence that are
        triggers in its training; others about the whole unit.
        """
        if medium.triggers is not None and self._context.trigger_words is not None:
            task = medium.triggers(self._context)
            asked = ((key, one) for key, unit in units.items() for one in task.candidates(unit))
            return task, list(asked)
        return medium.mentions(self._context), [
            (key, UnitQuestion(unit)) for key, unit in units.items()
        ]

    def _known(self, events: Events) -> Events:
        """Leave out duplicates, and types outside the schema, which are invalid in predictions."""
        known = [one for one in events if one[1].event_type in self._context.ontology.events]
        self.failures["unknown type"] += len(events) - len(known)
        return list(
            once(known, lambda one: (one[0], msgspec.structs.replace(one[1], id="", score=None)))
        )

    def _with_arguments(
        self,
        medium: Medium[Any, Any, Any],
        events: Events,
        units: Units,
        progress: Progress | None,
    ) -> Events:
        """Return the events with their arguments; an event without a place gets none."""
        task = medium.arguments(self._context)
        placed = [number for number, (_, event) in enumerate(events) if medium.is_placed(event)]
        questions = [MentionQuestion(events[n][1], units[events[n][0]]) for n in placed]
        replies = self._asker.ask(task, questions, progress)
        filled = list(events)
        for number, question, reply in zip(placed, questions, replies, strict=True):
            answer = task.read(reply.text, question)
            self._asker.note(task.name, answer.failure)
            scored = _scored_items(answer.items, answer.places, reply, question.event.score)
            arguments = once(scored, lambda one: msgspec.structs.replace(one, score=None))
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
        """Calibrate the scores of an event and of its arguments.

        Their curves are fitted separately; an argument's score is at most its event's, because an
        argument is correct only if its event is. Boxes without a curve have no score.
        """
        score = self._calibration.scale(mention)(event.score or 0.0)
        scale = self._calibration.scale(argument)
        is_scored = argument != ImageARE.name or scale.is_fitted or self._raw_boxes
        arguments = (
            msgspec.structs.replace(
                one, score=min(scale(one.score or 0.0), score) if is_scored else None
            )
            for one in event.arguments
        )
        return msgspec.structs.replace(event, score=score, arguments=tuple(arguments))


Item = TypeVar("Item", bound=msgspec.Struct)


def _scored_items(
    items: Sequence[Item], places: Sequence[Place], reply: Reply, given: float | None = 1.0
) -> list[Item]:
    """Return items scored with the model's probability of them, times ``given``."""
    before = 1.0 if given is None else given
    return [
        msgspec.structs.replace(item, score=before * reply.probability(start, end))
        for item, (start, end) in zip(items, places, strict=True)
    ]
