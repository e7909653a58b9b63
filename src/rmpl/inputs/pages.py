"""HTML pages: their visible text, extracted by inscriptis, and their images.

Offsets refer to the extracted text. Navigation, forms, asides and footers are left out; no URL in a
page is ever fetched.
"""

from __future__ import annotations

import re
from typing import Any

from rmpl.errors import RmplError
from rmpl.inputs.article import Figure
from rmpl.inputs.captions import Captions
from rmpl.inputs.layout import libraries, render
from rmpl.inputs.metadata import page_metadata

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
# The parser ends a paragraph, heading or list where HTML may not have it and a browser goes on, and
# says nothing of the end tag that it then ignores: text after it would run into the text before.
_ENDS = "p h1 h2 h3 h4 h5 h6 pre listing address legend fieldset li dl dt dd ul ol menu dir form"
_END_TAG = re.compile(
    rb"""<!--(?:[^-]++|-(?!->))*+
    | <(?P<raw>script|style|textarea|title)(?=[\s/>])(?:[^<]++|<(?!/(?P=raw)))*+
    | <[A-Za-z](?:[^>"']++|"[^"]*+"|'[^']*+')*+
    | </(?P<name>br|"""
    + _ENDS.replace(" ", "|").encode()
    + rb""")(?:[\s/][^>]*+)?>""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER = "rmpl-after"
_LATE = re.compile(r"data-(?:[\w-]*-)?(?:src|original|lazy|image|url|href)(?:-[\w-]*)?")
"""Attributes with the address of an image that a script loads later, such as ``data-lazy-src``."""
_SETS = ("srcset", "data-srcset", "data-lazy-srcset", "imagesrcset")
_IMAGES = ("img", "amp-img", "image", "picture")
_MOST_IN_SET = 100
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*:")


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
    return page_text_and_metadata(data, where, max_characters)[0]


def page_text_and_metadata(
    data: bytes, where: str, max_characters: int | None = None
) -> tuple[str, dict[str, str]]:
    """Return the visible text of a page, and its title, author, date and the like.

    Raises
    ------
    RmplError
        See ``page_text``.
    """
    tree = _tree(data, where, max_characters)
    if tree is None:
        return "", {}
    metadata = page_metadata(tree)
    return render(tree, where, max_characters), metadata


def page_images(data: bytes, where: str, max_characters: int | None = None) -> list[Figure]:
    """Return the URLs and the caption of each of a page's images, in document order.

    An image has several if it is loaded by a script (``data-src``), comes in several sizes
    (``srcset``) or formats (``<picture>``). Relative URLs are relative to the page, also where it
    has a relative ``<base href>``; with one on the web they are left as they are.

    Raises
    ------
    RmplError
        See ``page_text``.
    """
    tree = _tree(data, where, max_characters)
    if tree is None:
        return []
    base = _base(tree)
    captions = Captions(tree)
    found = ((_addresses(image), captions.of(image)) for image in tree.iter(*_IMAGES))
    return [
        Figure([_joined(base, one) for one in addresses], caption)
        for addresses, caption in found
        if addresses
    ]


def _addresses(image: Any) -> list[str]:
    """Return the URLs of an image element; those of a ``<picture>`` are at its first image."""
    if image.tag == "picture":
        # With an image in it, that stands for all.
        return [] if next(image.iter("img"), None) is not None else _in_picture(image)
    picture = next(image.iterancestors("picture"), None)
    late = [value for name, value in image.attrib.items() if _LATE.fullmatch(name)]
    plain = [image.get("src"), image.get("href"), image.get("xlink:href")]
    found = [*late, *filter(None, plain), *_of_sets(image)]
    if picture is not None and next(picture.iter("img"), None) is image:
        found += _in_picture(picture)
    return [one for one in dict.fromkeys(map(str.strip, found)) if 0 < len(one) <= _LONGEST_ADDRESS]


def _in_picture(picture: Any) -> list[str]:
    return [address for source in picture.iter("source") for address in _of_sets(source)]


def _of_sets(element: Any) -> list[str]:
    """Return the URLs of a ``srcset``: each is followed by a width or density and a comma."""
    found: list[str] = []
    for name in _SETS:
        for candidate in element.get(name, "").split(",", _MOST_IN_SET)[:_MOST_IN_SET]:
            found += candidate.split(maxsplit=1)[:1]
    return found


def _joined(base: str, address: str) -> str:
    """Return a URL relative to the page; what may leave its folder is refused where it is used."""
    return address if address.startswith("/") or _SCHEME.match(address) else base + address


def _base(tree: Any) -> str:
    """Return the folder that URLs are relative to, empty for the page's own or one on the web.

    It ends with a slash.
    """
    for base in tree.iter("base"):
        address = str(base.get("href", ""))[:_LONGEST_ADDRESS].strip()
        if address:
            folder, slash, _ = address.rpartition("/")
            return "" if "//" in address or _SCHEME.match(address) else folder + slash
    return ""


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
    data = _END_TAG.sub(_marked, data)
    # The renderer shows what follows a comment in a hidden element, and nothing after a "<?...>".
    parser = library.html.HTMLParser(
        encoding=_encoding(data, where), no_network=True, remove_comments=True, remove_pis=True
    )
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
    if tree is not None:
        _settle_ends(tree)
    return tree


def _marked(tag: re.Match[bytes]) -> bytes:
    """Return an end tag with a mark after it, and other tags as they are."""
    if tag["name"] is None:
        return tag[0]
    name = tag["name"].lower()
    # As in browsers, "</br>" is a line break.
    return b"<br>" if name == b"br" else b'%b<basefont class="%b" title="%b">' % (
        tag[0], _AFTER.encode(), name
    )  # fmt: skip


def _settle_ends(tree: Any) -> None:
    """Put a block boundary where the parser has ignored an end tag; remove the other marks."""
    for mark in list(tree.iter("basefont")):
        if mark.get("class") != _AFTER:
            continue
        before = mark.getprevious()
        if before is not None and before.tag == mark.get("title") and not before.tail:
            mark.drop_tree()
        else:
            mark.attrib.clear()
            mark.tag = "div"


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
