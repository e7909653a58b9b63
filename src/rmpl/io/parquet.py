"""Documents as a Parquet table with nested columns."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import msgspec

from rmpl.errors import RmplError
from rmpl.io.files import opened
from rmpl.io.formats import DOCUMENTS, check_format
from rmpl.records import Document

ROWS_AT_ONCE = 1_000
_FORMAT = b"format"
"""Metadata key of the format name."""


def write_parquet(documents: Iterable[Document], file: BinaryIO) -> int:
    """Write documents as rows and return their number.

    Raises
    ------
    RmplError
        If pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    record = msgspec.inspect.type_info(Document)
    assert isinstance(record, msgspec.inspect.StructType)  # noqa: S101 - for the type checker
    columns = [(f.name, _arrow_type(arrow, f.type)) for f in record.fields]
    schema = arrow.schema(columns, metadata={_FORMAT: DOCUMENTS})
    count = 0
    remaining = iter(documents)
    with parquet.ParquetWriter(file, schema) as writer:
        while rows := [msgspec.to_builtins(d) for d in itertools.islice(remaining, ROWS_AT_ONCE)]:
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
            count += len(rows)
    return count


def write_columns(columns: Mapping[str, tuple[str, Sequence[object]]], file: BinaryIO) -> None:
    """Write columns, each given by its Arrow type (``string``, ``int64``, ``float64``) and values.

    Raises
    ------
    RmplError
        If pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    made = {
        name: arrow.array(values, type=getattr(arrow, kind)())
        for name, (kind, values) in columns.items()
    }
    parquet.write_table(arrow.table(made), file)


def read_parquet(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield ``(file:row, row)`` without null fields.

    Raises
    ------
    RmplError
        If pyarrow is not installed, or there is no such Parquet file.
    """
    number = 0
    arrow, _ = _pyarrow()
    with _opened(path) as file:
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
            # The pairs of a map (metadata) are read as a list.
            maps = {f.name for f in batch.schema if arrow.types.is_map(f.type)}
            for row in batch.to_pylist():
                number += 1
                row |= {key: dict(row[key]) for key in maps if row[key] is not None}
                present = {key: _without_nulls(v) for key, v in row.items() if v is not None}
                yield f"{path}:{number}", present


def count_rows(path: Path) -> int:
    """Return the number of rows of a file.

    Raises
    ------
    RmplError
        As ``read_parquet``.
    """
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def column_names(path: Path) -> list[str]:
    """Return the names of a file's columns.

    Raises
    ------
    RmplError
        As ``read_parquet``.
    """
    with _opened(path) as file:
        return list(file.schema_arrow.names)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    arrow, parquet = _pyarrow()
    try:
        with opened(path) as source, parquet.ParquetFile(source) as file:
            named = (file.schema_arrow.metadata or {}).get(_FORMAT, b"")
            check_format(named.decode("utf-8", "replace"), DOCUMENTS, str(path))
            yield file
    except (arrow.ArrowException, OSError) as error:
        raise RmplError(f"not a Parquet file ({error})", where=str(path)) from error


def require_pyarrow() -> None:
    """Make sure that pyarrow is installed.

    Raises
    ------
    RmplError
        If it is missing.
    """
    _pyarrow()


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow  # noqa: PLC0415 - optional and slow to import
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        raise RmplError(
            "Parquet needs pyarrow", remedy="pip install 'rmpl[parquet]', or write .jsonl.gz"
        ) from error
    return pyarrow, pyarrow.parquet


def _arrow_type(arrow: ModuleType, kind: msgspec.inspect.Type) -> object:
    """Translate a record's field type; every column is nullable, null standing for the default."""
    for plain, column in (
        (msgspec.inspect.StrType, arrow.string),
        (msgspec.inspect.IntType, arrow.int64),
        (msgspec.inspect.FloatType, arrow.float64),
        (msgspec.inspect.BoolType, arrow.bool_),
    ):
        if isinstance(kind, plain):
            return column()
    match kind:
        case msgspec.inspect.UnionType(types=types):
            inner = next(t for t in types if not isinstance(t, msgspec.inspect.NoneType))
            return _arrow_type(arrow, inner)
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return arrow.map_(_arrow_type(arrow, key), _arrow_type(arrow, value))
        case msgspec.inspect.StructType(array_like=False, fields=fields):
            return arrow.struct([(f.name, _arrow_type(arrow, f.type)) for f in fields])
        case (
            msgspec.inspect.VarTupleType(item_type=item)
            | msgspec.inspect.TupleType(item_types=(item, *_))
            | msgspec.inspect.StructType(fields=(msgspec.inspect.Field(type=item), *_))
        ):
            return arrow.list_(_arrow_type(arrow, item))
    raise TypeError(f"no column type for {kind}")


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nulls(v) for key, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
