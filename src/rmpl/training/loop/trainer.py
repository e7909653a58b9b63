"""transformers' Trainer with our sample order, loss and checkpoints."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, set_peft_model_state_dict
from safetensors.torch import load_file

from rmpl.backbones.model_files import ADAPTER_WEIGHTS
from rmpl.runs.adapters import TRAINED_ADAPTER
from rmpl.runs.checkpoints import seal, writing
from rmpl.runs.folder import StageFolder, step_of
from rmpl.training.data.mixture import Mixture
from rmpl.training.loop.evaluation import CheckpointSelection, Evaluator
from rmpl.training.loop.losses import Tally, count_targets, target_losses
from rmpl.training.loop.private_api import HookedTrainer
from rmpl.training.parallel.sharding import layer_classes


class StageTrainer(HookedTrainer):
    """A trainer for one stage. It keeps the mixture's order, which is already shuffled.

    Checkpoints are written atomically; older ones are then deleted.

    Parameters
    ----------
    optimizer_of, rate
        Return the optimizer of a model, and the factor of the learning rates at a step.
    mixture
        The source of batches, which hold the index of their source as ``source``. The loss is then
        the mean over all target tokens of a step, whatever the number of micro-batches and
        processes; without a mixture, it is the model's own, averaged over micro-batches.
    held_out, selection
        The held-out samples and the record of evaluations; the best checkpoint is kept.
    kwargs
        Arguments of transformers' Trainer.
    """

    control: Any
    optimizer: Any
    lr_scheduler: Any

    def __init__(
        self,
        *,
        optimizer_of: Callable[[torch.nn.Module], torch.optim.Optimizer],
        rate: Callable[[int], float],
        mixture: Mixture | None = None,
        held_out: Evaluator | None = None,
        selection: CheckpointSelection | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if self.is_fsdp_enabled:
            plugin = self.accelerator.state.fsdp_plugin
            plugin.transformer_cls_names_to_wrap = sorted(layer_classes(self.model))
        self._optimizer_of = optimizer_of
        self._rate = rate
        self._mixture = mixture
        self._tally = None if mixture is None else Tally(mixture.names, self.args.device)
        self._held_out = held_out
        self._selection = selection
        self._started: tuple[float, int] | None = None
        if mixture is not None:
            self.loss_is_scaled_for_ga = True

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the loss of a micro-batch, as its part of the step's loss."""
        if self._tally is None:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels, source, anchor = (inputs.pop(name) for name in ("labels", "source", "anchor"))
        losses = target_losses(model, inputs, labels)
        counted = losses[: len(losses) - anchor]
        self._tally.add(source, counted)
        # The anchor only keeps the vision tower in the graph and does not count.
        total = counted.sum() + 0.0 * losses[len(losses) - anchor :].sum()
        # Gradients are averaged over processes, which this undoes.
        return total / num_items_in_batch * self.accelerator.num_processes

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add each source's loss since the last log, its share so far, and the remaining time."""
        step, steps = self.state.global_step, self.state.max_steps
        if self._tally is not None and self._mixture is not None and "loss" in logs:
            logs.update(self._tally.means())
            done = step * len(self._mixture) // steps
            logs.update({f"share/{n}": s for n, s in self._mixture.shares(done).items()})
        started, first = self._started = self._started or (time.monotonic(), step)
        if step > first:
            logs["seconds_left"] = (time.monotonic() - started) / (step - first) * (steps - step)
        super().log(logs, start_time)

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Evaluate on the held-out samples, instead of transformers' own evaluation."""
        if self._held_out is None or self._selection is None:
            raise ValueError("nothing is held out")
        evaluation = self._held_out.evaluate(
            self.model_wrapped,
            self.state.global_step,
            rank=self.args.process_index,
            device=self.args.device,
        )
        self._selection.add(evaluation, writes=self.args.should_save)
        logs = {"held_out/loss": evaluation.loss}
        if evaluation.score is not None:
            logs["held_out/score"] = evaluation.score
        logs |= {f"held_out/{name}": value for name, value in evaluation.by_source.items()}
        self.log(logs)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, logs)
        return logs

    def items_in_step(self, batches: list[Any], device: torch.device) -> Any:
        """Return the number of target tokens of a step, over all micro-batches and processes."""
        if self._tally is None:
            return super().items_in_step(batches, device)
        count = sum(count_targets(batch["labels"]) - batch["anchor"] for batch in batches)
        if self.accelerator.num_processes > 1:
            count = self.accelerator.gather(torch.as_tensor(count, device=device)).sum()
        return count

    def create_optimizer(self, model: Any = None) -> Any:
        """Create the optimizer, once the model is wrapped for training."""
        if self.optimizer is None:
            self.optimizer = self._optimizer_of(self.model if model is None else model)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Create the learning-rate schedule."""
        if self.lr_scheduler is None:
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
                self.optimizer if optimizer is None else optimizer, self._rate
            )
            self.keep_schedule()
        return self.lr_scheduler

    def save_weights(self, folder: str | None, state_dict: Any) -> None:
        """Save the trained weights: of stacked adapters, the trained one."""
        if not isinstance(self.model, PeftModel) or folder is None:
            super().save_weights(folder, state_dict)
        elif self.args.should_save:
            self.model.save_pretrained(
                folder, state_dict=state_dict, selected_adapters=[TRAINED_ADAPTER]
            )

    def load_weights(self, folder: str, model: Any) -> None:
        """Load the trained weights: of stacked adapters, the trained one."""
        if not isinstance(self.model, PeftModel) or self.is_fsdp_enabled:
            super().load_weights(folder, model)
            return
        weights = load_file(Path(folder) / ADAPTER_WEIGHTS)
        set_peft_model_state_dict(self.model, weights, adapter_name=TRAINED_ADAPTER)

    def report_loaded(self, result: Any) -> None:
        """Warn about missing weights, except those that are tied to others and never saved."""
        tied = getattr(self.model, "all_tied_weights_keys", None) or {}
        missing = [key for key in result.missing_keys if key not in tied]
        super().report_loaded(result._replace(missing_keys=missing))

    def train_sampler(self, dataset: Any) -> Any:
        """Keep the mixture's order."""
        return torch.utils.data.SequentialSampler(dataset or self.train_dataset)

    def checkpoints_folder(self, trial: Any) -> str:
        """Return the folder of incomplete checkpoints."""
        return str(StageFolder(Path(super().checkpoints_folder(trial))).unfinished)

    def write_checkpoint(self, model: Any, trial: Any) -> None:
        """Write a checkpoint atomically; delete those no longer needed."""
        folder = Path(self.args.output_dir)
        place = StageFolder(folder)
        whole = place.checkpoints()
        state = f"{whole[-1].name} is whole" if whole else "nothing else was lost"
        staged = place.unfinished
        if self.args.should_save:
            shutil.rmtree(staged, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        try:
            with writing(folder, state):
                super().write_checkpoint(model, trial)
                self.accelerator.wait_for_everyone()
                if self.args.should_save:
                    seal(StageFolder(staged).checkpoint(self.state.global_step), folder)
        finally:
            if self.args.should_save:
                shutil.rmtree(staged, ignore_errors=True)
        if self.args.should_save:
            best = None if self._selection is None else self._selection.best
            for older in whole:
                if step_of(older) not in {self.state.global_step, best}:
                    shutil.rmtree(older, ignore_errors=True)
        self.accelerator.wait_for_everyone()
