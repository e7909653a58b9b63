"""Word documents (.docx): their paragraphs, images with captions, and metadata.

A .docx file is a zip archive of XML. It is read by the standard library as a stream of elements,
whatever they stand in: tables, text boxes, content controls, tracked insertions, footnotes.
"""

from __future__ import annotations

import io
import posixpath
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.inputs.article import Article, Shown, on_one_line
from rmpl.inputs.captions import alt_text
from rmpl.inputs.files import MAX_BYTES
from rmpl.inputs.layout import LINE_BREAK
from rmpl.inputs.metadata import cleaned
from rmpl.inputs.paragraphs import line_paragraphs
from rmpl.io.contained import Archive
from rmpl.io.xml_files import check_declarations

MAIN = "word/document.xml"
MAX_ELEMENTS = 1_000_000
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_LEFT_OUT = frozenset({"Fallback", "del", "moveFrom"})
"""What stands there a second time, or was deleted or moved away by a tracked change."""
_SIGNS = {"tab": "\t", "br": LINE_BREAK, "cr": LINE_BREAK, "noBreakHyphen": "-"}
_CORE = {"title": "title", "creator": "author", "created": "created", "language": "language"}


def read_word(archive: Archive, path: Path, where: str) -> Article:
    """Return the article in a Word document.

    An image's caption is the paragraph of the style "caption" after it, else its alternative text.
    Headers, footers and comments are left out; ``created`` is when the file was made.

    Raises
    ------
    RmplError
        If it is no Word document, or a part of it exceeds a limit.
    """
    if MAIN not in archive:
        raise RmplError(
            "a zip archive, not a Word document", where=where, remedy="save it as .docx again"
        )
    related = _related(archive, where)
    found = _paragraphs(archive, MAIN, where, _caption_styles(archive, where))
    paragraphs = [one for one in found if one.images or one.text]
    texts = [one.text for one in paragraphs]
    for name in _NOTES:
        if name in archive:
            texts += [one.text for one in _paragraphs(archive, name, where, frozenset())]
    images: dict[Path, str] = {}
    for number, one in enumerate(paragraphs):
        after = paragraphs[number + 1] if number + 1 < len(paragraphs) else _Paragraph()
        below = on_one_line(after.text) if after.is_caption else ""
        for key, alternative in one.images:
            if (target := related.get(key)) is not None and target in archive:
                place = path / target
                images[place] = images.get(place) or below or alt_text(alternative)
    return Article(
        "\n".join(filter(None, texts)),
        line_paragraphs,
        _core(archive, where),
        tuple(Shown(place, caption) for place, caption in images.items()),
        is_extracted=True,
    )


class _Paragraph:
    """A paragraph: its text, the keys and alternative texts of its images, whether a caption."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.images: list[tuple[str, str]] = []
        self.is_caption = False

    @property
    def text(self) -> str:
        return "".join(self.parts).replace("\n", " ").strip()


def _paragraphs(
    archive: Archive, name: str, where: str, captions: frozenset[str]
) -> Iterator[_Paragraph]:
    """Yield the paragraphs of a part; those of a text box come before the one it is fixed to."""
    open_ones: list[_Paragraph] = []
    left_out, alternative = 0, ""
    for event, element in _events(archive, name, where):
        kind = _local(element.tag)
        if kind in _LEFT_OUT:
            left_out += 1 if event == "start" else -1
        elif event == "start":
            if kind == "p" and not left_out:
                open_ones.append(_Paragraph())
        elif left_out or not open_ones:
            pass
        elif kind == "p":
            yield open_ones.pop()
        elif kind == "t":
            open_ones[-1].parts.append(element.text or "")
        elif kind in _SIGNS:
            open_ones[-1].parts.append(_SIGNS[kind])
        elif kind == "pStyle":
            open_ones[-1].is_caption = _value(element, "val") in captions
        elif kind == "docPr":
            alternative = _value(element, "descr")
        elif kind in {"blip", "imagedata"}:
            key = _value(element, "embed") or _value(element, "id")
            title = _value(element, "title")
            open_ones[-1].images.append((key, title or alternative))
            alternative = ""
        if event == "end" and kind in {"p", "tr", "tbl"}:
            element.clear()


def _events(archive: Archive, name: str, where: str) -> Iterator[tuple[str, ET.Element]]:
    if archive.size(name) > MAX_BYTES:
        size = f"{archive.size(name) / 2**20:,.0f} MB"
        raise RmplError(
            f"a text of {size}",
            where=f"{where}/{name}",
            remedy=f"split it into parts of at most {MAX_BYTES >> 20} MB",
        )
    data = archive.read(name)
    check_declarations(data, f"{where}/{name}")
    if data.count(b"<") > 2 * MAX_ELEMENTS:
        raise RmplError("a document of too many elements", where=where, remedy="save it as text")
    try:
        yield from ET.iterparse(io.BytesIO(data), ("start", "end"))  # noqa: S314 - checked above
    except ET.ParseError as error:
        raise RmplError(f"not XML ({error})", where=f"{where}/{name}") from error


def _elements(archive: Archive, name: str, where: str) -> Iterator[ET.Element]:
    """Yield the elements of a part that may be missing."""
    if name in archive:
        yield from (element for event, element in _events(archive, name, where) if event == "end")


def _caption_styles(archive: Archive, where: str) -> frozenset[str]:
    """Return the ids of the style that Word calls "caption" in every language."""
    found = {"Caption"}
    for element in _elements(archive, "word/styles.xml", where):
        if _local(element.tag) == "style":
            names = (_value(one, "val") for one in element if _local(one.tag) == "name")
            if next(names, "").lower() == "caption":
                found.add(_value(element, "styleId"))
    return frozenset(found)


def _related(archive: Archive, where: str) -> dict[str, str]:
    """Return the members that a document refers to by a key; what is on the web is none."""
    found = {}
    for element in _elements(archive, "word/_rels/document.xml.rels", where):
        if _local(element.tag) == "Relationship" and element.get("TargetMode") != "External":
            target = element.get("Target", "")
            absolute = posixpath.normpath(posixpath.join("/word", target))
            found[element.get("Id", "")] = absolute.lstrip("/")
    return found


def _core(archive: Archive, where: str) -> dict[str, str]:
    return cleaned(
        {
            _CORE[_local(element.tag)]: element.text or ""
            for element in _elements(archive, "docProps/core.xml", where)
            if _local(element.tag) in _CORE
        }
    )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _value(element: ET.Element, name: str) -> str:
    """Return an attribute, whatever its namespace."""
    return next((value for key, value in element.attrib.items() if _local(key) == name), "")
