"""The structs of a prediction-file line, for reading and writing.

Optional fields default to ``UNSET``, which is not written. Fields that are not scored may hold
anything: they have the type ``object`` and are checked where they are used.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

import msgspec
from msgspec import UNSET, UnsetType

from rmpl.errors import RmplError
from rmpl.io.formats import PREDICTIONS, check_format, check_format_of
from rmpl.io.keys import UnknownKey, unknown_keys
from rmpl.records import Image, Sentence


class TriggerLine(msgspec.Struct, gc=False):
    """A trigger: tokens ``start`` to ``end``, end exclusive.

    ``char_start`` and ``char_end`` are offsets in the sentence, ``source_start`` and ``source_end``
    in the user's own text, ends exclusive.
    """

    start: int
    end: int
    char_start: object = UNSET
    char_end: object = UNSET
    source_start: object = UNSET
    source_end: object = UNSET
    text: object = UNSET


class TextArgumentLine(msgspec.Struct, gc=False, kw_only=True):
    """A span and its role; in a multimedia event, also the id of the text event."""

    event: object = UNSET
    role: str
    start: int
    end: int
    char_start: object = UNSET
    char_end: object = UNSET
    source_start: object = UNSET
    source_end: object = UNSET
    text: object = UNSET
    score: object = UNSET


class ImageArgumentLine(msgspec.Struct, gc=False, kw_only=True):
    """A box (pixels of the original image, corners in any order) and its role.

    In a multimedia event, also the id of the image event.
    """

    event: object = UNSET
    role: str
    box: tuple[float, float, float, float]
    group: object = UNSET
    score: object = UNSET


class TextEventLine(msgspec.Struct, gc=False):
    """An event mention in a sentence."""

    id: str
    sentence_id: str
    event_type: str
    trigger: TriggerLine
    arguments: list[TextArgumentLine] = []
    score: object = UNSET


class ImageEventLine(msgspec.Struct, gc=False):
    """An event mention in an image."""

    id: str
    image_id: str
    event_type: str
    arguments: list[ImageArgumentLine] = []
    score: object = UNSET


class AlignmentLine(msgspec.Struct, gc=False):
    """A span and a box of linked events that denote the same participant."""

    role: str
    start: int
    end: int
    box: tuple[float, float, float, float]
    group: object = UNSET
    score: object = UNSET


class LinkLine(msgspec.Struct, gc=False):
    """The ids of a text event and an image event that are the same event.

    ``alignments`` are ``AlignmentLine`` objects, if well-formed.
    """

    text: str
    image: str
    score: object = UNSET
    alignments: object = UNSET


class SameParticipantLine(msgspec.Struct, gc=False):
    """Indices of a text and an image argument in their multimedia event."""

    text: int
    image: int
    score: object = UNSET


class MultimediaEventLine(msgspec.Struct, gc=False):
    """Linked events merged into one, with the union of their arguments."""

    id: str
    event_type: str
    text_events: tuple[str, ...]
    image_events: tuple[str, ...]
    arguments: list[TextArgumentLine | ImageArgumentLine]
    alignment: list[SameParticipantLine]
    score: object = UNSET


class DocumentLine(msgspec.Struct, gc=False, kw_only=True):
    """A line. ``multimedia_events`` are derived from the links and not read back.

    ``media`` lists what the document was asked about; without it, all media.
    """

    format: object = UNSET
    doc_id: str
    media: object = UNSET
    text_events: list[TextEventLine] = []
    image_events: list[ImageEventLine] = []
    links: list[LinkLine] = []
    multimedia_events: object = UNSET


class ExtractedLine(DocumentLine, gc=False, kw_only=True):
    """A line as ``rmpl extract`` writes it, usable without the source files.

    ``file`` is the file the document was read from, ``text`` its extracted text and ``metadata``
    that of the document.
    """

    file: object = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    text: object = UNSET
    sentences: tuple[Sentence, ...] = ()
    images: tuple[Image, ...] = ()


def decode_line(line: bytes, where: str) -> DocumentLine:
    """Decode one line.

    Raises
    ------
    RmplError
        If it is not JSON, not in this format or of a newer version; the document id is added to
        ``where`` (file and line), if it can be found.
    """
    try:
        document = _DECODER.decode(line)
    except msgspec.ValidationError as error:
        check_format_of(line, PREDICTIONS, where)
        what = f"not a document of a prediction file ({error})"
        mistyped = _mistyped(line)
        remedy = _FORMAT if mistyped is None else f"{mistyped.said}; {_FORMAT}"
        raise RmplError(what, where=_with_document(where, line), remedy=remedy) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        where = _with_document(where, line)
        place = _not_finite(line)
        if place is not None:
            raise RmplError(
                f"a non-finite number in {place}", where=where, remedy=_in_place_of(place)
            ) from error
        what = f"not JSON ({error})" if _is_utf8(line) else "not UTF-8 text"
        raise RmplError(what, where=where, remedy=_FORMAT) from error
    if document.format is not UNSET:
        check_format(document.format, PREDICTIONS, where)
    return document


def unknown_keys_of(line: object) -> list[UnknownKey]:
    """Return the keys of a decoded line, and in it, that no reader of this format reads."""
    return list(unknown_keys(line, ExtractedLine))


def _mistyped(line: bytes) -> UnknownKey | None:
    """Return the first unknown key of a line that is no document; it may be no JSON either."""
    try:
        return next(iter(unknown_keys_of(msgspec.json.decode(line))), None)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _not_finite(line: bytes) -> str | None:
    """Return where the first number that is not finite is, such as ``text_events[0].score``."""
    try:
        # Python's own parser takes the NaN and Infinity that it writes.
        return next(_places_not_finite(json.loads(line), ""), None)
    except (ValueError, RecursionError):
        return None


def _places_not_finite(value: object, place: str) -> Iterator[str]:
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{place} ({json.dumps(value)})"
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _places_not_finite(one, f"{place}[{number}]")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _places_not_finite(one, f"{place}.{key}" if place else key)


def _in_place_of(place: str) -> str:
    """Return what to write in place of a number that is not finite."""
    key = place.split(" ", maxsplit=1)[0].rpartition(".")[2].split("[")[0]
    if key == "box":
        return "leave such boxes out"
    if key in _NEEDED:
        return f"write a number as {key}, or leave that item out"
    return f"leave {key} out or write null: it is not scored"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _with_document(where: str, line: bytes) -> str:
    """Add the document id to a location, if it can be found in a malformed line."""
    found = re.search(rb'"doc_id"\s*:\s*"?([^",}]*)', line)
    return where if found is None else f"{where}: document {found[1].decode('utf-8', 'replace')}"


_DECODER = msgspec.json.Decoder(DocumentLine)
_NEEDED = ("start", "end")
_FORMAT = "write one JSON document per line in UTF-8 (see docs/scoring.md)"
