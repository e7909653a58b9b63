"""PDF files: their text layer, by pypdf, and their metadata. Images in them are not read."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rmpl.errors import RmplError
from rmpl.inputs.article import Article
from rmpl.inputs.metadata import cleaned
from rmpl.inputs.paragraphs import line_paragraphs
from rmpl.io.read_report import ReadReport

MAX_PAGES = 5_000
MAX_OPERATIONS = 5_000_000
"""Drawing operations of a file: forms that draw forms can make billions of them."""
MAX_SECONDS = 600
"""Time for one file: a small one can unpack to gigabytes of drawing without an operation."""
_MOST_LINES = 0.8
"""The share of a page's lines that are no longer than its width: a title may be wider."""
_FULL = 0.75
NO_TEXT = "page of a PDF without text, a scan?"
IMAGES = "image in a PDF, not read"
_HYPHENATED = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zß-öø-ÿ])")
_SURROGATE = re.compile(r"[\ud800-\udfff\x00]")
_KEYS = {"/Title": "title", "/Author": "author", "/CreationDate": "created"}
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")


class _TooManyError(Exception):
    """There are more operations than are read."""


def read_pdf(data: bytes, where: str, report: ReadReport) -> Article:
    """Return the article in a PDF file.

    Lines are joined to paragraphs, and words that are divided at the end of a line. A sentence goes
    on over the end of a page. ``created`` is when the file was made.

    Raises
    ------
    RmplError
        If it is no PDF, is encrypted, has no text, exceeds a limit, or pypdf is not installed.
    """
    pages = list(_pages(data, where, report))
    if not any(page.strip() for page in pages):
        raise RmplError(
            f"a PDF without text ({len(pages):,} page{'s' * (len(pages) != 1)}), probably scanned",
            where=where,
            remedy="recognise its text first, for example with ocrmypdf",
        )
    text = "\n".join(_paragraphs(pages))
    return Article(text, line_paragraphs, _metadata(data, where), is_extracted=True)


def _paragraphs(pages: Iterable[str]) -> Iterator[str]:
    """Yield the paragraphs of pages of lines, each on one line, with divided words joined.

    A paragraph ends at a line that is much shorter than most of its page, unless the next one
    begins in small letters, as after a page in the middle of a sentence.
    """
    paragraph: list[str] = []
    for page in pages:
        lines = [line.strip() for line in page.splitlines()]
        lengths = sorted(map(len, filter(None, lines)))
        full = _FULL * lengths[int(_MOST_LINES * len(lengths))] if lengths else 0
        is_below = False  # a line of this page, with none free between
        for line in lines:
            if line:
                first = line.split(maxsplit=1)[0]
                is_full = is_below and len(paragraph[-1]) + 1 + len(first) > full
                if paragraph and not is_full and not line[0].islower():
                    yield _joined(paragraph)
                    paragraph = []
                paragraph.append(line)
            is_below = bool(line)
    if paragraph:
        yield _joined(paragraph)


def _joined(lines: Sequence[str]) -> str:
    return _HYPHENATED.sub("", "\n".join(lines)).replace("\n", " ")


def check_pdf(data: bytes, where: str) -> None:
    """Check that a file is a PDF with text, reading no more of it than that takes.

    Raises
    ------
    RmplError
        As ``read_pdf``.
    """
    if not any(page.strip() for page in _pages(data, where, ReadReport())):
        read_pdf(data, where, ReadReport())


def _pages(data: bytes, where: str, report: ReadReport) -> Iterator[str]:
    """Yield the text of every page."""
    left, end = MAX_OPERATIONS, time.monotonic() + MAX_SECONDS

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0 or time.monotonic() > end:
            raise _TooManyError

    with _named_errors(where):
        reader = _reader(data, where)
        if len(reader.pages) > MAX_PAGES:
            raise RmplError(f"a PDF of {len(reader.pages):,} pages", where=where, remedy="split it")
        for number, page in enumerate(reader.pages, start=1):
            text = str(page.extract_text(visitor_operand_before=count))
            place = f"{where}, page {number}"
            if not text.strip():
                report.warn(NO_TEXT, place)
            for _ in range(_images(page)):
                report.warn(IMAGES, place)
            yield _SURROGATE.sub("\ufffd", text)


def _images(page: Any) -> int:
    """Return the number of images that a page may draw, without decoding them."""
    with contextlib.suppress(AttributeError, KeyError, TypeError):
        drawn = page["/Resources"]["/XObject"].get_object()
        kinds = [drawn[name].get_object().get("/Subtype") for name in drawn]
        return kinds.count("/Image")
    return 0


def _metadata(data: bytes, where: str) -> dict[str, str]:
    with _named_errors(where):
        found = _reader(data, where).metadata or {}
        values = {name: str(found.get(key) or "") for key, name in _KEYS.items()}
    date = _DATE.match(values["created"])
    if date is not None:
        values["created"] = "-".join(filter(None, date.groups()))
    return cleaned({key: _SURROGATE.sub("\ufffd", value) for key, value in values.items()})


def _reader(data: bytes, where: str) -> Any:
    library = require_pypdf()
    if b"%PDF-" not in data[:1024]:
        raise RmplError("not a PDF", where=where, remedy="name it by what it is, or save it again")
    reader = library.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not _opens(reader):
        raise RmplError(
            "an encrypted PDF",
            where=where,
            remedy="save it without its password, for example with qpdf --decrypt",
        )
    return reader


def _opens(reader: Any) -> bool:
    """Return whether anybody may read an encrypted file, without a password."""
    try:
        return bool(reader.decrypt(""))
    except Exception:  # the library for its encryption may be missing, too
        return False


@contextlib.contextmanager
def _named_errors(where: str) -> Iterator[None]:
    try:
        yield
    except RmplError:
        raise
    except _TooManyError as error:
        raise RmplError(
            f"a PDF of more than {MAX_OPERATIONS:,} drawing operations, or that takes more than "
            f"{MAX_SECONDS // 60} minutes",
            where=where,
            remedy="split it, or save its text as plain text",
        ) from error
    except Exception as error:  # the parser raises almost anything on broken data
        raise RmplError(
            f"a broken PDF ({error})", where=where, remedy="save it again, or as plain text"
        ) from error


@functools.cache
def require_pypdf() -> Any:
    """Return the library that reads PDF files.

    Raises
    ------
    RmplError
        If it is not installed.
    """
    try:
        import pypdf  # noqa: PLC0415 - optional
    except ImportError as error:
        raise RmplError(
            "PDF files need the library pypdf", remedy="pip install 'rmpl[pdf]'"
        ) from error
    # What is unusual in a file, it would otherwise print line by line.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return pypdf
