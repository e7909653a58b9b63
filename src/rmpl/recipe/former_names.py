"""Recipe keys of version 0.1, still read; the rest of the program knows only today's names.

Renamed as soon as a tree is read, before it is merged with another one, so that a recipe with
today's names extends one with the former names and the other way round.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from rmpl.errors import RmplError

RECIPE = {"guard": "contamination_check"}
STAGE = {"split": "micro_batches"}
"""Former key -> today's: of a recipe, and of its stages."""

STAGES = "stages"


class FormerNameWarning(UserWarning):
    """A recipe or an override uses the former name of a key."""


def current_names(tree: dict[str, Any], where: str, *, warn: bool = False) -> dict[str, Any]:
    """Return a recipe, or changes to one, with today's names of all keys.

    Parameters
    ----------
    tree
        What was read from YAML; not changed.
    where
        Where from, for messages.
    warn
        Say that a name is a former one, for files that a user writes.

    Raises
    ------
    RmplError
        If a key is given by both names.
    """
    renamed = _renamed(tree, RECIPE, "", where, warn=warn)
    stages = renamed.get(STAGES)
    if isinstance(stages, list):
        renamed[STAGES] = [
            _stage(stage, str(n), where, warn=warn) for n, stage in enumerate(stages)
        ]
    elif isinstance(stages, dict):
        renamed[STAGES] = {
            name: _stage(stage, str(name), where, warn=warn) for name, stage in stages.items()
        }
    return renamed


def current_keys(overrides: Sequence[str]) -> list[str]:
    """Return ``dotted.key=value`` overrides with today's names in their keys.

    Raises
    ------
    RmplError
        If a key is given by both names.
    """
    given = {override.partition("=")[0] for override in overrides}
    return [_current_key(override, given) for override in overrides]


def former_names(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a dumped recipe under the names of version 0.1.

    Fingerprints are made of these: what version 0.1 finished stays finished.
    """
    former = {new: old for old, new in RECIPE.items()}
    of_stage = {new: old for old, new in STAGE.items()}
    stages = [
        {of_stage.get(key, key): value for key, value in stage.items()} for stage in tree[STAGES]
    ]
    return {former.get(key, key): value for key, value in {**tree, STAGES: stages}.items()}


def _stage(stage: Any, name: str, where: str, *, warn: bool) -> Any:
    is_tree = isinstance(stage, dict)
    return _renamed(stage, STAGE, f"{STAGES}.{name}.", where, warn=warn) if is_tree else stage


def _renamed(
    tree: dict[str, Any], names: dict[str, str], prefix: str, where: str, *, warn: bool
) -> dict[str, Any]:
    for former in names.keys() & tree.keys():
        current = names[former]
        if current in tree:
            raise _both(f"{prefix}{former}", f"{prefix}{current}", where)
        if warn:
            _warn(former, current, where)
    return {names.get(key, key): value for key, value in tree.items()}


def _current_key(override: str, given: set[str]) -> str:
    key, equals, value = override.partition("=")
    *parents, last = key.split(".")
    if not parents:
        current = RECIPE.get(last, last)
    elif len(parents) == 2 and parents[0] == STAGES:
        current = STAGE.get(last, last)
    else:
        current = last
    if current == last:
        return override
    renamed = ".".join([*parents, current])
    if renamed in given:
        raise _both(key, renamed, "overrides")
    _warn(last, current, override)
    return f"{renamed}{equals}{value}"


def _both(former: str, current: str, where: str) -> RmplError:
    return RmplError(
        f"{former} and {current} are both given",
        where=where,
        remedy=f"{former} is the former name: keep {current}",
    )


def _warn(former: str, current: str, where: str) -> None:
    warnings.warn(
        f"{where}: {former} is the former name of {current}", FormerNameWarning, stacklevel=2
    )
