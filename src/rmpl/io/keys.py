"""Keys of JSON that nothing reads: named, with the key that was probably meant, and repeated ones.

A mistyped optional key would otherwise mean that its content is not there at all; of a repeated one
every parser keeps only the last.
"""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec.inspect

from rmpl.errors import RmplError
from rmpl.io.files import decode

_ANY = msgspec.json.Decoder()
_LISTED = 12
"""Known keys that are listed where none is near."""
_CUTOFF = 0.6


class UnknownKey(NamedTuple):
    """A key that a record does not have.

    ``place`` is the key of the list or record it is in, dotted, empty for the record itself;
    ``known`` are the keys there.
    """

    place: str
    key: str
    known: tuple[str, ...]

    @property
    def is_mistyped(self) -> bool:
        """Whether a known key is near: it was probably meant, and its content is not read."""
        return bool(_near(self.key, self.known))

    @property
    def said(self) -> str:
        """The key with its place and what was probably meant; the same for all of its kind."""
        inside = f" in {self.place}" if self.place else ""
        return f"unknown key {self.key!r}{inside}{meant(self.key, self.known)}"


def meant(key: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean ...?)"`` for the known key nearest to ``key``, else all."""
    names = list(known)
    near = _near(key, names)
    if near:
        return f" (did you mean {near[0]!r}?)"
    listed = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
    return f" (known: {listed})"


def _near(key: str, known: Iterable[str]) -> list[str]:
    plain = key.lower().replace("-", "_")
    return difflib.get_close_matches(plain, list(known), n=1, cutoff=_CUTOFF)


def unknown_keys(value: object, record: type[msgspec.Struct]) -> Iterator[UnknownKey]:
    """Yield the keys in decoded JSON that ``record`` and the records in it do not have.

    Fields of any type (``object``) may hold any keys.
    """
    find = _finder(record)
    if find is not None:
        yield from find(value, "")


_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"\s*+(:?)', re.DOTALL)


def decoded_whole(content: bytes, where: str) -> tuple[Any, list[str]]:
    """Decode JSON with what no reader of it reads, and return also the keys that come twice.

    ``where`` is its location, for errors. The text is parsed a second time, which is slow, only if
    it has more keys than what was decoded.

    Raises
    ------
    RmplError
        If any part of it is not JSON, or is nested too deeply.
    """
    value = decode(_ANY, content, where)
    if _STRING.findall(content).count(b":") == _count_keys(value):
        return value, []
    repeated: dict[str, None] = {}

    def look(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                repeated[key] = None
            seen.add(key)

    try:
        json.loads(content, object_pairs_hook=look, strict=False)
    except (ValueError, RecursionError) as error:
        raise RmplError(f"not a valid record ({error})", where=where) from error
    return value, list(repeated)


def _count_keys(value: object) -> int:
    count, left = 0, [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            count += len(one)
            left += one.values()
        elif isinstance(one, list):
            left += one
    return count


def suspicious_keys(content: bytes, record: type[msgspec.Struct], where: str) -> Iterator[str]:
    """Yield a warning for every key of a JSON text that ``record`` does not have, or that is twice.

    Raises
    ------
    RmplError
        As ``decoded_whole``.
    """
    value, repeated = decoded_whole(content, where)
    for unknown in unknown_keys(value, record):
        yield f"{unknown.said}, not read"
    yield from map(twice, repeated)


def twice(key: str) -> str:
    """Return the warning of a key that comes twice in one object."""
    return f"repeated key {key!r}, only the last one is read"


_Find = Callable[[object, str], Iterator[UnknownKey]]


@functools.cache
def _finder(record: type) -> _Find | None:
    return _finder_of(msgspec.inspect.type_info(record))


def _finder_of(kind: msgspec.inspect.Type) -> _Find | None:
    """Return what searches a value of this type; ``None`` if no key in it can be unknown."""
    if isinstance(kind, msgspec.inspect.StructType):
        return None if kind.array_like else _of_struct(kind)
    if isinstance(kind, msgspec.inspect.CollectionType):
        return _of_list(_finder_of(kind.item_type))
    if isinstance(kind, msgspec.inspect.UnionType):
        # An object among other types, such as a string or an object.
        found = [one for one in map(_finder_of, kind.types) if one is not None]
        return found[0] if len(found) == 1 else None
    return None


def _of_struct(kind: msgspec.inspect.StructType) -> _Find:
    names = tuple(field.encode_name for field in kind.fields)
    known = frozenset(names)
    below = {
        field.encode_name: find
        for field in kind.fields
        if (find := _finder_of(field.type)) is not None
    }

    def find_in(value: object, place: str) -> Iterator[UnknownKey]:
        if not isinstance(value, dict):
            return
        found: dict[str, Any] = value
        if not known.issuperset(found):
            for key in found:
                if key not in known:
                    yield UnknownKey(place, key, names)
        for key, find in below.items():
            if key in found:
                yield from find(found[key], f"{place}.{key}" if place else key)

    return find_in


def _of_list(find: _Find | None) -> _Find | None:
    if find is None:
        return None

    def find_in(value: object, place: str) -> Iterator[UnknownKey]:
        if isinstance(value, list | tuple):
            for one in value:
                yield from find(one, place)

    return find_in
