"""One stage: a model, a mixture and a schedule in; trained weights and a training curve out."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from rmpl.backbones.backbone import IGNORE, Backbone
from rmpl.training.mixture import Mixture
from rmpl.training.optim import make_optimizer, trapezoid
from rmpl.training.precision import bf16_works
from rmpl.training.samples import EncodedMixture, collator

CURVE = "curve.jsonl"
Progress = Callable[[int, int, float], None]
"""Called with (step, steps, loss)."""


def token_loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
    """Return the cross entropy averaged over all target tokens of the whole optimizer step.

    Dividing by the tokens of the step (not of each small batch) makes accumulation and several
    processes equal to one big batch.
    """
    logits = outputs["logits"][:, :-1]
    wanted = labels[:, 1:]
    chosen = wanted != IGNORE
    total = torch.nn.functional.cross_entropy(
        logits[chosen].float(), wanted[chosen], reduction="sum"
    )
    count = num_items_in_batch if num_items_in_batch is not None else chosen.sum()
    return total / count


class _Curve(TrainerCallback):  # type: ignore[misc]
    """Writes the training curve and reports progress."""

    def __init__(self, path: Path, progress: Progress | None) -> None:
        self._path = path
        self._progress = progress

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Forget what a killed run logged after its last checkpoint."""
        kept = [point for point in read_curve(self._path) if point["step"] <= state.global_step]
        self._path.write_text("".join(json.dumps(point) + "\n" for point in kept))

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
        with self._path.open("a") as file:
            file.write(json.dumps(point) + "\n")
        if self._progress is not None:
            self._progress(state.global_step, state.max_steps, point["loss"])


def read_curve(path: Path) -> list[dict[str, float]]:
    """Return the points of a training curve; empty if there is none yet."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    ``batch`` samples a forward pass, ``accumulate`` passes a step; ``warmup`` in steps, ``decay``
    the share of the steps over which the learning rate falls to 0; ``precision`` is ``auto``,
    ``bf16`` or ``fp32``.
    """

    steps: int
    batch: int
    optimizer: str
    learning_rate: float
    weight_decay: float
    warmup: int
    decay: float
    seed: int
    save_every: int
    accumulate: int = 1
    precision: str = "auto"


def train_stage(
    backbone: Backbone,
    mixture: Mixture,
    folder: Path,
    schedule: Schedule,
    progress: Progress | None = None,
) -> None:
    """Train what is trainable of ``backbone.model`` on ``mixture``, in place.

    Checkpoints lie in ``folder``; a run that was stopped goes on from the last one. The curve is
    written to ``folder / "curve.jsonl"``.
    """
    # Keys and values are of no use in training; generation needs them again.
    language = backbone.model.config.get_text_config()
    language.use_cache = False
    fit(
        backbone.model,
        EncodedMixture(mixture, backbone),
        collator(backbone),
        folder,
        schedule,
        loss=token_loss,
        progress=progress,
    )
    language.use_cache = True


def fit(
    model: torch.nn.Module,
    samples: torch.utils.data.Dataset[Any],
    collate: Callable[[list[Any]], dict[str, Any]],
    folder: Path,
    schedule: Schedule,
    *,
    loss: Callable[..., torch.Tensor] | None = None,
    progress: Progress | None = None,
) -> None:
    """Train what is trainable of ``model``, in place, on ``samples`` in their order.

    Without ``loss`` the model returns its own, under ``"loss"``. Checkpoints and curve are those of
    ``train_stage``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    steps = schedule.steps
    bf16 = bf16_works() if schedule.precision == "auto" else schedule.precision == "bf16"
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=schedule.batch,
        gradient_accumulation_steps=schedule.accumulate,
        bf16=bf16,
        use_cpu=not torch.cuda.is_available(),
        max_grad_norm=1.0,
        logging_steps=max(1, min(10, steps // 20)),
        save_steps=schedule.save_every,
        save_total_limit=1,
        seed=schedule.seed,
        data_seed=schedule.seed,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_num_workers=0,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    optimizer = make_optimizer(
        schedule.optimizer,
        model.named_parameters(),
        learning_rate=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
    )
    rate = functools.partial(trapezoid, steps=steps, warmup=schedule.warmup, decay=schedule.decay)
    trainer = _InOrder(
        model=model,
        args=arguments,
        train_dataset=samples,
        data_collator=collate,
        optimizers=(optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)),
        compute_loss_func=loss,
        callbacks=[_Curve(folder / CURVE, progress)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(folder)))


class _InOrder(Trainer):  # type: ignore[misc]
    """A trainer that keeps the mixture's order: the mixture already is a shuffled one."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return torch.utils.data.SequentialSampler(train_dataset or self.train_dataset)
