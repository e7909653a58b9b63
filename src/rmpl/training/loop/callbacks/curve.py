"""The training curve, one line per logged step, and progress reports."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from rmpl.io.files import write_file
from rmpl.runs.checkpoints import writing
from rmpl.runs.curve import curve_line, read_curve

_BY_SOURCE = ("loss/", "share/")
Progress = Callable[[int, int, float], None]
"""Called with (step, steps, loss)."""


class Curve(TrainerCallback):  # type: ignore[misc]
    """Writes the training curve and reports progress."""

    def __init__(self, path: Path, progress: Progress | None) -> None:
        self._path = path
        self._progress = progress

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Drop points after the last checkpoint of an interrupted run."""
        if not state.is_world_process_zero:
            return
        points = [point for point in read_curve(self._path) if point["step"] <= state.global_step]
        write_file(self._path, "".join(map(curve_line, points)))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log whenever a checkpoint is saved, so that none falls between two points of the curve.

        The curve of a resumed run then equals that of an uninterrupted one.
        """
        if control.should_save:
            control.should_log = True

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Append one point to the curve."""
        if not logs or "loss" not in logs or not state.is_world_process_zero:
            return
        point = {
            "step": state.global_step,
            "loss": round(float(logs["loss"]), 5),
            "grad_norm": round(float(logs.get("grad_norm") or math.nan), 4),
            "learning_rate": float(logs["learning_rate"]),
        }
        names = sorted(name for name in logs if name.startswith(_BY_SOURCE))
        point |= {name: round(logs[name], 5) for name in names}
        with writing(self._path, "the last checkpoint is whole"), self._path.open("a") as file:
            file.write(curve_line(point))
        if self._progress is not None:
            self._progress(state.global_step, state.max_steps, point["loss"])
