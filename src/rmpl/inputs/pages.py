"""HTML pages: their visible text, by inscriptis.

The text that offsets refer to is the extracted one. Navigation, forms, side and foot notes are left
out; nothing a page names is ever fetched.
"""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from rmpl.errors import RmplError

_HIDDEN = ("nav", "footer", "aside", "form", "button", "noscript", "template", "svg")
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}(?:charset|encoding)\s*=", re.IGNORECASE)
_DECLARED_IN = 4096  # bytes, in which browsers, too, look for a charset


def page_text(data: bytes, where: str) -> str:
    """Return the visible text of a page, a block a line.

    Raises
    ------
    RmplError
        If its characters cannot be told, or the library is not installed.
    """
    libraries = _libraries()
    parser = libraries.html.HTMLParser(encoding=_encoding(data, where), no_network=True)
    try:
        tree = libraries.html.document_fromstring(data, parser=parser)
    except (libraries.etree.ParserError, ValueError, AssertionError):
        return ""  # nothing in it but comments
    return str(libraries.inscriptis(tree, libraries.config).get_text())


def require_inscriptis() -> None:
    """Make sure that the library is there.

    Raises
    ------
    RmplError
        If it is not.
    """
    _libraries()


class _Libraries(NamedTuple):
    html: Any
    etree: Any
    inscriptis: Any
    config: Any


@functools.cache
def _libraries() -> _Libraries:
    try:
        import inscriptis.css_profiles  # noqa: PLC0415 - optional, and only pages need it
        import inscriptis.html_properties  # noqa: PLC0415
        import lxml.etree  # noqa: PLC0415
        import lxml.html  # noqa: PLC0415
        from inscriptis.model.config import ParserConfig  # noqa: PLC0415
        from inscriptis.model.html_element import HtmlElement  # noqa: PLC0415
    except ImportError as error:
        raise RmplError(
            "HTML pages need the library inscriptis", remedy="pip install 'rmpl[extract]'"
        ) from error
    style = inscriptis.css_profiles.STRICT_CSS_PROFILE.copy()
    none = inscriptis.html_properties.Display.none
    style.update({name: HtmlElement(display=none) for name in _HIDDEN})
    return _Libraries(lxml.html, lxml.etree, inscriptis.Inscriptis, ParserConfig(css=style))


def _encoding(data: bytes, where: str) -> str | None:
    """Return UTF-8 where the page is; ``None`` leaves it to the page's own declaration."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if _CHARSET.search(data[:_DECLARED_IN]) or data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return None
        raise RmplError(
            f"not UTF-8 text (byte {error.start}), and no charset is declared",
            where=where,
            remedy="declare it in a <meta charset>, or convert the page to UTF-8",
        ) from error
    return "utf-8"
