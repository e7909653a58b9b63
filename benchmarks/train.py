"""How fast a stage trains beside other loops, as ratios within one run.

    python benchmarks/train.py
    python benchmarks/train.py --model Qwen/Qwen2.5-VL-7B-Instruct --batch 4

The first line takes the embedded model, and texts and pictures of a synthetic corpus. The second
takes the shape of a hub checkpoint with random weights, on which speed does not depend, and samples
of about ``--tokens`` tokens, half of them with a picture of 300 to 600; nothing is downloaded, and
it runs unchanged on any GPU that holds the model. Everything is LoRA, and every loop sees the same
samples, half texts and half pictures.

The loops take turns, and a ratio is one of neighbours in time: a machine that is busy slows them
all. Tokens are real ones, padding left out. The first steps of a turn are not counted.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers
from rich.console import Console
from rich.table import Table
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.flop_counter import FlopCounterMode
from training_inputs import DEVICE, IS_GPU, SEED, made_samples, random_backbone, world_samples

from rmpl.backbones import embedded
from rmpl.backbones.backbone import Backbone, Encoded, load_backbone
from rmpl.backbones.precision import bf16_works
from rmpl.recipe.recipe import OptimizerRecipe, SourceRecipe, StageRecipe
from rmpl.runs.adapters import new_lora
from rmpl.tasks import Sample
from rmpl.training.data.mixture import Mixture, Source
from rmpl.training.data.samples import EncodedMixture, collator
from rmpl.training.loop.losses import target_losses
from rmpl.training.loop.optimizer import make_optimizer
from rmpl.training.loop.stage import Schedule, fit

SKIPPED = 3
"""Steps at the beginning of a turn that are not counted."""
RATE = 1e-4
COUNTED = 8
"""So many samples of each half tell the floating-point operations of a token."""


class Work(NamedTuple):
    """What all loops train: a model with an adapter, its samples, and how."""

    backbone: Backbone
    texts: list[Sample]
    pictures: list[Sample]
    batch: int
    steps: int
    bf16: bool
    checkpointing: bool

    def shuffled(self) -> list[Sample]:
        """Return all samples in a random order, the same every time."""
        samples = [*self.texts, *self.pictures]
        random.Random(SEED).shuffle(samples)
        return samples

    def optimizer(self) -> torch.optim.Optimizer:
        """Return a fresh optimizer of what is trained."""
        named = self.backbone.model.named_parameters()
        return make_optimizer(OptimizerRecipe(name="adamw", learning_rate=RATE), named)


class Turn(NamedTuple):
    """What one turn of a loop came to: real tokens a second, and GiB of GPU memory at the peak."""

    tokens: float
    peak: float


class Meter:
    """Counts the real tokens of every pass of a model, and looks at the clock after every step."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        self._tokens: list[Any] = [0]
        self._steps: list[tuple[float, int]] = []

    def __enter__(self) -> Meter:
        passes = self._model.register_forward_pre_hook(self._count, with_kwargs=True)
        self._hooks = (passes, register_optimizer_step_post_hook(self._look))
        if IS_GPU:
            torch.cuda.reset_peak_memory_stats()
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()
        # What accelerate puts around a model's forward stays there: no loop is to inherit it.
        for name in ("forward", "_original_forward"):
            self._model.__dict__.pop(name, None)

    def _count(self, _: Any, __: Any, inputs: dict[str, Any]) -> None:
        mask = inputs.get("attention_mask")
        # Not asked for here: that would wait for the GPU.
        self._tokens.append(inputs["input_ids"].numel() if mask is None else mask.sum())

    def _look(self, *_: Any) -> None:
        if IS_GPU:
            torch.cuda.synchronize()
        self._steps.append((time.perf_counter(), len(self._tokens)))

    def turn(self) -> Turn:
        """Return what the steps after the skipped ones came to."""
        (begin, first), (end, last) = self._steps[SKIPPED - 1], self._steps[-1]
        tokens = sum(int(count) for count in self._tokens[first:last])
        peak = torch.cuda.max_memory_allocated() / 2**30 if IS_GPU else 0.0
        return Turn(tokens / (end - begin), peak)


class Shuffled(torch.utils.data.Dataset[Encoded]):
    """All samples, tokenised and cut into patches whenever they are asked for."""

    def __init__(self, work: Work) -> None:
        self._backbone = work.backbone
        self._samples = work.shuffled()

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Encoded:
        sample = self._samples[index]
        return self._backbone.encode(sample.prompt, sample.target)


def bare(work: Work, batches: Sequence[dict[str, Any]]) -> None:
    """Train as a loop of ten lines does, on tensors that are there already."""
    model, optimizer = work.backbone.model, work.optimizer()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    model.train()
    base = model.get_base_model()
    if work.checkpointing:
        base.activation_checkpointing_enable({"use_reentrant": False})
    for batch in batches:
        inputs = {name: tensor.to(DEVICE, non_blocking=True) for name, tensor in batch.items()}
        with torch.autocast(DEVICE, torch.bfloat16, enabled=work.bf16):
            loss = model(**inputs, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    base.activation_checkpointing_disable()


def batches_of(work: Work) -> list[dict[str, Any]]:
    """Encode all samples and put them into batches, as they come."""
    samples = Shuffled(work)
    encoded = [samples[index] for index in range(len(samples))]
    return [
        work.backbone.collate(encoded[at : at + work.batch], pad_left=False)
        for at in range(0, len(encoded), work.batch)
    ]


def plain(work: Work, trainer: Any = transformers.Trainer, config: Any = None, **more: Any) -> None:
    """Train with transformers' Trainer, or one made from it, as its documentation shows."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = (config or transformers.TrainingArguments)(
            output_dir=folder,
            max_steps=work.steps,
            per_device_train_batch_size=work.batch,
            bf16=work.bf16,
            use_cpu=not IS_GPU,
            activation_checkpointing=work.checkpointing,
            activation_checkpointing_kwargs={"use_reentrant": False},
            logging_steps=10,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            label_names=["labels"],
            seed=SEED,
            **more,
        )
        optimizer = work.optimizer()
        made = trainer(
            model=work.backbone.model,
            args=arguments,
            train_dataset=Shuffled(work),
            data_collator=lambda batch: work.backbone.collate(batch, pad_left=False),
            optimizers=(optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)),
        )
        made.remove_callback(transformers.PrinterCallback)
        made.train()


def trl(work: Work) -> None:
    """Train with TRL's SFTTrainer on samples that our own collator has made."""
    from trl import SFTConfig, SFTTrainer  # noqa: PLC0415 - seldom installed

    class Trainer(SFTTrainer):  # type: ignore[misc]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(processing_class=work.backbone.processor, **kwargs)

    plain(
        work,
        Trainer,
        SFTConfig,
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        gradient_checkpointing=False,
    )


def stage(work: Work, samples: EncodedMixture, mixture: Mixture) -> None:
    """Train as ``rmpl train`` does."""
    recipe = StageRecipe(
        name="stage",
        mixture=[SourceRecipe(task="any", corpora=["any"])],
        steps=work.steps,
        batch=work.batch,
        optimizer=OptimizerRecipe(name="adamw", learning_rate=RATE, warmup=1, decay=0.0),
        save_every=10 * work.steps,
        checkpointing=work.checkpointing,
    )
    schedule = Schedule(recipe, work.steps, SEED, "bf16" if work.bf16 else "fp32")
    with tempfile.TemporaryDirectory() as folder:
        fit(
            work.backbone.model,
            samples,
            collator(work.backbone),
            Path(folder) / "run",
            schedule,
            mixture=mixture,
        )
    work.backbone.model.get_base_model().activation_checkpointing_disable()


def loops(work: Work) -> dict[str, Callable[[], None]]:
    """Return the loops by name; the first is what the others are compared with."""

    def source(name: str, samples: list[Sample]) -> Source:
        measured = [work.backbone.length(s.prompt, s.target) for s in samples]
        return Source(name, samples, 1.0, measured)

    sources = [source("texts", work.texts), source("pictures", work.pictures)]
    mixture = Mixture(sources, batches=work.steps, batch=work.batch, seed=SEED)
    seen = EncodedMixture(mixture, work.backbone)
    for index in range(len(seen)):
        seen[index]
    batches = batches_of(work)
    found: dict[str, Callable[[], None]] = {
        "bare loop, tensors made before": lambda: bare(work, batches),
        "transformers' Trainer": lambda: plain(work),
    }
    if importlib.util.find_spec("trl") is not None:
        found["TRL's SFTTrainer, our collator"] = lambda: trl(work)
    new = "rmpl train, samples seen the first time"
    found[new] = lambda: stage(work, EncodedMixture(mixture, work.backbone), mixture)
    found["rmpl train, samples seen again"] = lambda: stage(work, seen, mixture)
    return found


def work_of(options: argparse.Namespace, folder: Path) -> Work:
    """Return what is trained, as the command line wants it."""
    is_small = options.model == embedded.NAME
    backbone = load_backbone(embedded.NAME) if is_small else random_backbone(options.model)
    steps = options.steps + SKIPPED
    # Each half fills whole batches, so that every loop sees every sample once.
    steps += steps % 2
    count = steps * options.batch // 2
    if is_small:
        texts, pictures = world_samples(backbone, folder, count)
    else:
        texts, pictures = made_samples(backbone, folder, count, options.tokens)
    backbone.model = new_lora(
        backbone.model.to(DEVICE),
        backbone.family,
        ["language", "projector"],
        rank=32,
        alpha=64,
        dropout=0.0,
    )
    backbone.model.config.get_text_config().use_cache = False
    bf16 = bf16_works()
    return Work(backbone, texts, pictures, options.batch, steps, bf16, options.checkpointing)


def operations(work: Work) -> float:
    """Return the floating-point operations that a real token needs, forward and backward.

    Counted on single samples, so without padding, and with logits of targets only.
    """
    count = tokens = 0
    model = work.backbone.model.train()
    collate = collator(work.backbone)
    for half in (work.texts, work.pictures):
        for sample in half[:COUNTED]:
            inputs = collate([(0, work.backbone.encode(sample.prompt, sample.target))])
            tokens += inputs["input_ids"].numel()
            for name in ("source", "anchor"):
                del inputs[name]
            inputs = {name: tensor.to(DEVICE) for name, tensor in inputs.items()}
            labels = inputs.pop("labels")
            with (
                FlopCounterMode(display=False) as counter,
                torch.autocast(DEVICE, torch.bfloat16, enabled=work.bf16),
            ):
                loss: Any = target_losses(model, inputs, labels).mean()
                loss.backward()
            count += counter.get_total_flops()
    model.zero_grad()
    return count / tokens


def matmul_rate(*, bf16: bool) -> float:
    """Return the operations a second of one large matrix product, the best of ten."""
    size = 8192 if IS_GPU else 1024
    left = torch.randn(size, size, device=DEVICE, dtype=torch.bfloat16 if bf16 else torch.float32)
    taken = []
    for _ in range(10):
        begin = time.perf_counter()
        torch.mm(left, left)
        if IS_GPU:
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - begin)
    return 2 * size**3 / min(taken)


def show(work: Work, turns: dict[str, list[Turn]], options: argparse.Namespace) -> None:
    """Print the table."""
    needed, rate = operations(work), matmul_rate(bf16=work.bf16)
    machine = torch.cuda.get_device_name() if IS_GPU else f"{os.cpu_count()} CPU cores"
    print(
        f"{options.model} on {machine}, {'bf16' if work.bf16 else 'fp32'}, batch {work.batch}, "
        f"{work.steps - SKIPPED} steps counted, torch {torch.__version__}, load of the machine "
        f"{os.getloadavg()[0]:.1f}\n{needed / 1e6:,.0f} million operations a token; one matrix "
        f"product runs at {rate / 1e12:.3f} Tflop/s"
    )
    first = next(iter(turns.values()))
    table = Table("loop", "ratio", "of all turns", "tokens/s", "of a product's rate", "peak GiB")
    for name, taken in turns.items():
        ratios = [one.tokens / base.tokens for one, base in zip(taken, first, strict=True)]
        tokens = statistics.median(one.tokens for one in taken)
        table.add_row(
            name,
            f"{statistics.median(ratios):.2f}",
            " ".join(f"{ratio:.2f}" for ratio in ratios),
            f"{tokens:,.0f}",
            f"{tokens * needed / rate:.0%}",
            f"{max(one.peak for one in taken):.1f}" if IS_GPU else "-",
        )
    Console(width=120).print(table)


def main() -> None:
    """Let the loops take turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default=embedded.NAME, help="or a checkpoint of a recipe")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=21, help="counted in every turn")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=1000, help="of a sample, with --model")
    parser.add_argument("--checkpointing", action="store_true")
    options = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as name:
        work = work_of(options, Path(name))
        found = loops(work)
        turns: dict[str, list[Turn]] = {loop: [] for loop in found}
        for _ in range(options.repeats):
            for loop, train in found.items():
                with Meter(work.backbone.model) as meter:
                    train()
                turns[loop].append(meter.turn())
        show(work, turns, options)


if __name__ == "__main__":
    main()
