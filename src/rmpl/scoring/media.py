"""How scoring handles each medium: one record per medium in ``MEDIA``.

A third medium is one more record, with its events in the documents and its own matching of
arguments.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, Literal

from rmpl.records import Document, ImageArgument, ImageEvent, Span, TextArgument, TextEvent
from rmpl.scoring.arguments import box_order, right_boxes, right_spans, span_key
from rmpl.scoring.explaining import Near, explain, explain_boxes
from rmpl.scoring.keys import image_key, text_key
from rmpl.scoring.verdicts import Argument, Event, Judged, Linked, Verdict

Quote = Callable[[str, Span, str | None], str]
"""Names a span of a sentence (given by its id) by its words, if known, and its tokens."""


@dataclasses.dataclass(frozen=True)
class Medium(Generic[Event, Argument]):
    """How the events of one medium are accessed and compared.

    Parameters
    ----------
    name
        Its setting; ``NAME_emi`` and ``NAME_are`` are its tasks.
    field
        The field of a document that holds its events.
    place
        The word for the unit of its events: ``sentence`` or ``image``.
    place_of
        Returns the id of an event's sentence or image.
    key
        Returns the key that a correct mention must match.
    end
        Returns a link's event of this medium.
    right
        Returns the number of correct arguments of a predicted mention (second), given the gold
        mention (first).
    order
        Returns an event's arguments as sorted values, the sort key of copies of a mention.
    near
        Categories of wrong mentions that explain a missed one.
    judge
        Pairs a predicted mention's arguments (first) with those of its gold mention.
    name_event, name_argument
        The printable name of an event or argument.
    """

    name: Literal["text", "image"]
    field: str
    place: Literal["sentence", "image"]
    place_of: Callable[[Event], str]
    key: Callable[[Event], Hashable]
    end: Callable[[Linked], Event]
    right: Callable[[Event, Event], int]
    order: Callable[[Event], list[Any]]
    near: Sequence[Near[Event]]
    judge: Callable[[Event, Event], list[Judged[Argument]]]
    name_event: Callable[[Event, Quote], str]
    name_argument: Callable[[Event, Argument, Quote], str]

    def events(self, document: Document) -> Sequence[Event]:
        """Return a document's events of this medium."""
        events: Sequence[Event] = getattr(document, self.field)
        return events


def _overlap(a: Span, b: Span) -> bool:
    return a.start < b.end and b.start < a.end


_NEAR_SPANS: tuple[Near[TextArgument], ...] = (
    (Verdict.WRONG_ROLE, lambda p, g: p.span == g.span),
    (Verdict.ARGUMENT_BOUNDARY, lambda p, g: p.role == g.role and _overlap(p.span, g.span)),
)


def _judge_spans(predicted: TextEvent, gold: TextEvent) -> list[Judged[TextArgument]]:
    return explain(
        predicted.arguments, gold.arguments, key=span_key, order=span_key, near=_NEAR_SPANS
    )


def _name_text_event(event: TextEvent, quote: Quote) -> str:
    words = quote(event.sentence_id, event.trigger, event.trigger_text)
    return f"{event.event_type} {words}"


def _name_span(event: TextEvent, argument: TextArgument, quote: Quote) -> str:
    words = quote(event.sentence_id, argument.span, argument.text)
    return f"{event.event_type} {argument.role} {words}"


def _name_box(event: ImageEvent, argument: ImageArgument, quote: Quote) -> str:  # noqa: ARG001
    box = argument.box
    corners = ", ".join(f"{round(value, 1):g}" for value in (box.x1, box.y1, box.x2, box.y2))
    return f"{event.event_type} {argument.role} [{corners}]"


TEXT: Medium[TextEvent, TextArgument] = Medium(
    name="text",
    field="text_events",
    place="sentence",
    place_of=lambda event: event.sentence_id,
    key=text_key,
    end=lambda linked: linked.text,
    right=right_spans,
    order=lambda event: sorted(map(span_key, event.arguments)),
    near=(
        (
            Verdict.WRONG_TYPE,
            lambda p, g: (p.sentence_id, p.trigger) == (g.sentence_id, g.trigger),
        ),
        (
            Verdict.TRIGGER_BOUNDARY,
            lambda p, g: (
                (p.sentence_id, p.event_type) == (g.sentence_id, g.event_type)
                and _overlap(p.trigger, g.trigger)
            ),
        ),
    ),
    judge=_judge_spans,
    name_event=_name_text_event,
    name_argument=_name_span,
)
IMAGE: Medium[ImageEvent, ImageArgument] = Medium(
    name="image",
    field="image_events",
    place="image",
    place_of=lambda event: event.image_id,
    key=image_key,
    end=lambda linked: linked.image,
    right=right_boxes,
    order=lambda event: sorted(map(box_order, event.arguments)),
    near=((Verdict.WRONG_TYPE, lambda p, g: p.image_id == g.image_id),),
    judge=lambda predicted, gold: explain_boxes(predicted.arguments, gold.arguments),
    name_event=lambda event, quote: event.event_type,  # noqa: ARG005
    name_argument=_name_box,
)
MEDIA: tuple[Medium[Any, Any], ...] = (TEXT, IMAGE)
"""All media, in the order of tables."""
