"""YAML as data: no tag makes an object, and no key is given twice."""

from __future__ import annotations

from typing import Any

import yaml

_MERGE = "tag:yaml.org,2002:merge"
_DEEPEST, _MOST = 100, 1_000_000


# The loader in C takes a tenth of the time; PyYAML may be without it.
class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:  # noqa: ANN401
        """Refuse halves of characters, which no text may hold; YAML takes their escapes."""
        value = super().construct_scalar(node)
        if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise yaml.constructor.ConstructorError(
                None, None, "a text with an invalid character", node.start_mark
            )
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a repeated key, of which YAML's own loader keeps the last without a word."""
        if isinstance(node, yaml.MappingNode):
            seen: set[tuple[str, str]] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                    if (key.tag, key.value) in seen:
                        raise yaml.constructor.ConstructorError(
                            None, None, f"the key {key.value!r} is given twice", key.start_mark
                        )
                    seen.add((key.tag, key.value))
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


def load_yaml(text: str) -> Any:  # noqa: ANN401 - a tree of any shape
    """Return what a YAML text holds.

    Raises
    ------
    ValueError
        If it is not YAML, names a tag that makes an object, repeats a key, is nested too deeply or
        into itself, or holds very many values because anchors repeat each other.
    """
    try:
        tree = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise ValueError(said.replace(' in "<unicode string>",', " at")) from error
    _values(tree, 0, {})
    return tree


def _values(tree: Any, depth: int, known: dict[int, int]) -> int:  # noqa: ANN401
    """Return the number of values in a tree, counting again what an anchor repeats."""
    if depth > _DEEPEST:
        raise ValueError(f"nested more than {_DEEPEST} deep")
    if not isinstance(tree, dict | list):
        return 1
    if id(tree) not in known:
        below = tree.values() if isinstance(tree, dict) else tree
        known[id(tree)] = 1 + sum(_values(one, depth + 1, known) for one in below)
        if known[id(tree)] > _MOST:
            raise ValueError(f"more than {_MOST:,} values, as anchors repeat each other")
    return known[id(tree)]
