r"""WebAnno TSV 3, as INCEpTION and WebAnno export it.

The head names the layers: ``#T_SP=`` of spans with their features, ``#T_RL=`` of relations. A line
per token follows: ``1-2<TAB>7-15<TAB>arrested<TAB>Arrest[1]<TAB>...``, with offsets in UTF-16
units. A value's number joins tokens to one span; ``|`` separates stacked ones. Arguments are a
relation layer (role; its line is that of the argument, its last column the trigger's token) or a
link feature of the trigger (roles, then tokens, each separated by ``;``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmpl.annotations.assemble import broken_file
from rmpl.annotations.brat import decoded
from rmpl.annotations.marks import Annotated, Bond, Mark
from rmpl.errors import RmplError
from rmpl.io.files import read_bytes

FEATURES = "a further feature of a span or relation"
CHAIN = "an element of a chain (coreference)"
_NONE, _UNNAMED = "_", "*"
_VALUE = re.compile(r"(.*?)(?:\[(\d+)\])?", re.DOTALL)
_TARGET = re.compile(r"(\d+-\d+(?:\.\d+)?)(?:\[(\d+)(?:_(\d+))?\])?")
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_LABELS = ("label", "value", "category", "type", "role")
"""Features that are taken for a layer's label before its others."""


class _Layer(NamedTuple):
    """A layer, the numbers of its columns, and what they are."""

    name: str
    is_relation: bool
    features: tuple[tuple[int, str], ...]
    links: tuple[tuple[int, int], ...] = ()
    """The columns of the roles and of the targets of a link feature."""
    target: int = -1


class _Token(NamedTuple):
    number: str
    start: int
    end: int
    text: str
    columns: list[str]
    where: str


def read_webanno(path: Path) -> Iterator[Annotated]:
    """Yield the documents of a folder's ``.tsv`` files, in depth, or of one file.

    Raises
    ------
    RmplError
        If there is none.
    """
    files = sorted(path.rglob("*.tsv")) if path.is_dir() else [path]
    if not files:
        raise RmplError("no .tsv file", where=str(path), remedy="export as WebAnno TSV v3.3")
    for file in files:
        folder = path if path.is_dir() else path.parent
        name = file.relative_to(folder).with_suffix("").as_posix()
        try:
            yield _Reading(file, name).given
        except RmplError as error:
            yield broken_file(name, str(file), error)


class _Reading:
    """Reads one file."""

    def __init__(self, file: Path, name: str) -> None:
        self.given = Annotated(name, str(file), utf16=True)
        self._layers: list[_Layer] = []
        self._columns = 0
        self._texts: list[str] = []
        self._units = 0
        self._spans: dict[tuple[int, str], Mark] = {}
        """By layer, and number of the span or of its only token."""
        self._chains: list[int] = []
        """The columns of chains, which are not read."""
        self._at: dict[str, list[str]] = {}
        """The marks at each token."""
        tokens = self._tokens(decoded(read_bytes(file), str(file)), file)
        for layer_number, layer in enumerate(self._layers):
            if not layer.is_relation:
                self._read_spans(layer_number, layer, tokens)
        self.given.marks = list(self._spans.values())
        for layer in self._layers:
            self._read_bonds(layer, tokens)
        self.given.text = "".join(self._texts)
        self._compare(tokens)

    def _tokens(self, text: str, file: Path) -> list[_Token]:
        lines = text.split("\n")
        if not lines[0].startswith("#FORMAT=WebAnno TSV 3"):
            raise RmplError(
                "not WebAnno TSV 3", where=f"{file}:1", remedy="export as WebAnno TSV v3.3"
            )
        tokens: list[_Token] = []
        sentence: str | None = None
        for number, raw in enumerate(lines, start=1):
            line, where = raw.rstrip("\r"), f"{file}:{number}"
            if line.startswith(("#T_SP=", "#T_RL=", "#T_CH=")):
                self._layer(line)
            elif line.startswith("#Text="):
                part = line.removeprefix("#Text=")
                sentence = part if sentence is None else f"{sentence}\\n{part}"
            elif not line.strip() or line.startswith("#"):
                continue
            else:
                token = _token(line, self._columns, where)
                if sentence is not None:
                    self._place(_plain(sentence), token, line.split("\t")[2])
                    sentence = None
                tokens.append(token)
        return tokens

    def _layer(self, line: str) -> None:
        """Read a layer of the head; its columns follow those of the layers before."""
        kind, _, rest = line.partition("=")
        name, *features = rest.split("|")
        first = 3 + self._columns
        plain: list[tuple[int, str]] = []
        links: list[tuple[int, int]] = []
        target, column = -1, first
        if kind == "#T_CH":  # chains: two columns
            self._chains.append(first)
            self._columns += 2
            return
        skip = False
        for number, feature in enumerate(features):
            if skip:
                skip = False
                continue
            if feature.startswith("ROLE_"):
                links.append((column, column + 1))
                column += 2
                skip = number + 1 < len(features)
            elif feature.startswith("BT_"):
                target = column
                column += 1
            else:
                plain.append((column, feature))
                column += 1
        column = max(column, first + 1)
        plain.sort(key=lambda one: (one[1].rpartition(".")[2].lower() not in _LABELS, one[0]))
        short = name.rpartition(".")[2]
        self._layers.append(_Layer(short, kind == "#T_RL", tuple(plain), tuple(links), target))
        self._columns += column - first

    def _place(self, sentence: str, first: _Token, word: str) -> None:
        """Put a sentence where its first token says that it is."""
        before = sentence.find(_plain(word))
        if before < 0:
            raise RmplError(
                "a text without its first token", where=first.where, remedy="export it anew"
            )
        start = first.start - _units(sentence[:before])
        if start < self._units:
            raise RmplError("tokens out of order", where=first.where, remedy="export it anew")
        gap = start - self._units
        self._texts += ["\n" * gap, sentence]
        self._units += gap + _units(sentence)

    def _compare(self, tokens: list[_Token]) -> None:
        """Refuse tokens that are not in the text where they say, and count what is not read."""
        units = self.given.text.encode("utf-16-le")
        for token in tokens:
            said = units[2 * token.start : 2 * token.end].decode("utf-16-le", "replace")
            if said != token.text:
                self.given.refuse(
                    "a text that is not what its span says",
                    f"{token.where}: {said[:60]!r}, not {token.text[:60]!r}",
                    "export it anew",
                )
            for column in self._chains:
                if token.columns[column] not in {_NONE, ""}:
                    self.given.leave_out(CHAIN, token.where)

    def _read_spans(self, number: int, layer: _Layer, tokens: list[_Token]) -> None:
        for token in tokens:
            cells = [_values(token.columns[column]) for column, _ in layer.features]
            if not cells:
                roles = [column for column, _ in layer.links] or [-1]
                cells = [_values(token.columns[roles[0]])] if roles[0] >= 0 else []
            for place in range(max(map(len, cells), default=0)):
                values = [cell[place] for cell in cells if place < len(cell)]
                key = next((one for _, one in values if one), "")
                names = [value for value, _ in values if value not in {_NONE, _UNNAMED, ""}]
                if not layer.features:
                    names = []
                for _ in names[1:]:
                    self.given.leave_out(FEATURES, f"{token.where}: {layer.name}")
                self._add(number, layer, key, names[0] if names else layer.name, token)

    def _add(self, number: int, layer: _Layer, key: str, label: str, token: _Token) -> None:
        found = (number, key or f"at {token.number}")
        before = self._spans.get(found)
        start = token.start if before is None else before.start
        where = token.where if before is None else before.where
        name = f"{layer.name} {found[1]}"
        self._spans[found] = Mark(name, label, start, token.end, where)
        self._at.setdefault(token.number, []).append(name)

    def _read_bonds(self, layer: _Layer, tokens: list[_Token]) -> None:
        done: set[tuple[str, str, str]] = set()
        for token in tokens:
            if layer.is_relation and layer.target >= 0:
                self._relations(layer, token)
            for roles, targets in layer.links:
                heads = [one for one in self._at.get(token.number, []) if self._is_of(one, layer)]
                names = _stacked(token.columns[roles])
                places = _stacked(token.columns[targets])
                self._same_number(names, places, token)
                for head, role_cell, target_cell in zip(heads, names, places, strict=False):
                    self._links(head, role_cell, target_cell, token, done)

    def _is_of(self, mark: str, layer: _Layer) -> bool:
        return mark.startswith(f"{layer.name} ")

    def _relations(self, layer: _Layer, token: _Token) -> None:
        if token.columns[layer.target] in {_NONE, ""}:
            return
        labels = _values(token.columns[layer.features[0][0]]) if layer.features else []
        for column, _ in layer.features[1:]:
            for value, _ in _values(token.columns[column]):
                if value not in {_NONE, _UNNAMED, ""}:
                    self.given.leave_out(FEATURES, f"{token.where}: {layer.name}")
        for place, target in enumerate(token.columns[layer.target].split("|")):
            label = labels[place][0] if place < len(labels) else _UNNAMED
            found = _TARGET.fullmatch(target)
            where = f"{token.where}: {layer.name}"
            if found is None:
                self.given.refuse(f"not a token's number ({target!r})", where)
                continue
            head = self._mark(found[1], found[2])
            tail = self._mark(token.number, found[3])
            name = f"r{len(self.given.bonds)}"
            label = layer.name if label in {_NONE, _UNNAMED, ""} else label
            self.given.bonds.append(Bond(name, label, head, tail, where))

    def _links(
        self, head: str, roles: str, targets: str, token: _Token, done: set[tuple[str, str, str]]
    ) -> None:
        self._same_number(roles.split(";"), targets.split(";"), token)
        for role, target in zip(roles.split(";"), targets.split(";"), strict=False):
            label = _plain(re.sub(r"\[\d+\]$", "", role))
            found = _TARGET.fullmatch(target)
            if found is None:
                if target not in {_NONE, _UNNAMED, ""}:
                    self.given.refuse(f"not a token's number ({target!r})", token.where)
                continue
            tail = self._mark(found[1], found[2])
            if (head, label, tail) not in done:  # it stands at every token of the trigger
                done.add((head, label, tail))
                name = f"r{len(self.given.bonds)}"
                self.given.bonds.append(Bond(name, label, head, tail, token.where))

    def _same_number(self, roles: list[str], targets: list[str], token: _Token) -> None:
        if len(roles) != len(targets):
            said = f"{token.where}: {len(roles)} roles, {len(targets)} targets"
            self.given.refuse("roles without targets, or targets without roles", said)

    def _mark(self, token: str, number: str | None) -> str:
        """Return the id of the mark that a relation names by token, and number if it has one."""
        at = self._at.get(token, [])
        if number is not None and number != "0":
            return next((one for one in at if one.endswith(f" {number}")), f"{token}[{number}]")
        single = [one for one in at if one.endswith(f" at {token}")]
        return next(iter(single or at), token)


def _token(line: str, columns: int, where: str) -> _Token:
    cells = line.split("\t")
    span = re.fullmatch(r"(\d+)-(\d+)", cells[1]) if len(cells) > 2 else None
    if span is None or len(cells) < 3 + columns:
        raise RmplError(
            f"not a line of WebAnno TSV ({line[:60]!r})", where=where, remedy="export it anew"
        )
    return _Token(cells[0], int(span[1]), int(span[2]), _plain(cells[2]), cells, where)


def _values(cell: str) -> list[tuple[str, str]]:
    """Return the values of a cell with the numbers of their spans; none for ``_``."""
    if cell in {_NONE, ""}:
        return []
    found = (_VALUE.fullmatch(one) for one in _stacked(cell))
    return [(_plain(one[1]), one[2] or "") for one in found if one is not None]


def _stacked(cell: str) -> list[str]:
    return re.split(r"(?<!\\)\|", cell)


def _plain(text: str) -> str:
    """Undo the escapes of a cell or text."""
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text)


def _units(text: str) -> int:
    """Return the number of UTF-16 units of a text."""
    return len(text) + sum(ord(one) > 0xFFFF for one in text)
