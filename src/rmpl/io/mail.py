"""Mail as it is saved (.eml): its parts and its attached images, within limits."""

from __future__ import annotations

import email
import email.errors
import mimetypes
import re
from collections.abc import Iterator
from email.message import Message
from pathlib import PurePosixPath, PureWindowsPath
from typing import NamedTuple, cast

from rmpl.errors import RmplError

MAX_PARTS = 1_000
_MAX_BOUNDARIES = 200
_MAX_COMPARISONS = 10_000_000
"""Every line is compared with the boundaries of all parts around it."""
_MAX_DASHED = 10_000
"""Lines that may begin a part; of a million parts each would be parsed first."""
_LONGEST_HEAD = 2**20
_LONGEST_HEADER = 20_000
"""Characters of a header with parameters, whose parser takes the square of the time."""
_PARAMETERS = re.compile(
    rb"^content-(?:type|disposition):[^\n]*+(?:\n[ \t][^\n]*+)*+", re.IGNORECASE | re.MULTILINE
)
_LONGEST_NAME = 100
_UNCLEAN = re.compile(r"[\x00-\x1f\x7f/\\:]")
_HEADER = re.compile(rb"[!-9;-~]+:")
_KNOWN = re.compile(rb"(?im)^(?:from|to|subject|date|message-id|mime-version|received):")


class Attachment(NamedTuple):
    """An attached image: its name within the mail, its content, and its id in the mail's HTML."""

    name: str
    data: bytes
    content_id: str


def is_mail(data: bytes) -> bool:
    """Return whether data starts with headers of mail."""
    head = data[:20_000].lstrip()
    return _HEADER.match(head) is not None and _KNOWN.search(head) is not None


def parse_mail(data: bytes, where: str) -> Message:
    """Parse mail.

    Raises
    ------
    RmplError
        If it has no headers of mail, or too many parts.
    """
    if not is_mail(data):
        raise RmplError("not mail (no From, Subject or Date at its start)", where=where)
    boundaries = data.lower().count(b"boundary=")
    are_too_many = boundaries > 0 and data.count(b"\n--") > _MAX_DASHED
    if boundaries > _MAX_BOUNDARIES or boundaries * data.count(b"\n") > _MAX_COMPARISONS:
        are_too_many = True
    if are_too_many:
        raise _too_many(where)
    head = re.search(rb"\r?\n\r?\n", data)
    longest = max((len(one[0]) for one in _PARAMETERS.finditer(data)), default=0)
    if (head.start() if head else len(data)) > _LONGEST_HEAD or longest > _LONGEST_HEADER:
        remedy = "save its text as plain text"
        raise RmplError("mail with headers that no program writes", where=where, remedy=remedy)
    try:
        message = email.message_from_bytes(data)
        for number, _ in enumerate(message.walk()):
            if number > MAX_PARTS:
                raise _too_many(where)
    except (RecursionError, email.errors.MessageError, ValueError, LookupError) as error:
        raise RmplError(f"damaged mail ({error})", where=where) from error
    return message


def _too_many(where: str) -> RmplError:
    remedy = "save its text as plain text"
    return RmplError(f"mail of more than {MAX_PARTS:,} parts", where=where, remedy=remedy)


def content_of(part: Message) -> bytes:
    """Return the content of a part that is not made of parts, decoded as it is transferred."""
    payload = cast("bytes | None", part.get_payload(decode=True))
    return payload or b""


def attachments(message: Message) -> Iterator[Attachment]:
    """Yield the attached images, each with a name of its own."""
    seen: set[str] = set()
    for number, part in enumerate(message.walk()):
        if part.get_content_maintype() != "image" or part.is_multipart():
            continue
        name = file_name(part)
        if not name or name in seen:
            ending = mimetypes.guess_extension(part.get_content_type()) or ""
            name = f"part{number}{ending}"
        seen.add(name)
        content_id = str(part.get("Content-ID", "")).strip().strip("<>")
        yield Attachment(name, content_of(part), content_id)


def file_name(part: Message) -> str:
    """Return the last part of an attachment's file name, empty if it has none that is usable."""
    try:
        given = str(part.get_filename() or "")
    except (ValueError, LookupError, TypeError):
        return ""
    name = _UNCLEAN.sub("_", PureWindowsPath(PurePosixPath(given).name).name).strip()
    return "" if name in {"", ".", ".."} or len(name) > _LONGEST_NAME else name
