"""Tables with one article per row (.csv, .tsv), as JSON documents.

The text is in the column ``text``, ``body``, ``article`` or ``content``; the other columns are
those of a JSON document (``records``): id, title, author, date, images.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from rmpl.errors import RmplError
from rmpl.inputs.files import MAX_BYTES, path_name
from rmpl.io.files import DAMAGED, damaged, opened, unpacked
from rmpl.io.read_report import ReadReport

TEXT_COLUMNS = ("text", "body", "article", "content")
MAX_COLUMNS = 10_000
NO_TEXT = "row without text"
_SEPARATORS = (",", ";", "\t", "|")
_SAME = {"doc_id": "id", "headline": "title", "byline": "author", "published": "date"}
_IMAGES = ("images", "image", "image_paths")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def table_rows(path: Path, report: ReadReport) -> Iterator[tuple[str, bytes | RmplError]]:
    """Yield ``(file:row, JSON object)`` per row, the header being row 1; or what is wrong with it.

    Rows without any text are left out and counted.

    Raises
    ------
    RmplError
        If there is no text column, or the file is no text.
    """
    name = path_name(path)
    with opened(path) as file:
        rows = _rows(file, name)
        header = _header(next(rows, []), name)
        column = next(one for one in TEXT_COLUMNS if one in header)
        for number, cells in enumerate(rows, start=2):
            where = f"{name}:{number}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(header):
                yield (
                    where,
                    RmplError(
                        f"a row of {len(cells):,} cells below a header of {len(header):,}",
                        where=where,
                        remedy='put cells that contain a separator in quotes ("...")',
                    ),
                )
                continue
            row = dict(zip(header, cells, strict=False))
            text = row.pop(column, "")
            if not text.strip():
                report.leave_out(NO_TEXT, where)
                continue
            yield where, msgspec.json.encode({"text": text, **_given(row)})


def check_table(path: Path) -> None:
    """Check that a table has a text column.

    Raises
    ------
    RmplError
        As ``table_rows``.
    """
    with opened(path) as file:
        _header(next(_rows(file, path_name(path)), []), path_name(path))


def _given(row: dict[str, str]) -> dict[str, object]:
    """Return the cells that are not empty, images as lists."""
    found: dict[str, object] = {}
    for key, value in row.items():
        if key and value.strip():
            found[key] = _listed(value) if key in _IMAGES else value.strip()
    return found


def _listed(value: str) -> list[str]:
    return [one.strip() for one in value.split(";") if one.strip()]


def _header(cells: Sequence[str], name: str) -> list[str]:
    if len(cells) > MAX_COLUMNS:
        raise RmplError(f"a table of {len(cells):,} columns", where=name, remedy="is it a table?")
    lower = [cell.strip().lower() for cell in cells]
    header = [_SAME.get(one, one) for one in lower]
    if not any(one in header for one in TEXT_COLUMNS):
        shown = ", ".join(cell.strip()[:30] for cell in cells[:10]) or "none"
        raise RmplError(
            f"a table without a text column (its columns: {shown})",
            where=name,
            remedy=f"name the column of the texts {', '.join(TEXT_COLUMNS[:-1])} or "
            f"{TEXT_COLUMNS[-1]} in the first row",
        )
    return header


def _rows(file: BinaryIO, name: str) -> Iterator[list[str]]:
    """Yield the rows, read as a stream; the separator is that of the first line."""
    source = unpacked(file)
    head = cast("io.BufferedReader", source).peek(4)[:4]
    encoding = "utf-16" if head.startswith(_UTF16) else "utf-8-sig"
    lines = _lines(io.TextIOWrapper(source, encoding=encoding, newline=""), name)
    first, before = next(lines, ""), 0
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        separator, first, before = (
            first.strip()[4],
            next(lines, ""),
            1,
        )  # as spreadsheet programs write it
    else:
        counts = {one: first.count(one) for one in _SEPARATORS}
        separator = max(_SEPARATORS, key=counts.__getitem__)
    # The limit of one cell is the module's; the default is 131,072 characters.
    csv.field_size_limit(MAX_BYTES)
    left = True

    def until_the_end() -> Iterator[str]:
        nonlocal left
        yield from itertools.chain([first], lines)
        left = False

    reader = csv.reader(until_the_end(), delimiter=separator)
    begin = before + 1
    try:
        for row in reader:
            if not left:  # it went on looking for the end of a cell
                what = f"a quote that is never closed, in the row that begins in line {begin:,}"
                lost = f"lines {begin:,} to {before + reader.line_num:,}"
                raise RmplError(what, where=name, remedy=f"close it: {lost} are not read")
            yield row
            begin = before + reader.line_num + 1
    except csv.Error as error:
        raise RmplError(f"not a table ({error})", where=name) from error


def _lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    """Yield the lines of a text, none of them longer than a document may be."""
    number = 0
    try:
        while line := text.readline(MAX_BYTES + 1):
            number += 1
            if len(line) > MAX_BYTES:
                raise RmplError(f"a line of more than {MAX_BYTES >> 20} MB", where=name)
            if "\0" in line:
                raise RmplError(
                    "a binary file, not a table", where=name, remedy="save it as CSV, UTF-8"
                )
            yield line
    except DAMAGED as error:
        raise damaged(error, name) from error
    except UnicodeDecodeError as error:
        raise RmplError(
            f"not UTF-8 text (after line {number})",
            where=name,
            remedy="save it as CSV UTF-8, or convert it with iconv -f latin1 -t utf-8",
        ) from error
    finally:
        text.detach()


def count_rows_of_table(path: Path) -> int:
    """Return the number of rows below the header; line ends in quotes end none."""
    rows, is_quoted = 0, False
    with opened(path) as file:
        while block := file.read(1 << 20):
            for part in block.split(b'"'):
                rows += 0 if is_quoted else part.count(b"\n")
                is_quoted = not is_quoted
            is_quoted = not is_quoted  # the last part goes on in the next block
    return max(rows - 1, 1)
