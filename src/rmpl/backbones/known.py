"""Models that are known without their files: sizes and licences, names, and where they are kept.

It imports no torch, so that listing them is quick.
"""

from __future__ import annotations

import functools
import os
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import yaml

from rmpl.errors import RmplError
from rmpl.io.saved import saved_object

CACHE = "RMPL_CACHE"
"""Environment variable with the folder that named models are kept in."""


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Metadata of a hub checkpoint, from ``checkpoints.yaml``.

    ``config`` holds the arguments of its configuration class, ``processor`` the differences from
    the processor of its family's twin; a key that is null there has the class's own default.
    """

    model_type: str
    parameters: int
    licence: str
    pieces_per_token: float
    processor: dict[str, Any]
    config: dict[str, Any]


class Packaged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wheel of the package registry that holds a model as a GGUF file; see ``models.yaml``."""

    requirement: str
    wheel: str
    wheel_sha256: str
    wheel_bytes: int
    member: str
    sha256: str
    bytes: int
    licence: str
    pre_tokenizer: str
    end_of_turn: str


class NamedModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model with a name of its own: its hub id, what it reads, and its wheel, if there is one."""

    hub: str
    reads: str
    registry: Packaged | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Where it can be had, the first choice first."""
        return ("hub",) if self.registry is None else ("registry", "hub")


def _table(name: str) -> dict[str, Any]:
    tree = yaml.safe_load((resources.files(__package__) / name).read_text(encoding="utf-8"))
    return {key: entry for key, entry in tree.items() if not key.startswith("_")}


@functools.cache
def known_checkpoints() -> dict[str, Checkpoint]:
    """Return the metadata of the known hub checkpoints, by id."""
    return msgspec.convert(_table("checkpoints.yaml"), dict[str, Checkpoint])


@functools.cache
def named_models() -> dict[str, NamedModel]:
    """Return the models that have a name of their own, by name."""
    return msgspec.convert(_table("models.yaml"), dict[str, NamedModel])


def hub_id(source: str) -> str:
    """Return the hub id of a named model; anything else is returned as it is."""
    named = None if Path(source).is_dir() else named_models().get(source)
    return source if named is None else named.hub


def known_checkpoint(source: str) -> Checkpoint | None:
    """Return the metadata of a hub id or a named model, if it is known."""
    return known_checkpoints().get(hub_id(source))


def find_named(name: str) -> NamedModel:
    """Return the named model.

    Raises
    ------
    RmplError
        If there is none of that name.
    """
    if name not in named_models():
        raise RmplError(
            f"no model named {name!r}",
            remedy=f"use one of {', '.join(named_models())} (rmpl models list)",
        )
    return named_models()[name]


def cache_folder() -> Path:
    """Return the folder for what is kept between runs, by the platform's convention."""
    own = os.environ.get(CACHE)
    if own:
        return Path(own).expanduser().absolute()
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]).expanduser().absolute() / "rmpl"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "rmpl"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "rmpl"
    return Path.home() / ".cache" / "rmpl"


def place_of(name: str) -> Path:
    """Return the folder that a named model is kept in, whether or not it is there."""
    return cache_folder() / "models" / name


def kept_folder(name: str) -> Path | None:
    """Return the folder of a named model if it is on this machine, by ``rmpl models get``."""
    folder = place_of(name)
    return folder if name in named_models() and has_weights(folder) else None


def has_weights(folder: Path) -> bool:
    """Return whether a folder has a model's configuration and all of its weights."""
    index = folder / "model.safetensors.index.json"
    if not (folder / "config.json").is_file():
        return False
    if not index.is_file():
        return any(folder.glob("*.safetensors"))
    try:
        shards = saved_object(index)["weight_map"].values()
        return all((folder / shard).is_file() for shard in shards)
    except (RmplError, ValueError, KeyError, TypeError, AttributeError):
        return False


def not_here(name: str) -> RmplError:
    """Return the error of a named model that is not on this machine."""
    return RmplError("not on this machine", where=name, remedy=f"rmpl models get {name}")
