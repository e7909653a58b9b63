"""Recipes and harness files that come with the package, in a checkout or installed.

In a checkout they are the folders ``recipes/`` and ``integrations/``; a wheel has copies of them
inside the package. A path such as ``recipes/tiny.yaml`` that is not there means the shipped one, so
that every command of the documentation works after ``pip install``, too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmpl.errors import RmplError
from rmpl.io.folders import appearing_folder
from rmpl.io.locks import writing_file

RECIPES = "recipes"
LAUNCH = "launch"
"""Its files are for accelerate, not for ``rmpl``."""


class ShippedRecipe(NamedTuple):
    """A recipe, or a grid of recipes, that comes with the package."""

    path: str
    """As commands take it: ``recipes/tiny.yaml``."""
    about: str
    """The first line of its header."""


def shipped_folder(name: str) -> Path:
    """Return where shipped files are on this machine.

    Parameters
    ----------
    name
        ``recipes``, ``integrations`` or a folder in them.

    Raises
    ------
    RmplError
        If the installation lacks them.
    """
    package = Path(__file__).parents[1]
    for folder in (package / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    raise RmplError(
        f"this installation has no {name}", where=str(package), remedy="install rmpl again"
    )


def find_recipe(path: Path) -> Path:
    """Return a recipe's file: the path itself, or the shipped one that it names.

    Parameters
    ----------
    path
        What a user wrote; a file that is there always comes first.
    """
    if path.exists() or path.parts[:1] != (RECIPES,) or ".." in path.parts:
        return path
    shipped = shipped_folder(RECIPES).joinpath(*path.parts[1:])
    return shipped if shipped.is_file() else path


def shipped_recipes() -> Iterator[ShippedRecipe]:
    """Yield all recipes and grids that come with the package."""
    folder = shipped_folder(RECIPES)
    for path in sorted(folder.rglob("*.yaml"), key=lambda one: (len(one.parts), one)):
        inside = path.relative_to(folder)
        if inside.parts[0] == LAUNCH:
            continue
        text = path.read_text(encoding="utf-8")
        about = text.partition("\n")[0].removeprefix("#").strip()
        yield ShippedRecipe(f"{RECIPES}/{inside.as_posix()}", about)


def copy_shipped(name: str, out: Path) -> None:
    """Copy shipped files to a folder, to be changed there or named to another program.

    Raises
    ------
    RmplError
        If something is there already: it might have been changed.
    """
    source = shipped_folder(name)
    out.parent.mkdir(parents=True, exist_ok=True)
    with writing_file(out, folder=True):
        if out.exists():
            raise RmplError(
                "already there; nothing is written over", where=str(out), remedy="name a new folder"
            )
        with appearing_folder(out) as written:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, written, ignore=ignored, dirs_exist_ok=True)
