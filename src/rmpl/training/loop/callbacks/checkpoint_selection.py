"""Measuring on held-out samples every so many steps, and stopping when nothing gets better."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from rmpl.training.loop.evaluation import Choice


class Choosing(TrainerCallback):  # type: ignore[misc]
    """Says when to measure; every measured step is saved, so that it can be chosen."""

    def __init__(self, choice: Choice, every: int) -> None:
        self._choice = choice
        self._every = every

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Go on from the record of the steps that are kept."""
        self._choice.begin(state.global_step, writes=state.is_world_process_zero)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Measure every so many steps, and at the end."""
        if state.global_step % self._every == 0 or state.global_step >= state.max_steps:
            control.should_evaluate = True
            control.should_save = True

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Stop where patience is at an end."""
        if self._choice.is_over:
            control.should_training_stop = True
