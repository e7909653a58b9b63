"""The data model: documents, their sentences and images, and the events in them.

Conventions, everywhere in the project:

* a token span is ``(start, end)`` in token indices of one sentence, 0-based, ``end`` exclusive;
* a token's character span is ``(start, end)`` in characters of ``Sentence.text``, ``end``
  exclusive;
* a box is ``x1, y1, x2, y2`` in pixels of the original image after its EXIF orientation is
  applied, as floats, with ``x1 <= x2`` and ``y1 <= y2``.

Records are immutable and hold only plain values and other records, so they cannot form cycles.
Hence ``gc=False``: the garbage collector need not traverse a corpus that is held in memory.
"""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """Tokens ``start`` to ``end`` (exclusive) of one sentence."""

    start: int
    end: int


NOWHERE = Span(-1, 0)
"""The span of a predicted string that does not occur in its sentence; it equals no gold span."""


class Box(msgspec.Struct, frozen=True, order=True, gc=False, omit_defaults=True):
    """A rectangle in pixels of the original (EXIF-rotated) image.

    ``group`` marks a box drawn round several participants at once (M2E2's flag ``"0"``).
    """

    x1: float
    y1: float
    x2: float
    y2: float
    group: bool = False


class Sentence(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One sentence: its text and the character spans of its tokens.

    ``tokens`` holds one character span ``(start, end)`` per token, in ascending order and without
    overlaps. ``entities`` are the entity mentions, if the corpus annotates them. ``source`` is set
    for a sentence of a user's own text and holds, per token, its character span in that text, end
    exclusive; the sentence omits what lies between (line breaks, Markdown markup).
    """

    id: str
    text: str
    tokens: tuple[tuple[int, int], ...]
    entities: tuple[Span, ...] = ()
    source: tuple[tuple[int, int], ...] = ()

    def words(self) -> list[str]:
        """Return the text of every token."""
        return [self.text[start:end] for start, end in self.tokens]

    def holds(self, span: Span) -> bool:
        """Return whether a token span lies in this sentence; ``NOWHERE`` does not."""
        return 0 <= span.start < span.end <= len(self.tokens)

    def chars(self, span: Span) -> tuple[int, int]:
        """Return the character span ``(start, end)`` of a token span, ``end`` exclusive."""
        return self.tokens[span.start][0], self.tokens[span.end - 1][1]

    def source_chars(self, span: Span) -> tuple[int, int] | None:
        """Return the span's offsets in the user's own text, ``end`` exclusive, if known."""
        if not self.source:
            return None
        return self.source[span.start][0], self.source[span.end - 1][1]

    def slice(self, span: Span) -> str:
        """Return the text that a token span covers, with its original inner whitespace."""
        start, end = self.chars(span)
        return self.text[start:end]


class Image(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One image of a document.

    ``path`` is ``None`` if the image file is not available. ``width`` and ``height`` are pixels
    after EXIF rotation, 0 if unknown. ``caption`` is what its document says below it, empty if
    nothing.
    """

    id: str
    path: str | None = None
    width: int = 0
    height: int = 0
    caption: str = ""


class TextArgument(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A participant of a text event: the span that plays ``role``.

    ``span`` is ``NOWHERE`` and ``text`` set for a predicted string that does not occur in the
    sentence: it stays in the prediction and counts as wrong.
    """

    role: str
    span: Span
    score: float | None = None
    text: str | None = None


class ImageArgument(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A participant of an image event: the box that plays ``role``.

    ``gloss`` describes the content of the box ("man in a red coat"), if annotated (SWiG).
    """

    role: str
    box: Box
    score: float | None = None
    gloss: str | None = None


class TextEvent(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An event mention in a sentence: its type, its trigger and its arguments.

    ``trigger`` is ``NOWHERE`` (and ``trigger_text`` set) only in predictions whose trigger string
    does not occur in the sentence.
    """

    id: str
    sentence_id: str
    event_type: str
    trigger: Span
    arguments: tuple[TextArgument, ...] = ()
    score: float | None = None
    trigger_text: str | None = None


class ImageEvent(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An event mention in an image: its type and its boxed arguments.

    ``verb`` is the imSitu verb, if the corpus has one (imSitu, SWiG); ``caption`` describes the
    situation in a sentence ("the man pays the woman"), if it can be built from the annotation.
    """

    id: str
    image_id: str
    event_type: str
    arguments: tuple[ImageArgument, ...] = ()
    score: float | None = None
    verb: str | None = None
    caption: str | None = None


class Alignment(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A span and a box of linked events that denote the same participant, in one role."""

    role: str
    span: Span
    box: Box
    score: float | None = None


class Link(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A text event and an image event of one document that are the same event (ids of both).

    ``alignments`` are the pairs of their arguments known to denote the same participant.
    """

    text: str
    image: str
    score: float | None = None
    alignments: tuple[Alignment, ...] = ()


class Relation(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A labelled relation between two spans of a sentence posted with an image (MNRE).

    ``label`` is ``"None"`` where the two are not related.
    """

    id: str
    sentence_id: str
    image_id: str
    label: str
    head: Span
    tail: Span


class Document(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A news document: sentences, images, and the events, links and relations in them.

    ``partial`` says that not all of its events are annotated (RAMS and FrameNet's examples mark one
    event of a sentence): what is not annotated is then unknown, not absent.

    ``metadata`` is what is known of the document beside its text, as its source writes it:
    ``title``, ``author``, ``date`` and other keys.
    """

    id: str
    sentences: tuple[Sentence, ...] = ()
    images: tuple[Image, ...] = ()
    text_events: tuple[TextEvent, ...] = ()
    image_events: tuple[ImageEvent, ...] = ()
    links: tuple[Link, ...] = ()
    relations: tuple[Relation, ...] = ()
    partial: bool = False
    metadata: dict[str, str] = {}

    def __hash__(self) -> int:
        """Return a hash, which ``metadata`` would not have."""
        return hash((self.id, self.sentences, self.images))
