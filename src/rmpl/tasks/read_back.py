"""What a training target says when it is read back, beside what the corpus says.

A target is made from an annotation; read like an answer, it has to say the same again. Where it
does not (a span that is not in its sentence, a box that its convention moves too far), the model is
taught something else than the corpus holds.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from rmpl.records import Document, Image, ImageEvent, Sentence, TextEvent
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.base import Context, Sample
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.schema import Predicate, image_arguments, text_arguments
from rmpl.tasks.spans import find_span
from rmpl.tasks.whole_events import ImageEvents, TextEvents

Both = tuple[Document, Document]
"""The part of a document that a sample asks about: as annotated, and as its target says."""


def read_back(sample: Sample, document: Document, context: Context) -> Both | None:
    """Return what a sample asks about, with the annotated events and with those of its target.

    ``None`` for tasks whose answers are not events of one sentence or picture.

    Parameters
    ----------
    document
        The document that the sample was made of.
    """
    reader = _READERS.get(sample.task)
    return None if reader is None else reader(sample, document, context)


def _of_sentence(
    document: Document, sentence: Sentence, gold: list[TextEvent], told: list[TextEvent]
) -> Both:
    part = Document(document.id, sentences=(sentence,))
    annotated, said = (
        msgspec.structs.replace(part, text_events=tuple(events)) for events in (gold, told)
    )
    return annotated, said


def _of_image(
    document: Document, image: Image, gold: list[ImageEvent], told: list[ImageEvent]
) -> Both:
    part = Document(document.id, images=(image,))
    annotated, said = (
        msgspec.structs.replace(part, image_events=tuple(events)) for events in (gold, told)
    )
    return annotated, said


def _text_mentions(sample: Sample, document: Document, context: Context) -> Both:
    sentence = next(one for one in document.sentences if one.id == sample.id)
    gold = [
        msgspec.structs.replace(event, arguments=())
        for event in document.text_events
        if event.sentence_id == sentence.id
    ]
    told = TextEMI(context).read(sample.target, sentence).items
    return _of_sentence(document, sentence, gold, told)


def _text_events(sample: Sample, document: Document, context: Context) -> Both:
    sentence = next(one for one in document.sentences if one.id == sample.id)
    gold = [event for event in document.text_events if event.sentence_id == sentence.id]

    def event(number: int, predicate: Predicate) -> TextEvent:
        trigger = (predicate.trigger or "").strip(" ")
        return TextEvent(
            id=f"{sentence.id}#{number}",
            sentence_id=sentence.id,
            event_type=predicate.type,
            trigger=find_span(sentence, trigger, predicate.nth),
            arguments=text_arguments(predicate.args or [], sentence),
            trigger_text=trigger,
        )

    predicates = TextEvents(context).read(sample.target).items
    told = [event(number, one) for number, one in enumerate(predicates)]
    return _of_sentence(document, sentence, gold, told)


def _text_roles(sample: Sample, document: Document, context: Context) -> Both:
    event = next(one for one in document.text_events if one.id == sample.id)
    sentence = next(one for one in document.sentences if one.id == event.sentence_id)
    found = TextARE(context).read(sample.target, sentence).items
    told = msgspec.structs.replace(event, arguments=tuple(found))
    return _of_sentence(document, sentence, [event], [told])


def _image_mentions(sample: Sample, document: Document, context: Context) -> Both:
    image = _shown(sample)
    gold = [
        msgspec.structs.replace(event, arguments=())
        for event in document.image_events
        if event.image_id == image.id and event.event_type in context.ontology.events
    ]
    told = ImageEMI(context).read(sample.target, image).items
    return _of_image(document, image, gold, told)


def _image_events(sample: Sample, document: Document, context: Context) -> Both:
    image = _shown(sample)
    gold = [event for event in document.image_events if event.image_id == image.id]
    predicates = ImageEvents(context).read(sample.target).items
    told = [
        ImageEvent(
            id=f"{image.id}#{number}",
            image_id=image.id,
            event_type=predicate.type,
            arguments=image_arguments(predicate.args or [], image, context.boxes),
        )
        for number, predicate in enumerate(predicates)
    ]
    return _of_image(document, image, gold, told)


def _image_roles(sample: Sample, document: Document, context: Context) -> Both:
    event = next(one for one in document.image_events if one.id == sample.id)
    image = _shown(sample)
    found = ImageARE(context).read(sample.target, image).items
    told = msgspec.structs.replace(event, arguments=tuple(found))
    return _of_image(document, image, [event], [told])


def _shown(sample: Sample) -> Image:
    image = sample.prompt.image
    if image is None:
        raise ValueError(f"a sample of {sample.task} without a picture")
    return image


_READERS: dict[str, Callable[[Sample, Document, Context], Both]] = {
    TextEMI.name: _text_mentions,
    TextEvents.name: _text_events,
    TextARE.name: _text_roles,
    ImageEMI.name: _image_mentions,
    ImageEvents.name: _image_events,
    ImageARE.name: _image_roles,
}
