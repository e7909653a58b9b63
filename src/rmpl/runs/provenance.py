"""Provenance of a run: versions, commit, machine, seeds and data, in its run.json."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

import rmpl
from rmpl.runs.checkpoints import writing
from rmpl.runs.folder import RunFolder
from rmpl.runs.processes import world

_LIBRARIES = ("torch", "transformers", "peft", "accelerate", "safetensors", "tokenizers", "numpy")
_TRAINS = "trains"


def surroundings() -> dict[str, Any]:
    """Return the versions, the commit and the machine of this process."""
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    devices = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    return {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
        "commit": commit(Path(rmpl.__file__).parent),
        "versions": {"rmpl": rmpl.__version__, "python": platform.python_version(), **versions},
        "machine": {"system": platform.platform(), "gpus": devices, "processes": world()},
    }


def commit(folder: Path) -> str | None:
    """Return the git commit of the sources, marked where they differ from it.

    ``None`` where the package was installed without its repository.
    """
    git = shutil.which("git")
    if git is None:
        return None

    def ask(*what: str) -> str | None:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [git, "-C", str(folder), *what], capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else None

    head = ask("rev-parse", "HEAD")
    if not head:
        return None
    return f"{head} with changes" if ask("status", "--porcelain", "--", str(folder)) else head


def read_run(folder: Path) -> dict[str, Any]:
    """Return what ``run.json`` holds, see ``RunFolder.read_record``."""
    return RunFolder(folder).read_record()


def record_start(
    folder: Path, about: dict[str, Any], trains: Sequence[str] | None = None
) -> list[str]:
    """Write ``run.json``: what the run is about, and its starts, the earlier ones kept.

    Parameters
    ----------
    folder
        The run.
    about
        What it is about.
    trains
        The stages that are not finished yet, if known: a start that finds all of them finished
        trains nothing.

    Returns
    -------
    list of str
        What differs from the start before, one line each: a resumed run may then end otherwise.
    """
    place = RunFolder(folder)
    run = place.read_record()
    starts = run.get("starts", [])
    now = surroundings()
    if trains is not None:
        now[_TRAINS] = list(trains)
    changes = []
    if starts:
        before = starts[-1]["versions"]
        changes = [
            f"resumes with {name} {version}, was started with {before.get(name)}"
            for name, version in now["versions"].items()
            if before.get(name) != version
        ]
    with writing(place.record, "nothing was lost"):
        place.write_record({**run, **about, "starts": [*starts, now]})
    return changes


def training_starts(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the starts of a run that had something to train.

    Those of version 0.1 do not say: all of them count.
    """
    return [one for one in run.get("starts", []) if one.get(_TRAINS) != []]


def record_stage(folder: Path, name: str, about: dict[str, Any]) -> None:
    """Add to ``run.json`` what a stage is trained on and how far it went."""
    place = RunFolder(folder)
    run = place.read_record()
    stages = run.setdefault("stages", {})
    stages[name] = {**stages.get(name, {}), **about}
    with writing(place.record, "the last checkpoint is whole"):
        place.write_record(run)
