"""Whether a file is what its name says: a PDF named ``.txt`` is said to be one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

from rmpl.errors import RmplError
from rmpl.inputs.files import path_name, read_file
from rmpl.inputs.pdf import check_pdf
from rmpl.inputs.tables import check_table
from rmpl.io.contained import archive_of, is_file
from rmpl.io.files import DAMAGED, opened, unpacked
from rmpl.io.mail import parse_mail

_HEAD = 64
_NAMES = {
    "text": "a text",
    "markdown": "Markdown",
    "page": "a page",
    "word": "a Word document",
    "pdf": "a PDF",
    "mail": "mail",
    "table": "a table",
    "archive": "a zip archive",
}


class _Signature(NamedTuple):
    """How files of a format start, and the kinds of input that they are."""

    start: bytes
    what: str
    remedy: str
    kinds: tuple[str, ...] = ()


_SIGNATURES = (
    _Signature(b"%PDF-", "a PDF", "name it .pdf", ("pdf",)),
    _Signature(b"\xd0\xcf\x11\xe0", "a document of an old Office format", "save it as .docx"),
    _Signature(b"{\\rtf", "rich text", "save it as .docx"),
    _Signature(b"\xff\xd8\xff", "a JPEG image", "name it .jpg"),
    _Signature(b"\x89PNG\r\n", "a PNG image", "name it .png"),
    _Signature(b"GIF8", "a GIF image", "name it .gif"),
    _Signature(
        b"PK\x03\x04",
        "a zip archive, as Word documents and workbooks are",
        "name it by what it is (.zip, .docx), or save a workbook as .csv",
        ("word", "archive"),
    ),
)


def check_kind(kind: str, path: Path) -> None:
    """Check a named file before anything is extracted: that it is of its kind, and has a text.

    Raises
    ------
    RmplError
        If it is of another kind, encrypted or scanned (PDF), or has no text column (tables).
    """
    if kind not in _NAMES or not is_file(path):
        return
    where = path_name(path)
    head = b""
    with contextlib.suppress(RmplError, OSError, *DAMAGED), opened(path) as file:
        head = unpacked(file).read(_HEAD)
    if not head.strip():
        return  # what is empty or damaged is reported when it is read
    check_content(kind, head, where)
    if kind in {"word", "archive"}:
        archive_of(path)
    elif kind == "pdf":
        check_pdf(read_file(path), where)
    elif kind == "table":
        check_table(path)
    elif kind == "mail":
        parse_mail(read_file(path), where)


def check_content(kind: str, data: bytes, where: str) -> None:
    """Check by its first bytes that a file is not of another kind.

    Raises
    ------
    RmplError
        If it is.
    """
    if kind not in _NAMES:
        return
    for signature in _SIGNATURES:
        if data.startswith(signature.start) and kind not in signature.kinds:
            what = f"{signature.what}, not {_NAMES[kind]}"
            raise RmplError(what, where=where, remedy=signature.remedy)
    if kind in {"word", "archive"} and not data.startswith(b"PK"):
        raise RmplError(f"not {_NAMES[kind]}", where=where, remedy="save it again, or name it .txt")
