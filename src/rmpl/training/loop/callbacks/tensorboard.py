"""The TensorBoard logger: event files in the stage's folder; nothing is sent anywhere."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback
from transformers.integrations import get_available_reporting_integrations

from rmpl.errors import RmplError

TENSORBOARD = "tensorboard"


def reporters(wanted: Sequence[str] | None) -> list[str]:
    """Return the reporters to use: those wanted, by default TensorBoard if it is installed.

    Raises
    ------
    RmplError
        If something wanted is unknown or not installed.
    """
    if wanted is None:
        return [TENSORBOARD] if importlib.util.find_spec("tensorboard") is not None else []
    available = set(get_available_reporting_integrations()) if wanted else set()
    for name in wanted:
        if name not in available:
            package = "'rmpl[tensorboard]'" if name == TENSORBOARD else name
            others = f" or use {' or '.join(sorted(available))}," if available else ""
            raise RmplError(
                f"report_to: {name} is not installed, or no such reporter",
                remedy=f"pip install {package},{others} or leave report_to at []",
            )
    return list(wanted)


class TensorBoardLogger(TrainerCallback):  # type: ignore[misc]
    """Writes every logged number as a scalar."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Open the event file; drop points after the last checkpoint of an interrupted run."""
        if state.is_world_process_zero:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - optional

            self._writer = SummaryWriter(str(self._folder), purge_step=state.global_step + 1)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Write the logged numbers."""
        if self._writer is None:
            return
        for name, value in (logs or {}).items():
            if isinstance(value, int | float):
                self._writer.add_scalar(name, value, state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Flush the last points."""
        if self._writer is not None:
            self._writer.close()
