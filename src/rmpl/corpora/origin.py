"""Telling the synthetic corpus from published ones, which have the same formats.

``rmpl synthetic`` writes a marker file to the parent folder of its corpora and to each of them;
versions before 0.2 wrote only the first.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

WORLD_MARKER = "world.json"
"""The marker in the parent folder of the synthetic corpora, with their settings."""

MARKER = "synthetic.json"
"""The marker in the folder of each, which may be copied elsewhere."""

FORMAT = "rmpl-synthetic/1"

SYNTHETIC = "rmpl's synthetic corpus: generated sentences and drawn images"
"""Its name in model cards and reports, instead of that of the corpus with the same format."""

_WORLD_KEYS = {"format", "seed", "scale", "counts"}


def is_synthetic(path: Path) -> bool:
    """Return whether a folder or file, or what it lies in, was written by ``rmpl synthetic``."""
    here = path.resolve()
    folder = here if here.is_dir() else here.parent
    if _read(folder / WORLD_MARKER).keys() >= _WORLD_KEYS:
        return True
    return any(map(_is_corpus, (folder, *folder.parents)))


def _is_corpus(folder: Path) -> bool:
    """Return whether a folder is that of one synthetic corpus."""
    if _read(folder / MARKER).get("format") == FORMAT:
        return True
    world = _read(folder.parent / WORLD_MARKER)
    # Somebody may put corpora of their own beside the synthetic ones.
    return world.keys() >= _WORLD_KEYS and folder.name in _names(world["counts"])


def mark(folder: Path) -> None:
    """Mark the folder of one synthetic corpus."""
    (folder / MARKER).write_text(json.dumps({"format": FORMAT}) + "\n", encoding="utf-8")


def _names(counts: object) -> Collection[str]:
    return counts.keys() if isinstance(counts, dict) else ()


def _read(path: Path) -> dict[str, Any]:
    """Return the content of a marker file; empty if it is missing or something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
