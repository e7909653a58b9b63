"""Recipes that list only their differences from another one: the key ``extends``.

``extends: other.yaml``, relative to the file it stands in, takes over everything of the other
recipe. Mappings are merged key by key; anything else is replaced. A list whose items have names
(stages by ``name``, the parts of a mixture by ``task``) can be changed by a mapping of these names;
``null`` takes an item, or a key, away::

    extends: qwen2_5_vl_7b.yaml
    name: no_relations
    stages:
      stage1:
        mixture:
          relations: null
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rmpl.errors import RmplError
from rmpl.io.regular import read_text
from rmpl.io.yaml_files import load_yaml
from rmpl.recipe.former_names import current_names
from rmpl.recipe.shipped import find_recipe

EXTENDS = "extends"
_NAMES = ("name", "task")


def read_tree(path: Path, *, warn: bool = True) -> dict[str, Any]:
    """Read a recipe's YAML with all that it extends; nothing is validated yet.

    A path such as ``recipes/tiny.yaml`` that is not there means the recipe of the package. Former
    names of keys are replaced by today's, with a warning if ``warn``.

    Raises
    ------
    RmplError
        For a missing or malformed file, a circle of recipes, or a change to something that the
        extended recipe does not have.
    """
    return _read(find_recipe(path), (), warn=warn)


def _read(path: Path, readers: tuple[Path, ...], *, warn: bool) -> dict[str, Any]:
    where = path.resolve()
    if where in readers:
        raise RmplError("this recipe extends itself", where=str(path))
    if not path.exists():
        remedy = (
            f"it is named by {readers[-1]}"
            if readers
            else "`rmpl recipes` lists those that come with rmpl"
        )
        raise RmplError("no such recipe", where=str(path), remedy=remedy)
    try:
        tree = load_yaml(read_text(path))
    except OSError as error:
        raise RmplError(
            f"cannot be read ({error.strerror})", where=str(path), remedy="check its permissions"
        ) from error
    except ValueError as error:
        raise RmplError(f"not YAML ({error})", where=str(path), remedy=_COMPARE) from error
    if not isinstance(tree, dict):
        raise RmplError("not a recipe: no keys", where=str(path), remedy=_COMPARE)
    tree = current_names(tree, str(path), warn=warn)
    base = tree.pop(EXTENDS, None)
    if base is None:
        return tree
    if not isinstance(base, str):
        raise RmplError(f"{EXTENDS} is no file name", where=str(path), remedy="name one recipe")
    return merge(_read(path.parent / base, (*readers, where), warn=warn), tree, str(path))


_COMPARE = "compare it with those of `rmpl recipes`; the recipe of a run: copy the run again"


def merge(base: dict[str, Any], change: dict[str, Any], where: str) -> dict[str, Any]:
    """Return a tree with a change applied; ``where`` is the source of the change, for messages.

    Raises
    ------
    RmplError
        If the change is to something that the tree does not have.
    """
    change = current_names(change, where, warn=True)
    merged: dict[str, Any] = _merged(base, change, "", where)
    return merged


def _merged(base: Any, change: Any, key: str, where: str) -> Any:
    if not isinstance(change, dict):
        return change
    if isinstance(base, list):
        return _changed_items(base, change, key, where)
    if not isinstance(base, dict):
        return change
    merged = dict(base)
    for name, value in change.items():
        if value is None:
            if name not in merged:
                raise RmplError(f"{key}{name}: nothing of that name to take away", where=where)
            del merged[name]
        else:
            merged[name] = _merged(merged.get(name), value, f"{key}{name}.", where)
    return merged


def _changed_items(items: list[Any], change: dict[Any, Any], key: str, where: str) -> list[Any]:
    merged = list(items)
    for name, value in change.items():
        places = [place for place, item in enumerate(merged) if name in _names(item)]
        if len(places) != 1:
            known = ", ".join(sorted({n for item in merged for n in _names(item)}))
            raise RmplError(
                f"{key}{name}: {len(places)} items of that name in the extended recipe",
                where=where,
                remedy=f"its items: {known}; or give the whole list",
            )
        if value is None:
            del merged[places[0]]
        else:
            merged[places[0]] = _merged(merged[places[0]], value, f"{key}{name}.", where)
    return merged


def _names(item: Any) -> set[str]:
    return {item[name] for name in _NAMES if name in item} if isinstance(item, dict) else set()
