"""doccano's JSONL: one text per line, with ``entities`` and ``relations``, or ``label`` alone.

A line with spans in two of them is refused: which of them are meant is not known.
A relation from a span with an event's label is an argument; its type is the role. Offsets are
characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from rmpl.annotations.assemble import broken_file
from rmpl.annotations.marks import Annotated, Bond, Mark
from rmpl.errors import RmplError
from rmpl.io.files import decode, read_lines

COMMENT = "a comment of doccano"
_ENDINGS = (".jsonl", ".json", ".jsonl.gz")


class _Entity(msgspec.Struct):
    id: int | str
    label: str
    start_offset: int
    end_offset: int


class _Relation(msgspec.Struct):
    id: int | str
    from_id: int | str
    to_id: int | str
    type: str


class _Line(msgspec.Struct):
    text: str
    id: int | str | None = None
    entities: list[_Entity] | None = None
    relations: list[_Relation] = []
    label: list[tuple[int, int, str]] | None = None
    labels: list[tuple[int, int, str]] | None = None
    Comments: list[object] = []


_DECODER = msgspec.json.Decoder(_Line)


def read_doccano(path: Path) -> Iterator[Annotated]:
    """Yield the texts of a JSONL file, or of those in a folder.

    Raises
    ------
    RmplError
        If there is no such file.
    """
    files = (
        sorted(one for one in path.iterdir() if one.name.endswith(_ENDINGS))
        if path.is_dir()
        else [path]
    )
    if not files:
        raise RmplError("no .jsonl file", where=str(path), remedy="export from doccano as JSONL")
    for file in files:
        for where, content in read_lines(file):
            number = where.rpartition(":")[2]
            try:
                line = decode(_DECODER, content, where)
            except RmplError as error:
                remedy = "export spans and relations from doccano as JSONL"
                wrong = RmplError(error.what, where=error.where, remedy=remedy)
                yield broken_file(number, where, wrong)
                continue
            name = f"{file.stem}_{number if line.id is None else line.id}"
            yield _annotated(line, name, where)


def _annotated(line: _Line, name: str, where: str) -> Annotated:
    given = Annotated(name, where, line.text)
    lists = {"entities": line.entities, "label": line.label, "labels": line.labels}
    if all(one is None for one in lists.values()):
        given.refuse("neither entities nor label", where, "export with spans")
    filled = [key for key, one in lists.items() if one]
    if len(filled) > 1:
        what = f"spans in {' and in '.join(filled)}, of which one alone is read"
        given.refuse(what, where, "keep the list that is meant")
        return given
    for number, (start, end, label) in enumerate(line.label or line.labels or ()):
        given.marks.append(Mark(f"s{number}", label, start, end, f"{where}, span {number}"))
    for one in line.entities or ():
        place = f"{where}, entity {one.id}"
        given.marks.append(Mark(str(one.id), one.label, one.start_offset, one.end_offset, place))
    for bond in line.relations:
        given.bonds.append(
            Bond(
                f"r{bond.id}",
                bond.type,
                str(bond.from_id),
                str(bond.to_id),
                f"{where}, relation {bond.id}",
            )
        )
    for _ in line.Comments:
        given.leave_out(COMMENT, where)
    ids = [mark.id for mark in given.marks]
    if len(set(ids)) < len(ids):
        given.refuse("a repeated id of an entity", where)
    return given
