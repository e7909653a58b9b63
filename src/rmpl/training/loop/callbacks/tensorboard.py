"""TensorBoard: the curve in a browser, written to the stage's folder, without any network."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback
from transformers.integrations import get_available_reporting_integrations

from rmpl.errors import RmplError

BOARD = "tensorboard"


def reporters(wanted: Sequence[str] | None) -> list[str]:
    """Return where to report to: what is wanted, or TensorBoard if it is installed.

    Raises
    ------
    RmplError
        If something wanted is unknown or not installed.
    """
    if wanted is None:
        return [BOARD] if importlib.util.find_spec("tensorboard") is not None else []
    there = set(get_available_reporting_integrations()) if wanted else set()
    for name in wanted:
        if name not in there:
            package = "'rmpl[tensorboard]'" if name == BOARD else name
            others = f" or take {' or '.join(sorted(there))}," if there else ""
            raise RmplError(
                f"report_to: {name} is not installed, or no such reporter",
                remedy=f"pip install {package},{others} or leave report_to at []",
            )
    return list(wanted)


class Board(TrainerCallback):  # type: ignore[misc]
    """Writes every logged number as a scalar."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Begin, without the points that a killed run logged after its last checkpoint."""
        if state.is_world_process_zero:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - optional

            self._writer = SummaryWriter(str(self._folder), purge_step=state.global_step + 1)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Write what was logged."""
        if self._writer is None:
            return
        for name, value in (logs or {}).items():
            if isinstance(value, int | float):
                self._writer.add_scalar(name, value, state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Flush the last points."""
        if self._writer is not None:
            self._writer.close()
