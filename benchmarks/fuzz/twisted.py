"""JSON and YAML of one's own with one mistake in it, and what a reader owes its author for it."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml
from damage import damaged

ANY, SAME, SAID = range(3)
"""Whatever comes of it (the content is another, or is broken); what was there without the mistake,
or a word; a word in any case."""
DEPTHS = (3, 100, 300, 3_000, 100_000)
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**63, 10**30, 1e308, "", "x", "\0", "\u2028", "a" * 5_000, [],
    {}, [[]], [None], {"": 0}, [0, 1], "\u202e", float("nan"), float("inf"),
)  # fmt: skip
BROKEN = (
    '"\\ud800"', '"\\udfff\\ud800"', "1e999", "-1e999", "NaN", "01", "'x'", '"\t"', "", "}", '"',
)  # fmt: skip


class Repeated(dict[str, Any]):
    """An object, one of whose keys is written twice, first with another value."""

    again: tuple[str, Any]


class Twist(NamedTuple):
    """A text with a mistake in it, and what is owed."""

    content: bytes
    owed: int
    how: str


def as_json(tree: Any, *, indent: int | None = None) -> str:
    """Return a tree as JSON, with its repeated keys."""
    return json.dumps(_marked(tree), ensure_ascii=False, indent=indent).replace(_MARK, "")


_MARK = "\ufdd0"


def _marked(tree: Any) -> Any:
    """Return a tree in which repeated keys are different ones for the moment."""
    if isinstance(tree, Repeated):
        key, value = tree.again
        return {_MARK + key: value, **{name: _marked(one) for name, one in tree.items()}}
    if isinstance(tree, dict):
        return {name: _marked(one) for name, one in tree.items()}
    return [_marked(one) for one in tree] if isinstance(tree, list) else tree


def as_yaml(tree: Any) -> str:
    """Return a tree as YAML, with its repeated keys."""
    return (
        yaml.safe_dump(_marked(tree), sort_keys=False).replace('"\\uFDD0', '"').replace(_MARK, "")
    )


def twisted(
    tree: dict[str, Any],
    rng: random.Random,
    free: frozenset[str] = frozenset(),
    write: Callable[[Any], str] = as_json,
) -> Twist:
    """Return a tree as text after one mistake.

    ``free`` are keys that are names, or that no result depends on.
    """
    tree = copy.deepcopy(tree)
    place = rng.choice(list(_objects(tree)))
    key = rng.choice(list(place))
    kind = rng.randrange(10)
    if kind < 5:
        how, owed = _other_keys(place, key, rng)
        return Twist(write(tree).encode(), ANY if key in free else owed, how)
    if kind == 5:
        repeated = Repeated(place)
        repeated.again = key, rng.choice(ODD[:6])
        tree = _with(tree, place, repeated)
        return Twist(write(tree).encode(), ANY if key in free else SAID, f"{key} twice")
    if kind < 8:
        place[key] = "\ufdd1"
        put = _odd_value(rng)
        text = write(tree).replace('"\\uFDD1"', put).replace('"\ufdd1"', put)
        return Twist(text.encode("utf-8", "replace"), ANY, f"{key} is {put[:50]}")
    return Twist(damaged(write(tree).encode(), rng) or b"", ANY, "damaged")


def _other_keys(place: dict[str, Any], key: str, rng: random.Random) -> tuple[str, int]:
    """Mistype a key of an object, or add some that are none."""
    ways = (key[:-1], f"{key}s", key.upper(), key.replace("_", "-"), key[1:], key[::-1], f"{key} ")
    name = rng.choice([way for way in ways if way not in place] or [f"{key}x"])
    items = [(name if one == key else one, value) for one, value in place.items()]
    place.clear()
    place.update(items)
    if rng.randrange(4) == 0:
        place[rng.choice(("", "\u00e9", "x" * 300, "\n", "a.b"))] = 1
    return f"{key} is {name}", SAME


def _odd_value(rng: random.Random) -> str:
    """Return a value as it is written: of another type, no JSON, or nested without end."""
    kind = rng.randrange(4)
    if kind == 0:
        depth, sign = rng.choice(DEPTHS), rng.randrange(2)
        return ("[" if sign else '{"a":') * depth + "1" + ("]" if sign else "}") * depth
    if kind == 1:
        return rng.choice(BROKEN)
    return json.dumps(rng.choice(ODD))


def _objects(tree: Any) -> list[dict[str, Any]]:
    """Return the objects in a tree that have keys."""
    found = [tree] if isinstance(tree, dict) and tree else []
    below = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for one in below:
        found += _objects(one)
    return found


def _with(tree: Any, old: Any, new: Any) -> Any:
    """Return a tree with another object in the place of one."""
    if tree is old:
        return new
    if isinstance(tree, dict):
        for key, value in tree.items():
            tree[key] = _with(value, old, new)
    elif isinstance(tree, list):
        tree[:] = [_with(one, old, new) for one in tree]
    return tree
