"""Reading a mapping file: what is wrong in it is named by its line."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import yaml

from rmpl.annotations.mapping import ARGUMENT, LABELS, Labels, Mapping, did_you_mean
from rmpl.errors import RmplError
from rmpl.io.keys import unknown_keys
from rmpl.io.regular import read_text
from rmpl.io.yaml_files import load_yaml
from rmpl.ontology import Ontology


class _Places:
    """The lines of a YAML file's keys and items, by their keys from the top."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[tuple[str, ...], int] = {}

    def of(self, *keys: str) -> str:
        """Return ``FILE:LINE`` of a key, or of the nearest one above it that is known."""
        for end in range(len(keys), 0, -1):
            if keys[:end] in self._lines:
                return f"{self._file}:{self._lines[keys[:end]]}"
        return self._file

    def read(self, node: yaml.Node | None, *above: str) -> None:
        """Note the lines of a node."""
        if isinstance(node, yaml.SequenceNode):
            for one in node.value:
                self._lines.setdefault((*above, str(one.value)), one.start_mark.line + 1)
                self.read(one, *above)
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            self._lines[(*above, str(key.value))] = key.start_mark.line + 1
            self.read(value, *above, str(key.value))


def load_labels(path: Path | None, beside: Path, ontology: Ontology, *, free: bool) -> Labels:
    """Return the meaning of labels.

    Parameters
    ----------
    path
        The mapping file; by default ``labels.yaml`` beside the tool's files, if it is there.
    beside
        The tool's file or folder.
    ontology, free
        As in ``Labels``.

    Raises
    ------
    RmplError
        If the file is missing, malformed, contradicts itself or names what the schema lacks.
    """
    if path is None:
        path = (beside if beside.is_dir() else beside.parent) / LABELS
        if not path.is_file():
            return Labels(ontology, free=free)
    mapping, places = _read(path)
    if not free:
        _check(mapping, ontology, places)
    return Labels(ontology, mapping, free=free)


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    RmplError
        If it is missing, malformed, has an unknown key, or gives a label two meanings.
    """
    return _read(path)[0]


def _read(path: Path) -> tuple[Mapping, _Places]:
    """Read a mapping file, and where its keys are; the errors are those of ``read_mapping``."""
    where = str(path)
    places = _Places(where)
    try:
        text = read_text(path)
        tree = load_yaml(text)  # first, as it bounds what anchors repeat
        places.read(yaml.compose(text, yaml.SafeLoader))
        for unknown in unknown_keys(tree, Mapping):
            key = re.findall(r"'([^']*)'", unknown.said)[:1]
            remedy = "docs/annotations.md lists the keys"
            raise RmplError(unknown.said, where=places.of(*key), remedy=remedy)
        mapping = msgspec.convert(tree or {}, Mapping)
    except FileNotFoundError as error:
        raise RmplError("no such mapping file", where=where, remedy="check the path") from error
    except msgspec.ValidationError as error:
        key = re.findall(r"\$\.(\w+)", str(error))[:1]
        raise RmplError(
            f"not a mapping ({error})",
            where=places.of(*key),
            remedy="compare with docs/annotations.md",
        ) from error
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise RmplError(
            f"not a mapping ({' '.join(str(error).split())})",
            where=where,
            remedy="compare with docs/annotations.md",
        ) from error
    _check_meanings(mapping, places)
    return mapping, places


def _check_meanings(mapping: Mapping, places: _Places) -> None:
    """Refuse a label of spans, of boxes or of relations that is to mean two things.

    A relation may be called like a role: what it comes from decides.
    """
    ignore = list(mapping.ignore)
    events, roles = list(mapping.events), list(mapping.roles)
    spans = [one for one in mapping.spans if one != ARGUMENT]
    entities, links = list(mapping.entities or ()), list(mapping.links)
    kinds: tuple[dict[str, list[str]], ...] = (
        {"events": events, "entities": entities, "spans": spans, "ignore": ignore},
        {"events": events, "boxes": list(mapping.boxes), "ignore": ignore},
        {"roles": roles, "links": links, "ignore": ignore},
        {"relations": list(mapping.relations), "links": links, "ignore": ignore},
    )
    for lists in kinds:
        found: dict[str, str] = {}
        for key, labels in lists.items():
            for label in labels:
                if label in found:
                    raise RmplError(
                        f"{label!r} is named twice, in {found[label]} and in {key}",
                        where=places.of(key, label),
                        remedy="keep one of the two",
                    )
                found[label] = key


def _check(mapping: Mapping, ontology: Ontology, places: _Places) -> None:
    """Refuse types and roles that the schema lacks."""
    types = list(ontology.events)
    roles = sorted({role for kind in ontology.events.values() for role in kind.roles})
    given = [("event type", name, types, ("events", key)) for key, name in mapping.events.items()]
    given += [("event type", box.event, types, ("boxes", k)) for k, box in mapping.boxes.items()]
    given += [("role", name, roles, ("roles", key)) for key, name in mapping.roles.items()]
    for what, name, known, place in given:
        if name not in known:
            raise RmplError(
                f"unknown {what} {name!r}{did_you_mean(name, known)}",
                where=places.of(*place),
                remedy="correct it, or give the schema with --schema",
            )
    for label, box in mapping.boxes.items():
        known = list(ontology.events[box.event].image)
        if box.role not in known:
            raise RmplError(
                f"unknown role {box.role!r} of {box.event} in images"
                f"{did_you_mean(box.role, known)}",
                where=places.of("boxes", label),
            )
