"""ACE 2005 (LDC2006T06) from its own files: ``X.sgm`` beside ``X.apf.xml``.

Character offsets refer to the .sgm without its tags: newlines count, ``&amp;`` counts as five, text
before ``<TEXT>`` counts, END is INCLUSIVE. Sentences and words are computed by rmpl
(``rmpl[ace]`` brings nupunkt) within the paragraphs of ``<TEXT>``, independently of the annotation.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from rmpl.corpora.ace.text import SourceSentence, split_source
from rmpl.corpora.text.mentions import RawArgument, RawDocument, RawEvent, RawSentence
from rmpl.corpora.text.selection import Selection, Types, outside_sentence, whole_documents
from rmpl.errors import RmplError
from rmpl.io.files import read_bytes
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.segmentation import require_splitter
from rmpl.ontology import Ontology
from rmpl.records import Document, Span

Extent = Literal["extent", "head"]

_MENTIONS = ("entity_mention", "value_mention", "timex2_mention")


class _Chars(NamedTuple):
    """A character span of the .sgm without tags, end exclusive."""

    start: int
    end: int


class _Event(NamedTuple):
    event_type: str
    anchor: _Chars
    arguments: list[tuple[str, _Chars]]


class _Annotation(NamedTuple):
    document_id: str
    entities: list[_Chars]
    events: list[_Event]


def read_ace(
    path: Path,
    *,
    names: frozenset[str] | None = None,
    extent: Extent = "extent",
    ontology: Ontology | None = None,
    types: Types = "mapped",
    heads: bool = False,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read ACE 2005; one document per pair of files.

    Parameters
    ----------
    path
        A folder, searched recursively, or one .sgm file. If a document is in several folders, the
        corrected version is used: ``timex2norm`` before ``adj`` before ``fp1`` and ``fp2``.
    names
        The documents of a split, by file stem; all by default.
    extent
        Whether arguments are the full extents of mentions, as in JMEE, or heads, as in OneIE.
    ontology
        The schema: event types and roles to read; M2E2's by default.
    types, heads
        ``"all"`` keeps every event with the corpus's own type and roles; ``heads`` reduces
        arguments to the heads of their phrases.
    on_error, report
        As in every reader. Triggers outside all sentences and arguments outside the trigger's
        sentence are left out and counted.

    Raises
    ------
    RmplError
        If there are no such files, or the sentence splitter is not installed. Invalid documents
        are handled according to ``on_error``.
    """
    require_splitter("raw ACE", "ace")
    selection = Selection(ontology, on_error, report, types=types, heads=heads)
    files = _files(Path(path))
    for missing in sorted((names or frozenset()) - files.keys()):
        selection.report.leave_out("a missing document of the split", missing)
    sources = [source for name, source in files.items() if names is None or name in names]
    yield from whole_documents(_documents(sources, extent, selection), selection)


def _documents(sources: list[Path], extent: Extent, selection: Selection) -> Iterator[RawDocument]:
    for source in sources:
        try:
            annotation = _annotation(source.with_suffix(".apf.xml"), extent)
            sentences = split_source(_text(source, selection.report), str(source))
            assigned = _assign(annotation, sentences, selection.report, str(source))
            yield RawDocument(annotation.document_id, assigned, str(source))
        except RmplError as error:
            selection.refuse(error)


def _text(source: Path, report: ReadReport) -> str:
    text = read_bytes(source).decode("utf-8", "replace")
    if "\ufffd" in text:
        report.warn("a source with characters that are not UTF-8", str(source))
    return text


def _files(path: Path) -> dict[str, Path]:
    if path.is_file():
        return {path.stem: path}
    order = ("timex2norm", "adj", "fp1", "fp2")

    def rank(source: Path) -> tuple[int, str]:
        folder = source.parent.name
        return (order.index(folder) if folder in order else len(order), str(source))

    found: dict[str, Path] = {}
    for source in sorted(path.rglob("*.sgm"), key=rank):
        found.setdefault(source.stem, source)
    if not found:
        raise RmplError(
            "no .sgm files", where=str(path), remedy="give ACE's data/English or one .sgm file"
        )
    return dict(sorted(found.items()))


def _annotation(path: Path, extent: Extent) -> _Annotation:
    try:
        # Expat refuses entity bombs, and ElementTree loads no external entities.
        root = ET.fromstring(read_bytes(path))  # noqa: S314
        document = root if root.tag == "document" else root.find("document")
        if document is None:
            raise RmplError("no <document>", where=str(path))
        mentions: dict[str, _Chars] = {}
        entities = []
        for tag in _MENTIONS:
            for mention in document.iter(tag):
                # Values and times have an extent but no head.
                chars = _chars(mention, extent if mention.find(extent) is not None else "extent")
                if mentions.setdefault(_attribute(mention, "ID"), chars) != chars:
                    raise ValueError(f"{_name(mention)} is repeated")
                if tag == "entity_mention":
                    entities.append(chars)
        events = [
            _event(event, mention, mentions)
            for event in document.iter("event")
            for mention in event.iter("event_mention")
        ]
        return _Annotation(_attribute(document, "DOCID"), entities, events)
    except ET.ParseError as error:
        raise RmplError(f"not XML ({error})", where=str(path)) from error
    except ValueError as error:
        raise RmplError(f"not an ACE annotation: {error}", where=str(path)) from error


def _event(event: ET.Element, mention: ET.Element, mentions: dict[str, _Chars]) -> _Event:
    arguments = []
    for argument in mention.iter("event_mention_argument"):
        named = mentions.get(_attribute(argument, "REFID"))
        if named is None:
            raise ValueError(f"an argument of {_name(mention)} is not a mention")
        arguments.append((_attribute(argument, "ROLE"), named))
    event_type = f"{_attribute(event, 'TYPE')}:{_attribute(event, 'SUBTYPE')}"
    return _Event(event_type, _chars(mention, "anchor"), arguments)


def _chars(mention: ET.Element, part: str) -> _Chars:
    charseq = mention.find(f"{part}/charseq")
    if charseq is None:
        raise ValueError(f"{_name(mention)} has no <{part}> with a <charseq>")
    start, end = _attribute(charseq, "START"), _attribute(charseq, "END")
    if not (start.isdecimal() and end.isdecimal()):
        raise ValueError(f"the <{part}> of {_name(mention)} is not between two numbers")
    return _Chars(int(start), int(end) + 1)


def _attribute(element: ET.Element, name: str) -> str:
    if name not in element.attrib:
        raise ValueError(f"{_name(element)} has no {name}")
    return element.attrib[name]


def _name(element: ET.Element) -> str:
    return f"<{element.tag} ID={element.get('ID', '?')}>"


def _assign(
    annotation: _Annotation, sources: list[SourceSentence], report: ReadReport, where: str
) -> list[RawSentence]:
    entities: list[list[Span]] = [[] for _ in sources]
    events: list[list[RawEvent]] = [[] for _ in sources]
    for chars in annotation.entities:
        place = _find(chars, sources)
        if place is None:
            report.leave_out("an entity mention outside all sentences", where)
        else:
            entities[place[0]].append(place[1])
    for event in annotation.events:
        anchor = _find(event.anchor, sources)
        if anchor is None:
            report.leave_out("a trigger outside all sentences", where)
            continue
        number, trigger = anchor
        arguments = []
        for role, chars in event.arguments:
            span = sources[number].span(chars.start, chars.end)
            if span is None:
                outside_sentence(report, "an argument", where)
            else:
                arguments.append(RawArgument(role, span.start, span.end))
        events[number].append(RawEvent(event.event_type, trigger.start, trigger.end, arguments))
    name = annotation.document_id
    return [
        RawSentence(source.sentence(f"{name}_{number}", entities[number]), own, where)
        for number, (source, own) in enumerate(zip(sources, events, strict=True))
    ]


def _find(chars: _Chars, sources: list[SourceSentence]) -> tuple[int, Span] | None:
    for number, source in enumerate(sources):
        span = source.span(chars.start, chars.end)
        if span is not None:
            return number, span
    return None


def read_names(path: Path) -> frozenset[str]:
    """Read the document names of a split, one per line, with or without folder and suffix.

    Raises
    ------
    RmplError
        If there is no such file.
    """
    text = read_bytes(path).decode("utf-8", "replace")
    names = (re.sub(r"(\.sgm|\.apf\.xml)$", "", line.strip()) for line in text.splitlines())
    return frozenset(name.rsplit("/", 1)[-1] for name in names if name)
