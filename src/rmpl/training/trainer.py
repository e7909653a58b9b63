"""The training loop: transformers' Trainer with the order, the loss and the checkpoints of ours."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer

from rmpl.training.checkpoints import UNFINISHED, checkpoints, seal, writing


class StageTrainer(Trainer):  # type: ignore[misc]
    """A trainer that keeps the mixture's order: the mixture already is a shuffled one.

    Checkpoints appear whole or not at all; the one before goes when the next has its name.
    """

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return torch.utils.data.SequentialSampler(train_dataset or self.train_dataset)

    def _get_output_dir(self, trial: Any) -> str:
        # Asked for only where a checkpoint is written, and where old ones are cleared away.
        return str(Path(super()._get_output_dir(trial)) / UNFINISHED)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        folder = Path(self.args.output_dir)
        whole = checkpoints(folder)
        kept = f"{whole[-1].name} is whole" if whole else "nothing else was lost"
        staged = folder / UNFINISHED
        if self.args.should_save:
            shutil.rmtree(staged, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        try:
            with writing(folder, kept):
                super()._save_checkpoint(model, trial)
                self.accelerator.wait_for_everyone()
                if self.args.should_save:
                    seal(staged / f"checkpoint-{self.state.global_step}", folder)
        finally:
            if self.args.should_save:
                shutil.rmtree(staged, ignore_errors=True)
        if self.args.should_save:
            for older in whole:
                if older.name != f"checkpoint-{self.state.global_step}":
                    shutil.rmtree(older, ignore_errors=True)
        self.accelerator.wait_for_everyone()
