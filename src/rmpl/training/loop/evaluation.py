"""Evaluation on held-out samples during training, and selection of the best checkpoint.

Held-out samples come from documents of the training corpora that no stage is trained on. The
benchmark is never used.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
import torch

from rmpl.backbones.backbone import Backbone
from rmpl.errors import RmplError
from rmpl.extraction.engines.local.engine import LocalEngine
from rmpl.io import formats
from rmpl.io.files import read_bytes, write_file
from rmpl.runs.checkpoints import writing
from rmpl.runs.processes import world
from rmpl.scoring.counts import Counts
from rmpl.tasks import Context, Sample, make_task
from rmpl.training.loop.losses import target_losses

By = Literal["score", "loss"]
T = TypeVar("T")
MARGIN = 8
"""The number of tokens by which an answer may exceed the longest target."""


class Evaluation(msgspec.Struct, frozen=True):
    """The evaluation of a step: loss per target token and score in percent, over all sources.

    The score is the mean of the sources' scores (micro F1, or accuracy); ``by_source`` holds
    ``loss/SOURCE`` and ``score/SOURCE``.
    """

    step: int
    loss: float
    score: float | None
    by_source: dict[str, float]


def choose(items: Sequence[T], count: int, seed: int) -> list[T]:
    """Return at most ``count`` samples or documents, the same ones for the same seed."""
    order = list(items)
    random.Random(f"{seed} held out").shuffle(order)
    return order[:count]


class Evaluator:
    """Held-out samples for evaluation.

    Parameters
    ----------
    backbone
        Its model is evaluated.
    samples
        By source; every process evaluates its share of each.
    context
        The schema and the model's conventions, used to parse answers.
    batch
        The number of samples per batch.
    generates
        Whether answers are generated and scored, or only the loss is computed.
    """

    def __init__(
        self,
        backbone: Backbone,
        samples: Mapping[str, Sequence[Sample]],
        context: Context,
        *,
        batch: int,
        generates: bool = True,
    ) -> None:
        self._backbone = backbone
        self._samples = samples
        self._context = context
        self._batch = batch
        self._generates = generates

    def evaluate(self, model: Any, step: int, *, rank: int, device: torch.device) -> Evaluation:
        """Evaluate a model, wrapped or not; its mode and the random state are restored."""
        was_training = model.training
        model.eval()
        devices = [device.index or 0] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices), torch.no_grad():
            rows = [
                [*self._losses(model, samples, rank), *self._counts(samples, rank)]
                for samples in self._samples.values()
            ]
        model.train(was_training)
        sums = torch.tensor(rows, dtype=torch.float64, device=device)
        if world() > 1:
            torch.distributed.all_reduce(sums)
        return self._averaged(step, sums.tolist())

    def _averaged(self, step: int, sums: list[list[float]]) -> Evaluation:
        by_source: dict[str, float] = {}
        scores = []
        for name, (loss, tokens, correct, predicted, gold) in zip(self._samples, sums, strict=True):
            by_source[f"loss/{name}"] = loss / tokens
            if self._generates:
                counts = Counts(round(correct), round(predicted), round(gold))
                # With no items in targets and none in answers, the score is perfect.
                scores.append(counts.f1 if counts.n_gold or counts.n_pred else 100.0)
                by_source[f"score/{name}"] = scores[-1]
        loss = sum(row[0] for row in sums) / sum(row[1] for row in sums)
        return Evaluation(step, loss, sum(scores) / len(scores) if scores else None, by_source)

    def _losses(self, model: Any, samples: Sequence[Sample], rank: int) -> tuple[float, float]:
        """Return the sum of losses and the number of target tokens of this process's share.

        All processes run the same number of passes, as sharded models require: if samples run out,
        the last one is repeated and not counted.
        """
        total, tokens = 0.0, 0.0
        stride = self._batch * world()
        for start in range(0, len(samples), stride):
            first = start + rank * self._batch
            counted = samples[first : first + self._batch]
            batch = counted or [samples[-1]]
            inputs = self._backbone.collate(
                [self._backbone.encode(s.prompt, s.target) for s in batch], pad_left=False
            )
            inputs = {name: value.to(self._backbone.model.device) for name, value in inputs.items()}
            losses = target_losses(model, inputs, inputs.pop("labels"))
            if counted:
                total += float(losses.sum())
                tokens += len(losses)
        return total, tokens

    def _counts(self, samples: Sequence[Sample], rank: int) -> tuple[int, int, int]:
        """Return the number of correct, predicted and gold items of this process's share."""
        mine = samples[rank :: world()]
        if not self._generates or not mine:
            return 0, 0, 0
        longest = max(self._backbone.count(sample.target) for sample in mine)
        language = self._backbone.model.config.get_text_config()
        language.use_cache, was = True, language.use_cache
        replies = LocalEngine(self._backbone, batch=self._batch).answer(
            [sample.prompt for sample in mine], max_tokens=longest + MARGIN
        )
        language.use_cache = was
        found = Counts()
        for sample, reply in zip(mine, replies, strict=True):
            found += make_task(sample.task, self._context).count(sample, reply.text)
        return found.tp, found.n_pred, found.n_gold


class EvaluationPlan(NamedTuple):
    """When to evaluate on what, and how to select a checkpoint (see ``CheckpointSelection``)."""

    held_out: Evaluator
    every: int
    by: By
    patience: int


class CheckpointSelection:
    """The record of evaluations: selects the best checkpoint and decides early stopping.

    Parameters
    ----------
    path
        The file of the record, one line per evaluation.
    by
        Whether a higher score or a lower loss is better.
    patience
        The number of evaluations without improvement after which training stops; 0 for never.
    """

    def __init__(self, path: Path, *, by: By, patience: int) -> None:
        self._path = path
        self._by = by
        self._patience = patience
        lines = read_bytes(path).splitlines(keepends=True) if path.is_file() else []
        self._record = [
            _evaluation(line, f"{path}:{number}")
            for number, line in enumerate(lines, start=1)
            if line.endswith(b"\n")
        ]

    def resume(self, step: int, *, writes: bool) -> None:
        """Drop evaluations after ``step``, the last checkpoint of an interrupted run."""
        self._record = [evaluation for evaluation in self._record if evaluation.step <= step]
        if writes:
            text = "".join(map(_line, self._record))
            write_file(self._path, text)

    def add(self, evaluation: Evaluation, *, writes: bool) -> None:
        """Add an evaluation to the record."""
        self._record.append(evaluation)
        if writes:
            with writing(self._path, "the last checkpoint is whole"), self._path.open("a") as file:
                file.write(_line(evaluation))

    @property
    def best(self) -> int | None:
        """The best step, the first of equals; ``None`` before the first evaluation."""
        if not self._record:
            return None
        return max(self._record, key=lambda one: (self._value(one), -one.step)).step

    @property
    def is_over(self) -> bool:
        """Whether early stopping is due."""
        if not self._patience or self.best is None:
            return False
        return sum(one.step > self.best for one in self._record) >= self._patience

    def _value(self, evaluation: Evaluation) -> float:
        if self._by == "loss" or evaluation.score is None:
            return -evaluation.loss
        return evaluation.score


def _evaluation(line: bytes, where: str) -> Evaluation:
    formats.check_format_of(line, formats.HELD_OUT, where)
    try:
        return msgspec.json.decode(line, type=Evaluation)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RmplError(
            f"not an evaluation ({error})",
            where=where,
            remedy="delete the stage's folder and train it again: this file selects the weights",
        ) from error


def _line(evaluation: Evaluation) -> str:
    return json.dumps({"format": formats.HELD_OUT, **msgspec.to_builtins(evaluation)}) + "\n"
