"""Notices about models that would be misread on documents unlike those they know."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import huggingface_hub

from rmpl.corpora.origin import is_synthetic
from rmpl.errors import RmplError
from rmpl.runs.folder import RECIPE, run_folder

EMBEDDED = "embedded"
ONLY_SYNTHETIC = (
    "This is the embedded model, which knows only its synthetic corpus: what it finds in real text "
    "and photographs is useless."
)


def is_embedded(model: str | Path) -> bool:
    """Return whether a model is the embedded one, or a run of it; no hub is asked.

    ``model`` is a run's folder or a stage's, a model's folder, or a hub id of either.
    """
    if str(model) == EMBEDDED:
        return True
    folder: Path | None = Path(model)
    if not Path(model).is_dir():
        folder = _cached(str(model))
    run = None if folder is None else run_folder(folder)
    with contextlib.suppress(RmplError, OSError):
        return run is not None and run.read_recipe().backbone.model == EMBEDDED
    return False


def _cached(model: str) -> Path | None:
    with contextlib.suppress(ValueError):  # not the form of a hub id
        found = huggingface_hub.try_to_load_from_cache(model, RECIPE)
        return Path(found).parent if isinstance(found, str) else None
    return None


def notice_of(model: str | Path, inputs: Iterable[str | Path] = ()) -> str | None:
    """Return a warning if a model is the embedded one and reads anything but its synthetic corpus.

    ``inputs`` are the files and folders that it reads; without any, they may be anything.
    """
    paths = [Path(one) for one in inputs]
    if not is_embedded(model) or (paths and all(map(is_synthetic, paths))):
        return None
    return ONLY_SYNTHETIC
