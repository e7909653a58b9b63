"""Building HTML and SVG with escaping of all values that are not markup.

All text from documents, predictions and file names goes through ``el``; nothing else builds markup
from strings. The page's Content-Security-Policy allows neither inline ``style``
attributes nor ``on...`` handlers, so ``el`` refuses to write them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")
# Characters that are invalid in HTML, and those that change the direction of surrounding text.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Markup(str):
    """Markup, which is not escaped again."""

    __slots__ = ()


NOTHING = Markup("")

Attribute = str | int | float | bool | None
Child = str | int | float | None


def text(value: object) -> Markup:
    """Return ``value`` as escaped text; ``Markup`` is returned unchanged."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(_UNPRINTABLE.sub("\ufffd", str(value)), quote=True))


def join(*children: Child, sep: str = "") -> Markup:
    """Concatenate children, escaping those that are not markup and omitting ``None``."""
    return Markup(sep.join(text(child) for child in children if child is not None))


def el(name: str, attributes: Mapping[str, Attribute] | None = None, *children: Child) -> Markup:
    """Return one element with its children.

    Parameters
    ----------
    name
        The element's name.
    attributes
        Values are escaped; ``None`` and ``False`` omit the attribute, ``True`` writes its name.
    children
        Markup is inserted unchanged, everything else is escaped, ``None`` is omitted.

    Raises
    ------
    ValueError
        If a name is invalid, an attribute is forbidden by the page's policy (``style``, ``on...``),
        or a URL is not a fragment, a page in the same folder, or an embedded image.
    """
    parts = [name]
    for key, value in (attributes or {}).items():
        if value is None or value is False:
            continue
        _check(name, key, value)
        if value is True:
            parts.append(key)
        else:
            shown = f"{value:.6g}" if isinstance(value, float) else value
            parts.append(f'{key}="{text(shown)}"')
    if not _NAME.fullmatch(name):
        raise ValueError(f"not an element name: {name!r}")
    head = f"<{' '.join(parts)}>"
    return Markup(head) if name in _VOID else Markup(f"{head}{join(*children)}</{name}>")


_ADDRESS = re.compile(r"#[\w-]+|[\w.%~-]+(#[\w-]+)?|data:image/jpeg;base64,[A-Za-z0-9+/=]+")


def _check(name: str, key: str, value: Attribute) -> None:
    if not _NAME.fullmatch(key):
        raise ValueError(f"not an attribute name: {key!r}")
    if key == "style" or key.lower().startswith("on"):
        raise ValueError(f"<{name} {key}> is forbidden by the page's Content-Security-Policy")
    if key in {"href", "src"} and not _ADDRESS.fullmatch(str(value)):
        raise ValueError(f"not a URL allowed in a report: {str(value)[:80]!r}")
