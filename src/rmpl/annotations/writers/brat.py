"""Documents as brat's files: ``NAME.txt`` with a sentence per line, and ``NAME.ann``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from rmpl.annotations.brat import ID
from rmpl.annotations.mapping import ARGUMENT, ENTITY, Mapping, plain_label
from rmpl.annotations.placing import BETWEEN, text_of
from rmpl.annotations.writers.common import Names, labelled_spans, offsets_of, write_beside
from rmpl.errors import RmplError
from rmpl.io.files import write_file
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.records import Document, Sentence, Span

_LONGEST = 240  # bytes of a file's name, with room for its ending


def write_brat(
    documents: list[Document], folder: Path, ontology: Ontology, report: ReadReport
) -> None:
    """Write documents into an empty folder, with brat's configuration.

    Parameters
    ----------
    documents
        The documents; what brat does not hold (images) is kept in a file beside.
    folder
        An empty folder.
    ontology
        The types and roles that annotators may choose.
    report
        Counts what cannot be written.

    Raises
    ------
    RmplError
        If an id is too long for the name of a file.
    """
    names = Names(documents, ontology)
    types = _labels(names.types())
    roles = _labels(names.roles())
    relations = _labels(names.relations)
    for document in documents:
        stem = _file_name(document.id)
        write_file(folder / f"{stem}.txt", text_of(document))
        lines = _Lines(document, types, roles, relations, report).lines()
        write_file(folder / f"{stem}.ann", "".join(f"{line}\n" for line in lines))
    mapping = Mapping(
        events={label: name for name, label in types.items()},
        roles={label: name for name, label in roles.items()},
        entities=(ENTITY,),
        relations={label: name for name, label in relations.items()},
    )
    write_beside(folder, documents, mapping)
    write_file(folder / "annotation.conf", _configuration(names, types, roles, relations))


def _file_name(name: str) -> str:
    stem = quote(name, safe=" ,;=+@()")
    if stem.startswith("."):
        stem = f"%2E{stem[1:]}"
    if len(stem) > _LONGEST:
        raise RmplError(
            "an id too long for the name of a file", where=name[:80], remedy="shorten it"
        )
    return stem


def _labels(names: list[str]) -> dict[str, str]:
    """Return a label of letters, digits, ``-`` and ``_`` for every name."""
    found: dict[str, str] = {}
    for name in names:
        label = plain_label(name) or "_"
        while label in found.values():
            label += "_"
        found[name] = label
    return found


class _Lines:
    """The lines of an ``.ann``."""

    def __init__(
        self,
        document: Document,
        types: dict[str, str],
        roles: dict[str, str],
        relations: dict[str, str],
        report: ReadReport,
    ) -> None:
        self._types, self._roles, self._relations = types, roles, relations
        self._document = document
        self._offsets = offsets_of(document, BETWEEN)
        self._sentences = {one.id: one for one in document.sentences}
        self._lines: list[str] = []
        self._spans = 0
        self._report = report

    def lines(self) -> list[str]:
        """Return the lines: spans, then each event after its trigger, then relations and notes."""
        spans, events = labelled_spans(self._document, self._report)
        names = {
            (sentence.id, span): self._span(label, sentence, span)
            for sentence, span, label in spans
        }
        notes = []
        for number, event in enumerate(events, start=1):
            label = self._types[event.event_type]
            sentence = self._sentences[event.sentence_id]
            parts = [f"{label}:{self._span(label, sentence, event.trigger)}"]
            times: dict[str, int] = {}
            for argument in event.arguments:
                role = self._roles[argument.role]
                times[role] = times.get(role, 0) + 1
                which = "" if times[role] == 1 else str(times[role])
                parts.append(f"{role}{which}:{names[sentence.id, argument.span]}")
            self._lines.append(f"E{number}\t{' '.join(parts)}")
            if event.id != f"E{number}":
                notes.append((f"E{number}", event.id))
        for number, one in enumerate(self._document.relations, start=1):
            head, tail = (names[one.sentence_id, span] for span in (one.head, one.tail))
            label = self._relations[one.label]
            self._lines.append(f"R{number}\t{label} Arg1:{head} Arg2:{tail}")
        for number, (name, given) in enumerate(notes, start=1):
            self._lines.append(f"#{number}\tAnnotatorNotes {name}\t{ID}{given}")
        return self._lines

    def _span(self, label: str, sentence: Sentence, span: Span) -> str:
        self._spans += 1
        start, end = sentence.chars(span)
        offset = self._offsets[sentence.id]
        text = " ".join(sentence.text[start:end].split("\n"))
        name = f"T{self._spans}"
        self._lines.append(f"{name}\t{label} {offset + start} {offset + end}\t{text}")
        return name


def _configuration(
    names: Names, types: dict[str, str], roles: dict[str, str], relations: dict[str, str]
) -> str:
    """Return brat's ``annotation.conf``: what annotators may choose."""
    events = [
        f"{types[name]}\t{', '.join(f'{roles[role]}*:<ENTITY>' for role in kept)}".rstrip()
        for name, kept in names.text.items()
    ]
    bonds = [f"{label}\tArg1:<ENTITY>, Arg2:<ENTITY>" for label in relations.values()]
    sections: tuple[tuple[str, list[str]], ...] = (
        ("entities", [ENTITY, ARGUMENT]),
        ("events", events),
        ("relations", bonds),
        ("attributes", []),
    )
    return "\n".join("\n".join([f"[{title}]", *lines, ""]) for title, lines in sections)
