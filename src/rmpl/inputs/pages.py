"""HTML pages: their visible text, extracted by inscriptis, and their images.

Offsets refer to the extracted text. Navigation, forms, asides and footers are left out; no URL in a
page is ever fetched.
"""

from __future__ import annotations

import re
from typing import Any

from rmpl.errors import RmplError
from rmpl.inputs.layout import libraries, render

MAX_ELEMENTS = 1_000_000
"""Limit of elements, each of which takes hundreds of bytes of memory."""
_SOME_ELEMENTS = 50_000
MAX_ATTRIBUTES = 5_000
"""Limit per element, because the parser takes quadratic time in them."""
_LONGEST_ADDRESS = 2_000
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}(?:charset|encoding)\s*=", re.IGNORECASE)
_DECLARED_IN = 4096  # bytes; browsers, too, look for a charset only there
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TOO_LARGE = "XML_PARSE_HUGE"  # suffix of the parser's messages about its limits
# The number of parts is bounded, so that the search for the end of a tag ends soon.
_TAG = re.compile(rb"""<[A-Za-z](?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')?|["']){0,20000}+""")
_QUOTED = re.compile(rb"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_SOURCE = re.compile(r"(?:.*\W)?src", re.DOTALL)


def page_text(data: bytes, where: str, max_characters: int | None = None) -> str:
    """Return the visible text of a page, one block per line.

    With ``max_characters``, a page with far more text or elements is refused early; the exact limit
    is enforced when sentences are split.

    Raises
    ------
    RmplError
        If its encoding is unknown, it is nested too deeply or exceeds a limit, or the library is
        not installed.
    """
    tree = _tree(data, where, max_characters)
    return "" if tree is None else render(tree, where, max_characters)


def page_images(data: bytes, where: str, max_characters: int | None = None) -> list[str]:
    """Return the URLs of a page's images, in document order.

    For a lazily loaded image (``data-src``) it is the first such attribute.

    Raises
    ------
    RmplError
        See ``page_text``.
    """
    tree = _tree(data, where, max_characters)
    if tree is None:
        return []
    found = (
        next(
            (
                value
                for name, value in image.attrib.items()
                if _SOURCE.fullmatch(name) and 0 < len(value) <= _LONGEST_ADDRESS
            ),
            None,
        )
        for image in tree.iter("img")
    )
    return [address for address in found if address is not None]


def require_inscriptis() -> None:
    """Make sure that inscriptis is installed.

    Raises
    ------
    RmplError
        If it is missing.
    """
    libraries()


def _tree(data: bytes, where: str, max_characters: int | None) -> Any:
    """Parse a page; return ``None`` if it contains nothing but comments."""
    library = libraries()
    if data.startswith(_UTF16):
        data = data.decode("utf-16", "replace").encode()
    _check_elements(data, where, max_characters)
    _check_attributes(data, where)
    parser = library.html.HTMLParser(encoding=_encoding(data, where), no_network=True)
    try:
        tree = library.html.document_fromstring(data, parser=parser)
    except (library.etree.ParserError, ValueError, AssertionError):
        tree = None
    for message in (entry.message for entry in parser.error_log):
        if _TOO_LARGE in message:
            # Everything after it would be lost.
            deep = "nested more than 256 deep" if "depth" in message else "of more than 10 MB"
            raise RmplError(
                f"a page with an element {deep}", where=where, remedy="save its text as plain text"
            )
    return tree


def _check_elements(data: bytes, where: str, max_characters: int | None) -> None:
    most = MAX_ELEMENTS
    if max_characters is not None:
        most = min(most, _SOME_ELEMENTS + 2 * max_characters)
    elements = data.count(b"<") - data.count(b"</")
    if elements > most:
        raise RmplError(
            f"a page of {elements:,} elements",
            where=where,
            remedy=f"the limit is {most:,}; save its text as plain text",
        )


def _check_attributes(data: bytes, where: str) -> None:
    for tag in _TAG.finditer(data):
        if tag.end() - tag.start() > 2 * MAX_ATTRIBUTES:  # at least a letter and a blank each
            bare, values = _QUOTED.subn(b"= ", tag[0])
            attributes = max(values, len(bare.replace(b"/", b" ").split()))
            is_whole = data[tag.end() : tag.end() + 1] in {b">", b""}
            if attributes > MAX_ATTRIBUTES or not is_whole:
                raise RmplError(
                    f"a page with an element of more than {MAX_ATTRIBUTES:,} attributes",
                    where=where,
                    remedy="save its text as plain text",
                )


def _encoding(data: bytes, where: str) -> str | None:
    """Return UTF-8 if the page is; ``None`` leaves the encoding to the page's declaration."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if _CHARSET.search(data[:_DECLARED_IN]):
            return None
        raise RmplError(
            f"not UTF-8 text (byte {error.start}), and no charset is declared",
            where=where,
            remedy="declare it in a <meta charset>, or convert the page to UTF-8",
        ) from error
    return "utf-8"
