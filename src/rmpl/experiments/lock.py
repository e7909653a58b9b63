"""Lock files: the inputs and results of a reproduction, for comparison with another one.

Differences are classified as *causes* (recipe, data, base, versions, machine), *figures* (scores
and losses) and *traces* (digests of weights and predictions, which rarely agree across machines).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from rmpl.backbones import embedded
from rmpl.backbones.checkpoints import local_folder
from rmpl.errors import RmplError
from rmpl.experiments.evaluation import Benchmark
from rmpl.io import formats
from rmpl.io.files import write_file
from rmpl.io.saved import saved_record, saved_text
from rmpl.recipe.former_names import current_names
from rmpl.recipe.recipe import Recipe
from rmpl.runs.card import public_name
from rmpl.runs.checkpoints import writing
from rmpl.runs.curve import read_curve
from rmpl.runs.folder import RunFolder, StageFolder
from rmpl.scoring.counts import ScoreDict
from rmpl.synthetic.build import named_format, read_marker

_PLACES = ("data", "contamination_check")
"""Keys of a recipe that hold paths of this machine."""


class Lock(msgspec.Struct, frozen=True):
    """The inputs and results of a reproduction.

    Parameters
    ----------
    recipe
        The whole recipe, including its seed, without paths of this machine.
    base
        The base model: its name, and a digest or the hub's revision.
    data, benchmark
        Documents and digest of every corpus; for the benchmark, also the number of missing images.
    world
        Version, seed and scale of a synthetic corpus.
    versions, commit, machine
        The environment; ``machine`` includes the precision.
    losses, weights
        For every stage, the last logged loss and the digest of the trained weights.
    predictions
        The digest of the prediction file.
    scores
        Protocol -> task -> counts and percentages.
    """

    format: str
    recipe: dict[str, Any]
    base: dict[str, str]
    data: dict[str, dict[str, str | int]]
    benchmark: dict[str, str | int]
    world: dict[str, Any] | None
    versions: dict[str, str]
    commit: str | None
    machine: dict[str, Any]
    losses: dict[str, float]
    weights: dict[str, str]
    predictions: str
    scores: dict[str, dict[str, ScoreDict]]


class Deviation(msgspec.Struct, frozen=True):
    """A difference between a lock and a reproduction; ``-`` for a missing value."""

    kind: Literal["cause", "figure", "trace"]
    key: str
    locked: str
    here: str


def make_lock(
    folder: Path,
    recipe: Recipe,
    data: Path,
    benchmark: Benchmark,
    scores: Mapping[str, Mapping[str, ScoreDict]],
) -> Lock:
    """Describe a finished run and its scores."""
    place = RunFolder(folder)
    run = place.read_record()
    last = run["starts"][-1]
    tree = recipe.model_dump(mode="json", exclude=set(_PLACES))
    tree["backbone"]["model"] = public_name(recipe.backbone.model)
    measured = place.stage(recipe.stages[-1].name).precision
    is_auto = recipe.precision == "auto" and measured.is_file()
    precision = saved_text(measured) if is_auto else recipe.precision
    return Lock(
        format=formats.LOCK,
        recipe=tree,
        base=_base(recipe.backbone.model),
        data=run["data"],
        benchmark={
            "documents": len(benchmark.documents),
            "missing_pictures": benchmark.missing,
            "sha256": benchmark.digest,
        },
        world=read_marker(data),
        versions=last["versions"],
        commit=last["commit"],
        machine={**last["machine"], "precision": precision},
        losses={
            stage.name: curve[-1]["loss"]
            for stage in recipe.stages
            if (curve := read_curve(place.stage(stage.name).curve))
        },
        weights={stage.name: _weights(place.stage(stage.name)) for stage in recipe.stages},
        predictions=_digest([place.predictions]),
        scores={name: dict(tasks) for name, tasks in scores.items()},
    )


def _base(model: str) -> dict[str, str]:
    """Identify a model: a hub id with its revision, else a digest of the files."""
    folder = local_folder(model)
    if folder is None:
        return {"name": public_name(model)}
    if folder.parent.name == "snapshots":
        return {"name": model, "revision": folder.name}
    files = sorted([*folder.glob("*.safetensors"), *folder.glob("*.json")])
    name = model if model == embedded.NAME else public_name(model)
    return {"name": name, "sha256": _digest(files)}


def _weights(stage: StageFolder) -> str:
    folders = (stage.adapter, stage.model)
    return _digest(sorted(path for folder in folders for path in folder.glob("*.safet*")))


def _digest(files: list[Path]) -> str:
    found = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            found.update(hashlib.file_digest(stream, "sha256").digest())
    return found.hexdigest()


def write_lock(lock: Lock, path: Path) -> None:
    """Write a lock file."""
    with writing(path, "the run is complete"):
        write_file(path, msgspec.json.format(msgspec.json.encode(lock), indent=1) + b"\n")


def read_lock(path: Path) -> Lock:
    """Read a lock file.

    Raises
    ------
    RmplError
        If there is none, or it has another format or a newer version.
    """
    if not path.is_file():
        raise RmplError("no such lock file", where=str(path), remedy="check the path")
    lock = saved_record(path, Lock, formats.LOCK, "a lock file", "reproduce it again")
    if lock.format != formats.LOCK:
        raise RmplError(
            f"a lock of format {lock.format!r}, not {formats.LOCK!r}",
            where=str(path),
            remedy="verify it with the version of rmpl that wrote it",
        )
    world = None if lock.world is None else named_format(lock.world)
    recipe = current_names(lock.recipe, str(path))
    return msgspec.structs.replace(lock, recipe=recipe, world=world)


_KINDS: dict[str, Literal["cause", "figure", "trace"]] = {
    "losses": "figure",
    "scores": "figure",
    "weights": "trace",
    "predictions": "trace",
}
_DERIVED = (".p", ".r", ".f1")
"""Percentages, which follow from the counts."""


def deviations(locked: Lock, here: Lock) -> list[Deviation]:
    """Return all differences, causes first, in the order of the lock file."""
    one, other = (_flat(msgspec.to_builtins(lock)) for lock in (locked, here))
    found = [
        Deviation(
            _KINDS.get(key.partition(".")[0], "cause"), key, one.get(key, "-"), other.get(key, "-")
        )
        for key in dict.fromkeys([*one, *other])
        if one.get(key) != other.get(key) and not key.endswith(_DERIVED)
    ]
    order = ("cause", "figure", "trace")
    return sorted(found, key=lambda deviation: order.index(deviation.kind))


def figures(lock: Lock) -> int:
    """Return the number of figures in a lock."""
    flat = _flat(msgspec.to_builtins(lock))
    return sum(
        _KINDS.get(key.partition(".")[0]) == "figure" and not key.endswith(_DERIVED) for key in flat
    )


def _flat(tree: object, prefix: str = "") -> dict[str, str]:
    if isinstance(tree, dict):
        pairs: Any = tree.items()
    elif isinstance(tree, list):
        pairs = ((item["name"] if _named(item) else n, item) for n, item in enumerate(tree))
    else:
        return {prefix: "none" if tree is None else str(tree)}
    found: dict[str, str] = {}
    for key, value in pairs:
        found |= _flat(value, f"{prefix}.{key}" if prefix else str(key))
    return found


def _named(item: object) -> bool:
    return isinstance(item, dict) and "name" in item
