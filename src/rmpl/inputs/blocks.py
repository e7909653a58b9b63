"""Which elements of a page are blocks of their own, and which are not shown.

inscriptis takes every element that it does not know for a part of the running text, so that the
words of two blocks would run into each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

BLOCKS = (
    *("section", "dl", "dt", "dd", "center", "hr", "details", "summary", "fieldset", "legend"),
    *("menu", "dir", "caption", "form", "dialog", "search", "optgroup", "option", "body", "head"),
)
"""Elements that HTML renders as blocks and inscriptis does not know."""
NOT_SHOWN = (
    *("button", "select", "textarea", "datalist"),
    *("noscript", "template", "svg", "audio", "video", "canvas", "iframe"),
)
"""Elements that browsers show something else for."""
BESIDE = frozenset(("nav", "footer", "aside"))
"""Blocks beside the article, which keep the text before them apart from the text after."""
INLINE = frozenset(
    "a abbr acronym applet area b bdi bdo big blink br cite code data del dfn em font i img input "
    "ins kbd label map mark math meter nobr object output param picture progress q rb rp rt ruby s "
    "samp small source span strike strong sub sup time track tt u var wbr embed".split()
)
"""Elements that are parts of running text; ``br`` ends a line of it."""
_STRUCTURE = frozenset("html head tr td th tbody thead tfoot colgroup col base".split())
_CLOSING = frozenset(".,;:!?)]}\u201d\u2019\u00bb\"'\u2026")
_OPENING = frozenset("([{\u201c\u2018\u00ab\"'")
_HALF = 0.5


def mark_blocks(tree: Any, known: frozenset[str], iterwalk: Any) -> None:
    """Mark in a parsed page what is not shown, and which elements of unknown names are blocks.

    The marks are styles, which the renderer applies. ``known`` are the names it has styles for;
    ``iterwalk`` is lxml's.

    Not shown are elements with ``hidden`` and closed dialogs. Of what stands beside the article,
    and of a form, a boundary between blocks is left, unless the form holds most of the text, as
    where the whole page is one. An element of an unknown name (``amp-text``) is a block, unless it
    stands within running text.
    """
    ordinary = known | INLINE | _STRUCTURE
    forms, unknown, beside = [], [], []
    for element in tree.iter():
        name = element.tag
        if not isinstance(name, str):
            continue
        if "hidden" in element.attrib or (name == "dialog" and "open" not in element.attrib):
            _style(element, "display:none")
        elif name in BESIDE:
            beside.append(element)
        elif name == "form":
            forms.append(element)
        elif name not in ordinary:
            unknown.append(element)
    for element in _apart(tree, unknown, ordinary, iterwalk):
        _style(element, "display:block")
    if forms:
        lengths = _lengths(tree)
        beside += [form for form in forms if lengths[form] <= _HALF * lengths[tree]]
    for element in beside:
        element.clear(keep_tail=True)
        element.tag = "div"


def _style(element: Any, style: str) -> None:
    # First, since nothing that comes later shows again what is not shown.
    given = "".join(filter(str.isprintable, element.get("style", "")))
    element.set("style", f"{style};{given}")


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


def _apart(
    tree: Any, elements: list[Any], ordinary: frozenset[str], iterwalk: Any
) -> Iterator[Any]:
    """Yield those of the elements that do not stand within running text.

    That is beside text, and apart from it on both sides, by a blank or punctuation. ``ordinary``
    are the names of the other elements.
    """
    edges = _edges(tree, elements, ordinary - INLINE, iterwalk) if elements else {}
    for element, (before, first, last, after) in edges.items():
        joined_before = before and first and before not in _OPENING
        joined_after = last and after and after not in _CLOSING
        if joined_before or joined_after or not _is_beside_text(element):
            yield element


def _is_beside_text(element: Any) -> bool:
    return bool(_before(element).strip() or (element.tail or "").strip())


def _before(element: Any) -> str:
    """Return the text between an element and the one before it, or the start of its parent."""
    previous = element.getprevious()
    if previous is not None:
        return str(previous.tail or "")
    parent = element.getparent()
    return str(parent.text or "") if parent is not None else ""


def _edges(
    tree: Any, elements: list[Any], blocks: frozenset[str], iterwalk: Any
) -> dict[Any, list[str]]:
    """Return the characters before and after the start and the end of every element with text.

    Whatever elements they are in; a blank, or the edge of a block, is the empty string.
    """
    edges = {element: ["", "", "", ""] for element in elements}
    walk = [
        (event == "start", element, element.tag in blocks or element.tag == "br")
        for event, element in iterwalk(tree, events=("start", "end"))
    ]
    last, texts = "", 0
    before: dict[Any, int] = {}
    for is_start, element, is_block in walk:
        last = "" if is_block else last
        if element in edges:
            edges[element][0 if is_start else 2] = last
            if is_start:
                before[element] = texts
            elif texts == before[element]:
                del edges[element]
        text = element.text if is_start else element.tail
        last = text[-1].strip() if text else last
        texts += bool(text and text.strip())
    first = ""
    for is_start, element, is_block in reversed(walk):
        text = element.text if is_start else element.tail
        first = text[0].strip() if text else first
        if element in edges:
            edges[element][1 if is_start else 3] = first
        first = "" if is_block else first
    return edges
