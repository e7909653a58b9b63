"""A grid of very small runs: what tests of experiments share."""

from __future__ import annotations

import yaml

from training import small_runs

CELLS = {
    "rmpl": {"about": "the whole"},
    "text_only": {
        "about": "text alone",
        "changes": {
            "stages": {
                "one": None,
                "two": {"start": "base", "mixture": {"same-event": None}},
            }
        },
        "fill": "two",
        "media": ["text"],
    },
}


def write_grid(folder, twin, *, cells=None, **changes):
    """Write a base recipe of one step a stage and a grid over it; returns the grid's file."""
    base = small_runs.recipe(twin).model_dump(mode="json", exclude_none=True)
    for stage in base["stages"]:
        stage |= {"steps": 1, "batch": 2}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "base.yaml").write_text(yaml.safe_dump(base))
    grid = {
        "name": "small",
        "base": "base.yaml",
        "seeds": [1, 2, 3, 4, 5],
        "benchmark": {"limit": 1},
        "cells": CELLS if cells is None else cells,
        **changes,
    }
    path = folder / "grid.yaml"
    path.write_text(yaml.safe_dump(grid))
    return path
