"""The training curve as a file: one JSON line for each logged step."""

from __future__ import annotations

import json
from pathlib import Path

CURVE = "curve.jsonl"


def read_curve(path: Path) -> list[dict[str, float]]:
    """Return the points of a training curve; empty if there is none yet.

    A last line that a killed run left unfinished is no point.
    """
    if not path.is_file():
        return []
    lines = path.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
