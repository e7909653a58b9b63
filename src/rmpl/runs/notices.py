"""Notices about models that would be misread on documents unlike those they know."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import huggingface_hub

from rmpl.corpora.origin import is_synthetic
from rmpl.errors import RmplError
from rmpl.runs.folder import RECIPE, run_folder
from rmpl.runs.origins import ORIGINS, is_all_synthetic

EMBEDDED = "embedded"
ONLY_SYNTHETIC = (
    "This is the embedded model, which knows only its synthetic corpus: what it finds in real text "
    "and photographs is useless."
)


def knows_only_synthetic(model: str | Path) -> bool:
    """Return whether a model is the embedded one, trained on nothing else; no hub is asked.

    ``model`` is a run's folder or a stage's, a model's folder, or a hub id of either.
    """
    if str(model) == EMBEDDED:
        return True
    folder = Path(model) if Path(model).is_dir() else _cached(str(model))
    run = None if folder is None else run_folder(folder)
    if run is None:
        return False
    try:
        read = run.read_record() if run.record.is_file() else {}
        is_embedded = run.read_recipe().backbone.model == EMBEDDED
    except (RmplError, OSError):  # loading it reports what is wrong
        return False
    # Version 0.1 did not note what a run read.
    return is_embedded and (ORIGINS not in read or is_all_synthetic(read))


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
    if not knows_only_synthetic(model) or (paths and all(map(is_synthetic, paths))):
        return None
    return ONLY_SYNTHETIC
