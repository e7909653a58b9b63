"""Private hooks of transformers' Trainer, under public names: the only place that overrides them.

Apart from ``backbones.private_api`` because importing the Trainer (accelerate and all) takes a
second that commands which only load a model do not need.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import Trainer


class HookedTrainer(Trainer):  # type: ignore[misc]
    """transformers' Trainer (5.24 to 5.x); each method here stands for a private one.

    By default each does what the Trainer does.
    """

    def items_in_step(self, batches: list[Any], device: torch.device) -> Any:
        """Return the number that a step's summed loss is divided by, over all micro-batches."""
        return super()._get_num_items_in_batch(batches, device)

    def save_weights(self, folder: str | None, state_dict: Any) -> None:
        """Save the model into a folder."""
        super()._save(folder, state_dict)

    def load_weights(self, folder: str, model: Any) -> None:
        """Load the weights of a checkpoint that training resumes from."""
        super()._load_from_checkpoint(folder, model)

    def report_loaded(self, result: Any) -> None:
        """Warn about the missing and unexpected keys of a checkpoint (a named tuple of torch's)."""
        super()._issue_warnings_after_load(result)

    def train_sampler(self, dataset: Any) -> Any:
        """Return the order of the training samples."""
        return super()._get_train_sampler(dataset)

    def checkpoints_folder(self, trial: Any) -> str:
        """Return the folder in which checkpoints are written and old ones deleted."""
        return str(super()._get_output_dir(trial))

    def write_checkpoint(self, model: Any, trial: Any) -> None:
        """Write a checkpoint: weights, optimizer, schedule, random state."""
        super()._save_checkpoint(model, trial)

    def keep_schedule(self) -> None:
        """Mark the schedule as created by the Trainer, so that it resets it only with a new run."""
        self._created_lr_scheduler = True

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> Any:
        return self.items_in_step(batch_samples, device)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        self.save_weights(output_dir, state_dict)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        self.load_weights(resume_from_checkpoint, model)

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        self.report_loaded(load_result)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self.train_sampler(train_dataset)

    def _get_output_dir(self, trial: Any) -> str:
        return self.checkpoints_folder(trial)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        self.write_checkpoint(model, trial)
