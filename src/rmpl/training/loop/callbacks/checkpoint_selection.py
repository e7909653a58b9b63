"""Evaluation at regular intervals, for checkpoint selection and early stopping."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from rmpl.training.loop.evaluation import CheckpointSelection


class EvaluationSchedule(TrainerCallback):  # type: ignore[misc]
    """Schedules evaluations; every evaluated step is saved, so that it can be selected."""

    def __init__(self, selection: CheckpointSelection, every: int) -> None:
        self._selection = selection
        self._every = every

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Continue the record from the checkpoint that training resumes from."""
        self._selection.resume(state.global_step, writes=state.is_world_process_zero)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Evaluate and save every ``every`` steps and at the end."""
        if state.global_step % self._every == 0 or state.global_step >= state.max_steps:
            control.should_evaluate = True
            control.should_save = True

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Stop training if early stopping is due."""
        if self._selection.is_over:
            control.should_training_stop = True
