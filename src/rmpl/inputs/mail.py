"""Mail (.eml): its subject, its HTML or plain text, and its attached images."""

from __future__ import annotations

from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.inputs.article import Article, Shown, on_one_line
from rmpl.inputs.metadata import MAX_VALUE, cleaned
from rmpl.inputs.pages import page_images, page_text_and_metadata
from rmpl.inputs.paragraphs import line_paragraphs, plain_paragraphs
from rmpl.io.mail import attachments, content_of, file_name, parse_mail
from rmpl.io.read_report import ReadReport

ATTACHED = "attachment that is not an image, not read"
_HEADERS = {"title": "Subject", "author": "From", "date": "Date"}
_CID = "cid:"


def read_mail(
    data: bytes, path: Path, where: str, report: ReadReport, max_characters: int | None = None
) -> Article:
    """Return the article in mail: the subject, then the text.

    The HTML is read if there is one, else the plain text. Images are those attached, in the order
    in which the HTML shows them, with their captions there.

    The date is ISO 8601, or as it is written if it is none of mail.

    Raises
    ------
    RmplError
        If it is no mail, or its HTML cannot be read (see ``page_text``).
    """
    message = parse_mail(data, where)
    plain, page = _bodies(message, where, report)
    headers = {key: _header(message, name) for key, name in _HEADERS.items()}
    metadata = cleaned({**headers, "date": _date(headers["date"])})
    subject = metadata.get("title", "")
    captions: dict[str, str] = {}
    if page is not None:
        content = _decoded(page).encode("utf-8", "replace")
        text, _ = page_text_and_metadata(content, where, max_characters)
        captions = _captions(content, where, max_characters)
        find = line_paragraphs
    else:
        text = "" if plain is None else _decoded(plain)
        find = plain_paragraphs
    images = {one.content_id: path / one.name for one in attachments(message)}
    named = {place: captions.get(key, "") for key, place in images.items()}
    order = [images[key] for key in captions if key in images]
    shown = dict.fromkeys([*order, *(path / one.name for one in attachments(message))])
    parts = [one for one in (subject, text) if one.strip()]
    return Article(
        ("\n" if page is not None else "\n\n").join(parts),
        find,
        metadata,
        tuple(Shown(place, named.get(place, "")) for place in shown),
        is_extracted=True,
    )


def _bodies(
    message: Message, where: str, report: ReadReport
) -> tuple[Message | None, Message | None]:
    """Return the first plain text and the first HTML; what else is attached is counted."""
    found: dict[str, Message] = {}
    for part in message.walk():
        kind = part.get_content_type()
        if part.is_multipart() or part.get_content_maintype() == "image":
            continue
        is_attached = part.get_content_disposition() == "attachment"
        if kind in {"text/plain", "text/html"} and not is_attached and kind not in found:
            found[kind] = part
        elif is_attached or kind not in {"text/plain", "text/html"}:
            report.leave_out(ATTACHED, f"{where}, {file_name(part) or kind}")
        else:
            report.leave_out("further text of mail, not read", where)
    return found.get("text/plain"), found.get("text/html")


def _decoded(part: Message) -> str:
    """Return a part's text; what is not in its charset is replaced."""
    try:
        charset = part.get_content_charset("utf-8")
        text = content_of(part).decode(charset, "replace")
    except (LookupError, ValueError):
        text = content_of(part).decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def _header(message: Message, name: str) -> str:
    """Return a header, decoded if it can be."""
    written = on_one_line(str(message.get(name) or ""), 4 * MAX_VALUE)
    try:
        decoded = str(make_header(decode_header(written)))
    except (MessageError, LookupError, ValueError):
        decoded = written
    return decoded.encode("utf-8", "replace").decode()


def _date(written: str) -> str:
    """Return the date of mail as ISO 8601 (``2026-11-30T09:05:00+01:00``), if it is one."""
    try:
        return parsedate_to_datetime(written).isoformat()
    except (ValueError, OverflowError, TypeError, IndexError):
        return written


def _captions(content: bytes, where: str, max_characters: int | None) -> dict[str, str]:
    """Return the captions of the images that HTML shows, by their ids, in its order."""
    found: dict[str, str] = {}
    try:
        figures = page_images(content, where, max_characters)
    except RmplError:  # reading its text reports it
        return {}
    for figure in figures:
        for address in figure.addresses:
            if address.lower().startswith(_CID):
                key = address[len(_CID) :]
                found[key] = found.get(key) or figure.caption
    return found
