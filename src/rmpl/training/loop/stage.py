"""One stage: a model, a mixture and a schedule in; trained weights and a training curve out."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, TrainerCallback, TrainingArguments

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.family import Part
from rmpl.backbones.precision import bf16_works
from rmpl.recipe.recipe import Precision, StageRecipe
from rmpl.runs.adapters import part_of
from rmpl.runs.checkpoints import last_checkpoint
from rmpl.runs.folder import StageFolder, step_of
from rmpl.runs.processes import wait, world
from rmpl.training.data.mixture import Mixture
from rmpl.training.data.samples import EncodedMixture, collator
from rmpl.training.loop.callbacks.checkpoint_selection import EvaluationSchedule
from rmpl.training.loop.callbacks.curve import Curve, Progress
from rmpl.training.loop.callbacks.interruption import Interruption
from rmpl.training.loop.callbacks.tensorboard import TENSORBOARD, TensorBoardLogger
from rmpl.training.loop.evaluation import CheckpointSelection, EvaluationPlan
from rmpl.training.loop.optimizer import make_optimizer, wsd_factor
from rmpl.training.loop.precision import settled
from rmpl.training.loop.shared_prefix import shared_prefixes
from rmpl.training.loop.trainer import StageTrainer
from rmpl.training.parallel.sharding import is_sharded
from rmpl.training.parallel.shares import share_out

__all__ = ["Progress", "Schedule", "fit", "train_stage"]
Note = Callable[[str], None]
"""Called with a one-line notice for the user."""


@dataclasses.dataclass(frozen=True)
class Schedule:
    """A stage as its recipe describes it, with what depends on the whole recipe and on the data.

    Parameters
    ----------
    stage
        Its recipe: batches, optimizer, checkpoints.
    steps
        The number of optimizer steps.
    seed, precision
        As in the recipe as a whole.
    """

    stage: StageRecipe
    steps: int
    seed: int
    precision: Precision = "auto"


def train_stage(
    backbone: Backbone,
    mixture: Mixture,
    folder: Path,
    schedule: Schedule,
    progress: Progress | None = None,
    note: Note | None = None,
    evaluation: EvaluationPlan | None = None,
    report_to: Sequence[str] = (),
) -> Path:
    """Train the trainable parameters of ``backbone.model`` on ``mixture``, in place.

    Checkpoints and the curve are written to ``folder``, see ``StageFolder``; an interrupted run
    resumes from the last checkpoint.

    Returns
    -------
    Path
        The selected checkpoint: the last one, or the best on held-out samples.
    """
    # Training needs no KV cache; generation does.
    config = backbone.model.config
    language = config.get_text_config()
    was = getattr(config, "use_cache", None)
    language.use_cache = False
    with shared_prefixes(backbone.model, backbone):
        checkpoint = fit(
            backbone.model,
            EncodedMixture(mixture, backbone, keeps_features=not is_sharded()),
            collator(backbone, anchored=is_sharded()),
            folder,
            schedule,
            mixture=mixture,
            part=functools.partial(part_of, family=backbone.family),
            progress=progress,
            note=note,
            evaluation=evaluation,
            report_to=report_to,
        )
    if was is not None:
        config.use_cache = was
    language.use_cache = True
    return checkpoint


def fit(
    model: torch.nn.Module,
    samples: torch.utils.data.Dataset[Any],
    collate: Callable[[list[Any]], dict[str, Any]],
    folder: Path,
    schedule: Schedule,
    *,
    mixture: Mixture | None = None,
    part: Callable[[str], Part] | None = None,
    progress: Progress | None = None,
    note: Note | None = None,
    evaluation: EvaluationPlan | None = None,
    report_to: Sequence[str] = (),
) -> Path:
    """Train what is trainable of ``model``, in place, on ``samples`` in their order.

    With a ``mixture``, the loss is that of the target tokens, and batches name their source by
    number; without, the model returns its own, under ``"loss"``. ``part`` returns for a parameter's
    name which part of the model it belongs to, where these have learning rates of their own.
    Checkpoints and curve are those of ``train_stage``. Several processes share the passes of every
    step: its samples stay the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = StageFolder(folder)
    optimizer = schedule.stage.optimizer
    callbacks: list[TrainerCallback] = []
    selection = None
    if evaluation is not None:
        selection = CheckpointSelection(
            place.held_out, by=evaluation.by, patience=evaluation.patience
        )
        callbacks.append(EvaluationSchedule(selection, evaluation.every))
    interruption = Interruption()
    callbacks += [interruption, Curve(place.curve, progress)]  # the curve logs what is saved
    if TENSORBOARD in report_to:
        callbacks.append(TensorBoardLogger(place.tensorboard))
    with settled(folder):
        newest = last_checkpoint(folder, note)
        wait()
        if not _is_over(newest, schedule.steps, selection):
            trainer = StageTrainer(
                model=model,
                args=_arguments(folder, schedule, report_to),
                train_dataset=samples,
                data_collator=collate,
                optimizer_of=lambda model: make_optimizer(
                    optimizer, model.named_parameters(), part
                ),
                rate=functools.partial(wsd_factor, steps=schedule.steps, recipe=optimizer),
                mixture=mixture,
                held_out=None if evaluation is None else evaluation.held_out,
                selection=selection,
                callbacks=callbacks,
            )
            trainer.remove_callback(PrinterCallback)
            with interruption.deferred():
                trainer.train(resume_from_checkpoint=None if newest is None else str(newest))
    wait()
    saved = {step_of(checkpoint): checkpoint for checkpoint in place.checkpoints()}
    best = None if selection is None else selection.best
    return saved[max(saved) if best is None else best]


def _is_over(newest: Path | None, steps: int, selection: CheckpointSelection | None) -> bool:
    """Return whether nothing is left to train after a checkpoint."""
    if newest is None:
        return False
    if selection is not None:
        selection.resume(step_of(newest), writes=False)
        if selection.is_over:
            return True
    return step_of(newest) >= steps


def _arguments(folder: Path, schedule: Schedule, report_to: Sequence[str]) -> TrainingArguments:
    stage, steps = schedule.stage, schedule.steps
    bf16 = bf16_works() if schedule.precision == "auto" else schedule.precision == "bf16"
    samples_a_pass, passes = share_out(stage.batch, stage.accumulate, stage.micro_batches, world())
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=samples_a_pass,
        gradient_accumulation_steps=passes,
        bf16=bf16,
        activation_checkpointing=stage.checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},
        use_cpu=not torch.cuda.is_available(),
        max_grad_norm=1.0,
        logging_steps=max(1, min(10, steps // 20)),
        save_steps=stage.save_every,
        seed=schedule.seed,
        data_seed=schedule.seed,
        report_to=[name for name in report_to if name != TENSORBOARD] or "none",
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_num_workers=0,
        # A process may see texts only in a step, and of some families layers stay idle.
        ddp_find_unused_parameters=world() > 1,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
