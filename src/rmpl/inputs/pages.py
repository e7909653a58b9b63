"""HTML pages: their visible text, by inscriptis, and the pictures they show.

The text that offsets refer to is the extracted one. Navigation, forms, side and foot notes are left
out; nothing a page names is ever fetched.
"""

from __future__ import annotations

import re
from typing import Any

from rmpl.errors import RmplError
from rmpl.inputs.layout import laid_out, libraries

MOST_ELEMENTS = 1_000_000
"""Each takes hundreds of bytes of memory."""
_SOME_ELEMENTS = 50_000
MOST_ATTRIBUTES = 5_000
"""Of one element. The parser takes a square of the time for them."""
_LONGEST_ADDRESS = 2_000
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}(?:charset|encoding)\s*=", re.IGNORECASE)
_DECLARED_IN = 4096  # bytes, in which browsers, too, look for a charset
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TOO_LARGE = "XML_PARSE_HUGE"  # so end the parser's messages of what it will not read
# At most so many parts that whoever looks for the end of a tag of nothing else is done soon.
_TAG = re.compile(rb"""<[A-Za-z](?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')?|["']){0,20000}+""")
_QUOTED = re.compile(rb"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_SOURCE = re.compile(r"(?:.*\W)?src", re.DOTALL)


def page_text(data: bytes, where: str, max_characters: int | None = None) -> str:
    """Return the visible text of a page, a block a line.

    With ``max_characters``, a page of far more text or elements is refused before it is all laid
    out; the exact limit is kept where its sentences are split.

    Raises
    ------
    RmplError
        If its characters cannot be told, it is nested too deeply or made to take very long, or the
        library is not installed.
    """
    tree = _tree(data, where, max_characters)
    return "" if tree is None else laid_out(tree, where, max_characters)


def page_pictures(data: bytes, where: str, max_characters: int | None = None) -> list[str]:
    """Return the addresses of the pictures that a page shows, in its order.

    Of a picture that is loaded late (``data-src``), that is the address that comes first.

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
    """Make sure that the library is there.

    Raises
    ------
    RmplError
        If it is not.
    """
    libraries()


def _tree(data: bytes, where: str, max_characters: int | None) -> Any:
    """Return a page's elements, ``None`` if there is nothing in it but comments."""
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
            # All that comes after it would be lost.
            deep = "nested more than 256 deep" if "depth" in message else "of more than 10 MB"
            raise RmplError(
                f"a page with an element {deep}", where=where, remedy="save its text as plain text"
            )
    return tree


def _check_elements(data: bytes, where: str, max_characters: int | None) -> None:
    most = MOST_ELEMENTS
    if max_characters is not None:
        most = min(most, _SOME_ELEMENTS + 2 * max_characters)
    elements = data.count(b"<") - data.count(b"</")
    if elements > most:
        raise RmplError(
            f"a page of {elements:,} elements",
            where=where,
            remedy=f"at most {most:,} are read; save its text as plain text",
        )


def _check_attributes(data: bytes, where: str) -> None:
    for tag in _TAG.finditer(data):
        if tag.end() - tag.start() > 2 * MOST_ATTRIBUTES:  # one has a letter and a blank at least
            bare, values = _QUOTED.subn(b"= ", tag[0])
            attributes = max(values, len(bare.replace(b"/", b" ").split()))
            is_whole = data[tag.end() : tag.end() + 1] in {b">", b""}
            if attributes > MOST_ATTRIBUTES or not is_whole:
                raise RmplError(
                    f"a page with an element of more than {MOST_ATTRIBUTES:,} attributes or signs",
                    where=where,
                    remedy="save its text as plain text",
                )


def _encoding(data: bytes, where: str) -> str | None:
    """Return UTF-8 where the page is; ``None`` leaves it to the page's own declaration."""
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
