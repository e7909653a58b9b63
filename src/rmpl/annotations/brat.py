"""brat standoff: ``NAME.txt`` beside ``NAME.ann``.

Lines of the ``.ann``: ``T1<TAB>Person 0 5<TAB>Reyes`` (spans, discontinuous ones with ``;``),
``E1<TAB>Arrest:T2 Person:T1`` (events), ``R1<TAB>Role Arg1:T1 Arg2:T2`` (relations). Notes,
attributes, normalisations and equivalences are counted and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from rmpl.annotations.assemble import broken_file
from rmpl.annotations.base import GONE, read_base
from rmpl.annotations.marks import Annotated, Bond, Event, Mark, Role
from rmpl.annotations.placing import says
from rmpl.errors import RmplError
from rmpl.io.files import BOM, opened, read_bytes
from rmpl.io.read_report import ReadReport

NO_ANN = "a text without its .ann: not annotated yet"
DISCONTINUOUS = "a discontinuous span, taken from its first to its last character"
COUNTED = "offsets that count the byte order mark of their text, converted"
ID = "rmpl id: "
"""What a note begins with that holds the id of an event or relation."""
_LEFT_OUT = {
    "A": "an attribute",
    "M": "an attribute",
    "N": "a normalisation",
    "#": "a note",
    "*": "an equivalence",
}
_SPAN = re.compile(r"(\S+) (\d+ \d+(?:;\d+ \d+)*)")
_EVENT = re.compile(r"(\S+):(T\d+)((?: \S+:\S+)*) ?")
_RELATION = re.compile(r"(\S+) (\S+):(\S+) (\S+):(\S+)\s*")


def read_brat(path: Path, report: ReadReport) -> Iterator[Annotated]:
    """Yield the annotated texts of a folder, in depth, or that of one ``.ann`` or ``.txt``.

    Raises
    ------
    RmplError
        If there is no ``.ann`` at all, or the documents beside them cannot be read.
    """
    folder = path if path.is_dir() else path.parent
    files = sorted(path.rglob("*.ann")) if path.is_dir() else [path.with_suffix(".ann")]
    if not files or not files[0].is_file():
        raise RmplError(
            "no .ann file", where=str(path), remedy="give the folder with .txt and .ann files"
        )
    bases = read_base(folder)
    for file in files:
        stem = file.relative_to(folder).with_suffix("").as_posix()
        name = unquote(stem) if unquote(stem) in bases else stem
        base = bases.pop(name, None)
        try:
            text, is_marked = _text(file)
        except RmplError as error:
            yield broken_file(name, str(file), error)
            continue
        given = _read(Annotated(name, str(file), text, base), file)
        if is_marked:
            counted = _read(Annotated(name, str(file), text, base), file, before=1)
            if _misfits(counted) < _misfits(given):
                given = counted
                given.warn(COUNTED, str(file.with_suffix(".txt")))
        yield given
    for name in bases if path.is_dir() else ():
        report.leave_out(GONE, name)
    if path.is_dir():
        for alone in sorted(path.rglob("*.txt")):
            if not alone.with_suffix(".ann").is_file():
                report.leave_out(NO_ANN, str(alone))


def _read(given: Annotated, file: Path, before: int = 0) -> Annotated:
    _Reading(given, before).lines(file)
    return given


def _misfits(given: Annotated) -> int:
    """Return how much does not fit the text."""
    texts = (says(given.text, mark, (mark.start, mark.end)) for mark in given.marks)
    return len(given.problems) + sum(not is_said for is_said in texts)


def _text(file: Path) -> tuple[str, bool]:
    """Return the text of an ``.ann``, and whether a byte order mark, left out, was before it."""
    text = file.with_suffix(".txt")
    if not text.is_file():
        raise RmplError("an .ann without its .txt", where=str(file), remedy="put it beside it")
    with opened(text) as stream:
        is_marked = stream.read(len(BOM)) == BOM
    return decoded(read_bytes(text), str(text)), is_marked


def decoded(data: bytes, where: str) -> str:
    """Return a text, with its line ends as they are: offsets count them.

    Raises
    ------
    RmplError
        If it is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RmplError(
            f"not UTF-8 (byte {error.start})", where=where, remedy="convert the file to UTF-8"
        ) from error


class _Reading:
    """Reads the lines of an ``.ann``; ``before`` is what offsets count before the text."""

    def __init__(self, given: Annotated, before: int) -> None:
        self._given = given
        self._before = before
        self._seen: set[str] = set()

    def lines(self, file: Path) -> None:
        try:
            text = decoded(read_bytes(file), str(file))
        except RmplError as error:
            self._given.problems.append(error)
            return
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                self._line(line.rstrip("\r"), f"{file}:{number}")

    def _line(self, line: str, where: str) -> None:
        name, _, rest = line.partition("\t")
        what, given = name[:1], self._given
        if what == "#" and ID in rest:
            target = rest.split("\t")[0].split(" ")[-1]
            given.event_ids[target] = rest.split(ID, 1)[1]
            return
        if what in _LEFT_OUT:
            given.leave_out(f"{_LEFT_OUT[what]} of brat", where)
            return
        if name in self._seen:
            given.refuse(f"a repeated id {name}", where, "ids are unique within a file")
            return
        self._seen.add(name)
        read = {"T": self._span, "E": self._event, "R": self._relation}.get(what)
        if read is None or not read(name, rest, where):
            given.refuse(
                f"not a line of brat ({line[:60]!r})",
                where,
                "compare it with brat's standoff format",
            )

    def _span(self, name: str, rest: str, where: str) -> bool:
        head, _, text = rest.partition("\t")
        found = _SPAN.fullmatch(head.strip())
        if found is None:
            return False
        pieces = [
            tuple(int(offset) - self._before for offset in piece.split(" "))
            for piece in found[2].split(";")
        ]
        start, end = pieces[0][0], pieces[-1][1]
        said: str | None = text
        if len(pieces) > 1:
            said = None
            whole = self._given.text
            words = [word for a, b in pieces for word in whole[a:b].split()]
            if words != text.split():
                other = f"{where}: {' '.join(words)[:60]!r}, not {text[:60]!r}"
                self._given.refuse("a text that is not what its span says", other)
                return True
            self._given.warn(DISCONTINUOUS, where)
        self._given.marks.append(Mark(name, found[1], start, end, where, said))
        return True

    def _event(self, name: str, rest: str, where: str) -> bool:
        found = _EVENT.fullmatch(rest)
        if found is None:
            return False
        roles = []
        for pair in found[3].split():
            label, _, target = pair.rpartition(":")
            roles.append(Role(label, target, where))
        self._given.events.append(Event(name, found[1], found[2], tuple(roles), where))
        return True

    def _relation(self, name: str, rest: str, where: str) -> bool:
        found = _RELATION.fullmatch(rest)
        if found is None:
            return False
        head, tail = found[3], found[5]
        if (found[2], found[4]) == ("Arg2", "Arg1"):
            head, tail = tail, head
        self._given.bonds.append(Bond(name, found[1], head, tail, where))
        return True
