"""Schemas: event types, roles and relation labels, and mappings of corpora onto them, as YAML.

``load_ontology("m2e2")`` reads a packaged schema, ``load_ontology("my.yaml")`` a user's own.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io.regular import read_text
from rmpl.io.yaml_files import load_yaml


class EventType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event type: its description and its roles in each medium."""

    description: str
    text: tuple[str, ...]
    image: tuple[str, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """The distinct roles of the type, those of text first."""
        return tuple(dict.fromkeys(self.text + self.image))


class Ontology(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named schema: its event types, in the order of the file."""

    name: str
    events: dict[str, EventType]


class TypeMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mapping of a corpus's event type (or imSitu verb) and its roles onto the schema's.

    ``needs`` lists roles of the schema of which at least one must be filled: ACE's Transport moves
    somebody or something from or to a place, while FrameNet's and PropBank's motion is often
    figurative ("go ahead"). ``doubtful`` marks a type near to the schema's that is sometimes an
    event of it, so neither an event nor a negative. Sentences with a doubtful event, or one that
    lacks what it needs, are left out.
    """

    event_type: str
    roles: dict[str, str]
    needs: tuple[str, ...] = ()
    doubtful: bool = False


def _read_packaged(name: str) -> str:
    return (resources.files("rmpl.ontology") / f"{name}.yaml").read_text(encoding="utf-8")


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except FileNotFoundError as error:
        raise RmplError("no such schema file", where=str(path), remedy="check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RmplError(f"cannot be read ({error})", where=str(path)) from error


def packaged() -> list[str]:
    """Return the names of all YAML files shipped with the package."""
    files = resources.files("rmpl.ontology").iterdir()
    return sorted(f.name.removesuffix(".yaml") for f in files if f.name.endswith(".yaml"))


def schema_names() -> list[str]:
    """Return the names of the packaged schemas, which are the files with a name of their own."""
    return [name for name in packaged() if re.search(r"^name:", _read_packaged(name), re.MULTILINE)]


def is_file_name(name_or_path: str | Path) -> bool:
    """Return whether a schema's name means a user's YAML file."""
    return Path(name_or_path).suffix in {".yaml", ".yml"}


def load_ontology(name_or_path: str | Path = "m2e2") -> Ontology:
    """Load a schema by its packaged name or from a user's YAML file.

    Raises
    ------
    RmplError
        If there is no such file, or it is not a schema.
    """
    path = Path(name_or_path)
    if is_file_name(name_or_path):
        text = _read(path)
    elif str(name_or_path) in packaged():
        text = _read_packaged(str(name_or_path))
    else:
        raise RmplError(
            f"no schema named {name_or_path}",
            remedy=f"use {' or '.join(schema_names())}, or the path of a YAML file",
        )
    try:
        return msgspec.convert(load_yaml(text), Ontology)
    except ValueError as error:
        raise RmplError(
            f"not a schema ({' '.join(str(error).split())})",
            where=str(name_or_path),
            remedy="compare with the packaged m2e2.yaml: name, events, and for each type "
            "description, text, image",
        ) from error


@functools.cache
def load_mapping(name: str) -> dict[str, TypeMapping]:
    """Load a packaged mapping of a corpus's types onto M2E2's (``imsitu``, ``rams``, ...)."""
    return msgspec.convert(load_yaml(_read_packaged(name)), dict[str, TypeMapping])


@functools.cache
def load_relations(name: str = "mnre") -> dict[str, tuple[str, ...]]:
    """Load relation labels by corpus version; ``"None"`` is the negative label."""
    return msgspec.convert(load_yaml(_read_packaged(name)), dict[str, tuple[str, ...]])
