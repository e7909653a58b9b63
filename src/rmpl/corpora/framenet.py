"""FrameNet (Baker et al., ACL 1998), releases 1.5 and 1.7, mapped onto M2E2's types.

``fulltext/`` has 78 documents in which every frame is annotated, ``lu/`` example sentences of each
lexical unit in which ONE target is. Labels are in CHARACTERS of the sentence, end INCLUSIVE. Texts
are tokenised: words stand between blanks.
"""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.text.mentions import RawArgument, RawDocument, RawEvent, RawSentence
from rmpl.corpora.text.selection import Selection, Types, whole_documents
from rmpl.corpora.xml_files import read_xml
from rmpl.errors import RmplError
from rmpl.io.files import opened
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import Ontology, load_mapping
from rmpl.records import Document, Span

_NAMESPACE = "{http://framenet.icsi.berkeley.edu}"
_HEAD_BYTES = 4096
_FRAME = re.compile(rb'<lexUnit[^>]*\sframe="([^"]+)"')
# Two thirds of a lexical unit's bytes: valence patterns and layers that are not read.
_UNREAD = re.compile(
    rb"<valences>.*?</valences>"
    rb'|<layer rank="\d+" name="(?:BNC|PENN|NER|WSL|GF|PT|Sent|Other|Noun|Verb|Adj|Adv|Prep)">'
    rb".*?</layer>",
    re.DOTALL,
)


class _Text(NamedTuple):
    """The text of a sentence and the character spans of its words, end exclusive."""

    text: str
    words: list[tuple[int, int]]

    def span(self, start: int, end: int, where: str) -> Span:
        """Return the words that characters ``start`` to ``end`` (exclusive) overlap.

        Raises
        ------
        RmplError
            If the characters are not in the text, or only blanks.
        """
        inside = [i for i, (first, last) in enumerate(self.words) if first < end and start < last]
        if not 0 <= start < end <= len(self.text) or not inside:
            raise RmplError(
                "a label outside the text",
                where=f"{where}, characters {start} to {end} of {len(self.text)}",
            )
        return Span(inside[0], inside[-1] + 1)


class _Unit(NamedTuple):
    """A lexical unit: its frame, and its name with the part of speech, ``attack.v``."""

    frame: str
    name: str

    @property
    def is_noun(self) -> bool:
        return self.name.endswith(".n")


class _Reading(NamedTuple):
    """What reading a release needs: the frames it defines, and what to select."""

    frames: frozenset[str]
    selection: Selection


def read_framenet(
    path: Path,
    *,
    ontology: Ontology | None = None,
    types: Types = "mapped",
    heads: bool = False,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read FrameNet's full texts; one document per file.

    Parameters
    ----------
    path
        The folder of a release, with ``frame`` and ``fulltext``.
    ontology
        The types and roles to keep, of M2E2's names or frames; M2E2's by default.
    types, heads
        ``"all"`` keeps every frame with its own name and elements; ``heads`` reduces arguments to
        the heads of their phrases.
    on_error, report
        As in every reader. Sentences without any frame are unannotated: left out and counted. So
        are sentences with a frame of a type to keep whose target is discontinuous or missing.

    Raises
    ------
    RmplError
        If a folder is missing. Invalid files and sentences are handled according to ``on_error``.
    """
    selection = _selection(ontology, on_error, report, types=types, heads=heads)
    files, reading = _files(path, "fulltext"), _Reading(_frames(path), selection)
    return whole_documents(_full_texts(files, reading), selection)


def read_framenet_examples(
    path: Path,
    *,
    ontology: Ontology | None = None,
    types: Types = "mapped",
    heads: bool = False,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read the example sentences of FrameNet's lexical units; one partial document per example.

    Parameters
    ----------
    path
        The folder of a release, with ``frame`` and ``lu``.
    ontology, types, heads
        As in ``read_framenet``.
    on_error, report
        As in every reader. Only manual annotation is read.

    Raises
    ------
    RmplError
        If a folder is missing. Invalid files and sentences are handled according to ``on_error``.
    """
    selection = _selection(ontology, on_error, report, types=types, heads=heads)
    files, reading = _files(path, "lu"), _Reading(_frames(path), selection)
    return whole_documents(_examples(files, reading), selection, with_events=True)


def _selection(
    ontology: Ontology | None,
    on_error: OnError,
    report: ReadReport | None,
    *,
    types: Types,
    heads: bool,
) -> Selection:
    mapping = load_mapping("framenet")
    return Selection(
        ontology, on_error, report, mapping, types=types, heads=heads, lists_names=False
    )


def _files(path: Path, folder: str) -> list[Path]:
    found = sorted((path / folder).glob("*.xml"))
    if not found:
        raise RmplError(
            f"no XML files in {folder}/",
            where=str(path),
            remedy="give the folder of a FrameNet release, which has frame/, fulltext/ and lu/",
        )
    return found


def _frames(path: Path) -> frozenset[str]:
    return frozenset(file.stem for file in _files(path, "frame"))


def _root(file: Path, tag: str) -> ET.Element:
    root = read_xml(file, without=_UNREAD)
    if root.tag != _NAMESPACE + tag:
        raise RmplError(f"not a FrameNet file (no {tag})", where=str(file))
    return root


def _full_texts(files: list[Path], reading: _Reading) -> Iterator[RawDocument]:
    selection = reading.selection
    for file in files:
        try:
            root = _root(file, "fullTextAnnotation")
        except RmplError as error:
            selection.refuse(error)
            continue
        sentences = []
        for number, element in enumerate(root.iter(_NAMESPACE + "sentence")):
            where = f"{file}, sentence {number}"
            try:
                found = _full_sentence(element, f"{file.stem}_{number}", reading, where)
            except RmplError as error:
                selection.refuse(error)
                continue
            if found is not None:
                sentences.append(found)
        if sentences:
            yield RawDocument(file.stem, sentences, str(file))


def _full_sentence(
    element: ET.Element, name: str, reading: _Reading, where: str
) -> RawSentence | None:
    sets = [one for one in element.iter(_NAMESPACE + "annotationSet") if one.get("frameName")]
    if not sets:
        reading.selection.report.leave_out("a sentence without any frame set", where)
        return None
    text = _text(element)
    reading.selection.report.use("frame sets", len(sets))
    events = [
        _event(one, _Unit(one.get("frameName", ""), one.get("luName", "")), text, reading, where)
        for one in sets
    ]
    return _sentence(name, text, events, where)


def _examples(files: list[Path], reading: _Reading) -> Iterator[RawDocument]:
    selection = reading.selection
    for file in files:
        try:
            if not _has_kept_frame(file, selection):
                selection.report.leave_out(
                    "a lexical unit of a frame outside the schema", str(file)
                )
                continue
            root = _root(file, "lexUnit")
            unit = _Unit(root.get("frame", ""), root.get("name", ""))
            if unit.frame not in reading.frames:
                selection.report.leave_out("a lexical unit of an unknown frame", str(file))
                continue
        except RmplError as error:
            selection.refuse(error)
            continue
        for element in root.iter(_NAMESPACE + "sentence"):
            yield from _examples_of(element, unit, file, reading)


def _has_kept_frame(file: Path, selection: Selection) -> bool:
    """Return whether a lexical unit's frame may be kept, from the file's first bytes alone."""
    with opened(file) as opening:
        found = _FRAME.search(opening.read(_HEAD_BYTES))
    return found is None or selection.keeps(found[1].decode("utf-8", "replace"))


def _examples_of(
    element: ET.Element, unit: _Unit, file: Path, reading: _Reading
) -> Iterator[RawDocument]:
    text, selection = _text(element), reading.selection
    for number, annotation in enumerate(element.iter(_NAMESPACE + "annotationSet")):
        where = f"{file}, annotation set {annotation.get('ID', number)}"
        status = annotation.get("status")
        if status != "MANUAL":
            if status != "UNANN":
                selection.report.leave_out("an automatic annotation set", where)
            continue
        selection.report.use("annotation sets")
        name = f"{file.stem}_{annotation.get('ID', number)}"
        try:
            event = _event(annotation, unit, text, reading, where)
            sentence = _sentence(f"{name}_0", text, [event], where)
        except RmplError as error:
            selection.refuse(error)
            continue
        yield RawDocument(name, [sentence], where, partial=True)


def _text(element: ET.Element) -> _Text:
    text = element.findtext(_NAMESPACE + "text") or ""
    return _Text(text, [found.span() for found in re.finditer(r"\S+", text)])


def _sentence(name: str, text: _Text, events: list[RawEvent], where: str) -> RawSentence:
    words = [text.text[start:end] for start, end in text.words]
    sentence = sentence_from_words(name, words, text=text.text, where=where)
    return RawSentence(sentence, events, where)


def _event(
    annotation: ET.Element, unit: _Unit, text: _Text, reading: _Reading, where: str
) -> RawEvent:
    frame, selection = unit.frame, reading.selection
    if frame not in reading.frames:
        return _unusable(frame, "an unknown frame", selection, where)
    targets = sorted(
        text.span(start, end, where) for _, start, end in _labels(annotation, "Target")
    )
    if not targets:
        return _unusable(frame, "a frame without a target", selection, where)
    if any(one.end < other.start for one, other in itertools.pairwise(targets)):
        return _unusable(frame, "a discontinuous target", selection, where)
    target = Span(targets[0].start, targets[-1].end)
    elements = [
        (name, text.span(start, end, where)) for name, start, end in _labels(annotation, "FE")
    ]
    if selection.types == "mapped":
        own = {name for name, span in elements if _overlap(span, target)}
        elements = [(name, span) for name, span in elements if not _overlap(span, target)]
        mapped = selection.mapping.get(frame)
        # "murderer" evokes Killing and is its Killer: ACE marks a mention of a person, no event.
        if unit.is_noun and mapped is not None and own & mapped.roles.keys():
            return _unusable(frame, "a noun that names a participant", selection, where)
    arguments = [RawArgument(name, span.start, span.end) for name, span in elements]
    return RawEvent(frame, target.start, target.end, arguments)


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _unusable(frame: str, reason: str, selection: Selection, where: str) -> RawEvent:
    selection.report.leave_out(reason, where)
    return RawEvent(frame, 0, 1, [], unusable=reason)


def _labels(annotation: ET.Element, name: str) -> Iterator[tuple[str, int, int]]:
    """Yield the labels of a layer's first rank; its second repeats or refines them.

    A label without a place (``itype``) names an element that the sentence does not express.
    """
    for layer in annotation.iter(_NAMESPACE + "layer"):
        if layer.get("name") != name or layer.get("rank", "1") != "1":
            continue
        for label in layer.iter(_NAMESPACE + "label"):
            start, end = label.get("start", ""), label.get("end", "")
            if start.isdecimal() and end.isdecimal():
                yield label.get("name", ""), int(start), int(end) + 1
