"""YAML as data: no tag makes an object, and no key is given twice."""

from __future__ import annotations

from typing import Any

import yaml

_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
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
        return super().construct_mapping(node, deep)


def load_yaml(text: str) -> Any:  # noqa: ANN401 - a tree of any shape
    """Return what a YAML text holds.

    Raises
    ------
    ValueError
        If it is not YAML, names a tag that makes an object, repeats a key, or is nested too deeply.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error
