"""Whether a corpus is a published one or the synthetic one, which is written in the same formats.

``rmpl world`` leaves a marker in the folder of all its corpora and in each of them; versions before
0.2 left only the first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WORLD_MARKER = "world.json"
"""In the folder that holds the synthetic corpora: how they were made."""

MARKER = "synthetic.json"
"""In the folder of each of them, which may be copied elsewhere."""

FORMAT = "rmpl-synthetic/1"

SYNTHETIC = "rmpl's synthetic corpus: generated sentences and drawn images"
"""What cards and reports say in place of the name of the corpus whose format it has."""

_WORLD_KEYS = {"format", "seed", "scale", "counts"}


def is_synthetic(path: Path) -> bool:
    """Return whether a corpus's folder, or one of its files, was written by ``rmpl world``."""
    here = path.resolve()
    folder = here if here.is_dir() else here.parent
    if _read(folder / MARKER).get("format") == FORMAT:
        return True
    return any(
        _read(place / WORLD_MARKER).keys() >= _WORLD_KEYS for place in (folder, folder.parent)
    )


def mark(folder: Path) -> None:
    """Mark the folder of one synthetic corpus."""
    (folder / MARKER).write_text(json.dumps({"format": FORMAT}) + "\n", encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    """Return what a JSON file holds; nothing where it is not there or is no marker of ours."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
