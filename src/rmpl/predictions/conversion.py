"""Converting documents to lines of a prediction file, and back."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from msgspec import UNSET

from rmpl.io.formats import PREDICTIONS
from rmpl.predictions.lines import (
    AlignmentLine,
    DocumentLine,
    ExtractedLine,
    ImageArgumentLine,
    ImageEventLine,
    LinkLine,
    MultimediaEventLine,
    SameParticipantLine,
    TextArgumentLine,
    TextEventLine,
    TriggerLine,
)
from rmpl.predictions.media_run import MEDIA, written_media
from rmpl.predictions.merging import multimedia_events
from rmpl.records import (
    NOWHERE,
    Alignment,
    Box,
    Document,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)


def document_of_line(raw: DocumentLine) -> Document:
    """Convert a line to a document without text and images."""
    return Document(
        id=raw.doc_id,
        text_events=tuple(map(_to_text_event, raw.text_events)),
        image_events=tuple(map(_to_image_event, raw.image_events)),
        links=tuple(
            Link(link.text, link.image, _number(link.score), _to_alignments(link.alignments))
            for link in raw.links
        ),
    )


def _to_alignments(raw: object) -> tuple[Alignment, ...]:
    """Convert alignments; other content is ignored, since alignments are not scored."""
    try:
        lines = msgspec.convert(raw or [], list[AlignmentLine])
    except msgspec.ValidationError:
        return ()
    return tuple(
        Alignment(one.role, Span(one.start, one.end), _to_box(one), _number(one.score))
        for one in lines
    )


def _to_text_event(raw: TextEventLine) -> TextEvent:
    trigger = Span(raw.trigger.start, raw.trigger.end)
    return TextEvent(
        id=raw.id,
        sentence_id=raw.sentence_id,
        event_type=raw.event_type,
        trigger=trigger,
        arguments=tuple(map(_to_text_argument, raw.arguments)),
        score=_number(raw.score),
        trigger_text=_text_of(trigger, raw.trigger.text),
    )


def _to_text_argument(raw: TextArgumentLine) -> TextArgument:
    span = Span(raw.start, raw.end)
    return TextArgument(raw.role, span, _number(raw.score), _text_of(span, raw.text))


def _to_image_event(raw: ImageEventLine) -> ImageEvent:
    return ImageEvent(
        id=raw.id,
        image_id=raw.image_id,
        event_type=raw.event_type,
        arguments=tuple(
            ImageArgument(argument.role, _to_box(argument), _number(argument.score))
            for argument in raw.arguments
        ),
        score=_number(raw.score),
    )


def _to_box(raw: ImageArgumentLine | AlignmentLine) -> Box:
    x1, y1, x2, y2 = raw.box
    return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2), raw.group is True)


def _text_of(span: Span, text: object) -> str | None:
    """Return the text of a string that is not in the sentence; otherwise the span gives it."""
    return text if span == NOWHERE and isinstance(text, str) else None


def _number(score: object) -> float | None:
    return float(score) if isinstance(score, int | float) else None


def line_of_document(document: Document, media: Collection[str] = MEDIA) -> DocumentLine:
    """Convert a document's events and links to a line; ``media`` are those it was asked about.

    Character offsets and texts are included if the document has the sentence.
    """
    sentences = {sentence.id: sentence for sentence in document.sentences}
    return DocumentLine(
        format=PREDICTIONS,
        doc_id=document.id,
        media=written_media(media),
        text_events=[
            _text_event_line(event, sentences.get(event.sentence_id))
            for event in document.text_events
        ],
        image_events=list(map(_image_event_line, document.image_events)),
        links=list(map(_link_line, document.links)),
    )


def extracted_line(
    document: Document, file: str, text: str | None, media: Collection[str] = MEDIA
) -> ExtractedLine:
    """Convert a document to a line with its sentences, images and multimedia events.

    ``file`` is the file it was read from, ``text`` its extracted text, if any, and ``media`` what
    it was asked about.
    """
    line = with_multimedia_events(line_of_document(document, media), document)
    return ExtractedLine(
        **msgspec.structs.asdict(line),
        file=file,
        metadata=document.metadata or UNSET,
        text=UNSET if text is None else text,
        sentences=document.sentences,
        images=document.images,
    )


def with_multimedia_events(line: DocumentLine, document: Document) -> DocumentLine:
    """Return a document's line with its multimedia events.

    Their arguments are those of the line's events; ``alignment`` refers to arguments by their
    indices in the multimedia event.
    """
    written: dict[tuple[str, TextArgument | ImageArgument], TextArgumentLine | ImageArgumentLine]
    written = {
        (event.id, argument): each
        for event, one in zip(document.text_events, line.text_events, strict=True)
        for argument, each in zip(event.arguments, one.arguments, strict=True)
    }
    written |= {
        (event.id, argument): each
        for event, one in zip(document.image_events, line.image_events, strict=True)
        for argument, each in zip(event.arguments, one.arguments, strict=True)
    }
    found = []
    for event in multimedia_events(document):
        arguments = [named for same_role in event.arguments.values() for named in same_role]
        places = {named: place for place, named in enumerate(arguments)}
        found.append(
            MultimediaEventLine(
                id=event.id,
                event_type=event.event_type,
                text_events=event.text_events,
                image_events=event.image_events,
                arguments=[
                    msgspec.structs.replace(written[named], event=named[0]) for named in arguments
                ],
                alignment=[
                    SameParticipantLine(places[one.text], places[one.image], _score(one.score))
                    for one in event.alignment
                ],
                score=_score(event.score),
            )
        )
    return msgspec.structs.replace(line, multimedia_events=found)


def _text_event_line(event: TextEvent, sentence: Sentence | None) -> TextEventLine:
    return TextEventLine(
        id=event.id,
        sentence_id=event.sentence_id,
        event_type=event.event_type,
        trigger=TriggerLine(
            event.trigger.start,
            event.trigger.end,
            *_place(event.trigger, event.trigger_text, sentence),
        ),
        arguments=[_text_argument_line(argument, sentence) for argument in event.arguments],
        score=_score(event.score),
    )


def _text_argument_line(argument: TextArgument, sentence: Sentence | None) -> TextArgumentLine:
    span = argument.span
    places = _place(span, argument.text, sentence)
    char_start, char_end, source_start, source_end, text = places
    return TextArgumentLine(
        role=argument.role,
        start=span.start,
        end=span.end,
        char_start=char_start,
        char_end=char_end,
        source_start=source_start,
        source_end=source_end,
        text=text,
        score=_score(argument.score),
    )


def _place(span: Span, text: str | None, sentence: Sentence | None) -> tuple[object, ...]:
    """Return a span's offsets in the sentence and in the source, and its text, if known."""
    if span == NOWHERE or sentence is None or span.end > len(sentence.tokens):
        return UNSET, UNSET, UNSET, UNSET, UNSET if text is None else text
    source = sentence.source_chars(span) or (UNSET, UNSET)
    return *sentence.chars(span), *source, sentence.slice(span)


def _image_event_line(event: ImageEvent) -> ImageEventLine:
    return ImageEventLine(
        id=event.id,
        image_id=event.image_id,
        event_type=event.event_type,
        arguments=[
            ImageArgumentLine(
                role=argument.role,
                box=_corners(argument.box),
                group=argument.box.group or UNSET,
                score=_score(argument.score),
            )
            for argument in event.arguments
        ],
        score=_score(event.score),
    )


def _link_line(link: Link) -> LinkLine:
    alignments = [
        AlignmentLine(
            one.role,
            one.span.start,
            one.span.end,
            _corners(one.box),
            one.box.group or UNSET,
            _score(one.score),
        )
        for one in link.alignments
    ]
    return LinkLine(link.text, link.image, _score(link.score), alignments or UNSET)


def _corners(box: Box) -> tuple[float, float, float, float]:
    return _plain(box.x1), _plain(box.y1), _plain(box.x2), _plain(box.y2)


def _plain(value: float) -> float:
    """Return an integral number as an integer, which is shorter."""
    return int(value) if float(value).is_integer() else value


def _score(score: float | None) -> object:
    return UNSET if score is None else round(score, 4)
