"""Which elements of a page are blocks of their own, and which are not shown.

inscriptis takes every element that it does not know for a part of the running text, so that the
words of two blocks would run into each other.
"""

from __future__ import annotations

from typing import Any

BLOCKS = (
    *("section", "dl", "dt", "dd", "center", "hr", "details", "summary", "fieldset", "legend"),
    *("menu", "dir", "caption", "form", "dialog", "search", "optgroup", "option", "body"),
)
"""Elements that HTML renders as blocks and inscriptis does not know."""
NOT_SHOWN = (
    *("nav", "footer", "aside", "button", "select", "textarea", "datalist"),
    *("noscript", "template", "svg", "audio", "video", "canvas", "iframe"),
)
"""Elements beside the article, or that browsers show something else for."""
_INLINE = frozenset(
    "a abbr acronym applet area b bdi bdo big blink br cite code data del dfn em font i img input "
    "ins kbd label map mark math meter nobr object output param picture progress q rb rp rt ruby s "
    "samp small source span strike strong sub sup time track tt u var wbr embed".split()
)
_STRUCTURE = frozenset("html head tr td th tbody thead tfoot colgroup col".split())
_CLOSING = frozenset(".,;:!?)]}\u201d\u2019\u00bb\"'\u2026")
_OPENING = frozenset("([{\u201c\u2018\u00ab\"'")
_HALF = 0.5


def mark_blocks(tree: Any, known: frozenset[str]) -> None:
    """Mark in a parsed page what is not shown, and which elements of unknown names are blocks.

    The marks are styles, which the renderer applies. ``known`` are the names it has styles for.

    Not shown are elements with ``hidden``, closed dialogs, and forms, unless one holds most of the
    text, as where the whole page is one form. An element of an unknown name (``amp-text``) is a
    block, unless it stands within running text.
    """
    ordinary = known | _INLINE | _STRUCTURE
    forms = []
    for element in tree.iter():
        name = element.tag
        if not isinstance(name, str):
            continue
        if "hidden" in element.attrib or (name == "dialog" and "open" not in element.attrib):
            _style(element, "display:none")
        elif name == "form":
            forms.append(element)
        elif name not in ordinary and not _is_within_text(element):
            _style(element, "display:block")
    if forms:
        lengths = _lengths(tree)
        for form in forms:
            if lengths[form] <= _HALF * lengths[tree]:
                _style(form, "display:none")


def _style(element: Any, style: str) -> None:
    # First, since nothing that comes later shows again what is not shown.
    element.set("style", f"{style};{element.get('style', '')}")


def _lengths(tree: Any) -> dict[Any, int]:
    """Return the number of characters in every element, without those of scripts and styles."""
    lengths: dict[Any, int] = {}
    for element in reversed(list(tree.iter())):
        shown = isinstance(element.tag, str) and element.tag not in {"script", "style"}
        inside = lengths.pop(element, 0) + len((element.text or "").strip() if shown else "")
        lengths[element] = inside
        parent = element.getparent()
        if parent is not None:
            lengths[parent] = lengths.get(parent, 0) + inside + len((element.tail or "").strip())
    return lengths


def _is_within_text(element: Any) -> bool:
    """Return whether an element stands beside running text, apart from it or at punctuation."""
    before, after = _before(element), element.tail or ""
    if not (before.strip() or after.strip()):
        return False
    first, last = (element.text or " ")[0], _last_of(element)
    joined_before = before[-1:].strip() and first.strip() and before[-1] not in _OPENING
    joined_after = after[:1].strip() and last.strip() and after[0] not in _CLOSING
    return not (joined_before or joined_after)


def _before(element: Any) -> str:
    """Return the text between an element and the one before it, or the start of its parent."""
    previous = element.getprevious()
    if previous is not None:
        return str(previous.tail or "")
    parent = element.getparent()
    return str(parent.text or "") if parent is not None else ""


def _last_of(element: Any) -> str:
    """Return the last character of an element, as far as it is in the element's own text."""
    text = element[-1].tail if len(element) else element.text
    return str(text or " ")[-1]
