"""What differs between two recipes, for messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_NAMED = 3
_LONGEST = 60


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return which keys differ, ``stages.0.batch is 4, was 8``; "" if none does.

    Parameters
    ----------
    before, now
        The recipes as plain trees (``model_dump``).
    """
    one, other = dict(_flat(before)), dict(_flat(now))
    keys = [key for key in {**other, **one} if one.get(key) != other.get(key)]
    named = [f"{key} is {_shown(other.get(key))}, was {_shown(one.get(key))}" for key in keys]
    rest = len(named) - _NAMED
    return "; ".join(named[:_NAMED]) + (f"; and {rest} more keys" if rest > 0 else "")


def _flat(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Mapping):
        items = list(tree.items())
    elif isinstance(tree, list):
        items = list(enumerate(tree))
    else:
        yield path, tree
        return
    for key, value in items:
        yield from _flat(value, f"{path}.{key}" if path else str(key))


def _shown(value: object) -> str:
    return "not set" if value is None else str(value)[:_LONGEST]
