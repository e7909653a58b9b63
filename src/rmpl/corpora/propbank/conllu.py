"""Words and dependency trees in CoNLL-U, as Universal Dependencies publish them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.text.extent import Tree
from rmpl.errors import RmplError
from rmpl.io.files import read_bytes

_COLUMNS = 10


class TreeSentence(NamedTuple):
    """A sentence: its text if given, its words, their treebank tags, and its tree."""

    text: str | None
    words: list[str]
    tags: tuple[str, ...]
    tree: Tree


def read_conllu(path: Path) -> list[TreeSentence]:
    """Read the sentences of a file; ranges (``3-4``) and empty nodes (``5.1``) are not words.

    Raises
    ------
    RmplError
        If the file cannot be read or a line is malformed.
    """
    sentences = []
    for block in blocks_of(path):
        text: str | None = None
        rows: list[list[str]] = []
        for where, line in block:
            if line.startswith("# text = "):
                text = line.removeprefix("# text = ")
            elif not line.startswith("#"):
                columns = line.split("\t")
                if len(columns) != _COLUMNS:
                    raise RmplError(f"a line without {_COLUMNS} columns", where=where)
                if columns[0].isdecimal():
                    rows.append(columns)
        if rows:
            sentences.append(_sentence(text, rows, block[0][0]))
    return sentences


def blocks_of(path: Path) -> Iterator[list[tuple[str, str]]]:
    """Yield the blocks of a text file between blank lines, as (``file:line``, line).

    Raises
    ------
    RmplError
        If the file cannot be read or is not UTF-8.
    """
    try:
        lines = read_bytes(path).decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise RmplError("not UTF-8", where=str(path)) from error
    block: list[tuple[str, str]] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append((f"{path}:{number}", line.rstrip("\r")))
        elif block:
            yield block
            block = []


def _sentence(text: str | None, rows: list[list[str]], where: str) -> TreeSentence:
    try:
        heads = tuple(int(row[6]) - 1 for row in rows)
    except ValueError as error:
        raise RmplError("a head that is not a number", where=where) from error
    if any(not -1 <= head < len(rows) for head in heads):
        raise RmplError("a head outside the sentence", where=where)
    tree = Tree(heads, tuple(row[7] for row in rows), tuple(row[3] for row in rows))
    return TreeSentence(text, [row[1] for row in rows], tuple(row[4] for row in rows), tree)
