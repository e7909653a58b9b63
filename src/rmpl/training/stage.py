"""One stage: a model, a mixture and a schedule in; trained weights and a training curve out."""

from __future__ import annotations

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


def bf16_works() -> bool:
    """Return whether bf16 is fast here: a recent GPU, or a CPU with AVX512-BF16."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def train_stage(
    backbone: Backbone,
    mixture: Mixture,
    folder: Path,
    *,
    steps: int,
    batch: int,
    accumulate: int,
    optimizer: str,
    learning_rate: float,
    weight_decay: float,
    warmup: int,
    decay: float,
    precision: str,
    seed: int,
    save_every: int,
    progress: Progress | None = None,
) -> None:
    """Train what is trainable of ``backbone.model`` on ``mixture``, in place.

    Checkpoints lie in ``folder``; a run that was stopped goes on from the last one. The curve is
    written to ``folder / "curve.jsonl"``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bf16 = bf16_works() if precision == "auto" else precision == "bf16"
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=accumulate,
        bf16=bf16,
        use_cpu=not torch.cuda.is_available(),
        max_grad_norm=1.0,
        logging_steps=max(1, min(10, steps // 20)),
        save_steps=save_every,
        save_total_limit=1,
        seed=seed,
        data_seed=seed,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_num_workers=0,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    model = backbone.model
    chosen = make_optimizer(
        optimizer,
        model.named_parameters(),
        learning_rate=learning_rate,
        weight_decay=weight_decay,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        chosen, functools.partial(trapezoid, steps=steps, warmup=warmup, decay=decay)
    )
    trainer = _InOrder(
        model=model,
        args=arguments,
        train_dataset=EncodedMixture(mixture, backbone),
        data_collator=collator(backbone),
        optimizers=(chosen, schedule),
        compute_loss_func=token_loss,
        callbacks=[_Curve(folder / CURVE, progress)],
    )
    trainer.remove_callback(PrinterCallback)
    # Keys and values are of no use in training; generation needs them again.
    language = model.config.get_text_config()
    language.use_cache = False
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(folder)))
    language.use_cache = True


class _InOrder(Trainer):  # type: ignore[misc]
    """A trainer that keeps the mixture's order: the mixture already is a shuffled one."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return torch.utils.data.SequentialSampler(train_dataset or self.train_dataset)
