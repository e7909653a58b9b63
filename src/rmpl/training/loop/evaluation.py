"""How well a model does on what was held out of its training corpora, and which step did best.

The benchmark is never looked at: what is measured are samples of the training corpora's documents
that no stage learns from.
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
from rmpl.extraction.engines.local.engine import LocalEngine
from rmpl.io import formats
from rmpl.io.files import write_file
from rmpl.runs.checkpoints import writing
from rmpl.runs.processes import world
from rmpl.scoring.counts import Counts
from rmpl.tasks import Context, Sample, make_task
from rmpl.training.loop.losses import target_losses

By = Literal["score", "loss"]
T = TypeVar("T")
MARGIN = 8
"""Tokens that an answer may have more than the longest wanted one."""


class Measured(msgspec.Struct, frozen=True):
    """What was measured at a step: loss a target token, and score in percent, over all sources.

    The score is the mean of the sources' own (micro F1, or the share of right answers);
    ``by_source`` holds ``loss/SOURCE`` and ``score/SOURCE``.
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


class HeldOut:
    """Samples to measure by.

    Parameters
    ----------
    backbone
        Whose model is measured.
    samples
        By source; every process takes its share of each.
    context
        The schema and the model's conventions, by which answers are read.
    batch
        Samples at a time.
    writes
        Whether answers are written and scored, or only the loss is taken.
    """

    def __init__(
        self,
        backbone: Backbone,
        samples: Mapping[str, Sequence[Sample]],
        context: Context,
        *,
        batch: int,
        writes: bool = True,
    ) -> None:
        self._backbone = backbone
        self._samples = samples
        self._context = context
        self._batch = batch
        self._writes = writes

    def measure(self, model: Any, step: int, *, rank: int, device: torch.device) -> Measured:
        """Measure a model, wrapped or not, as it is; its state of training stays as it was."""
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
        return self._measured(step, sums.tolist())

    def _measured(self, step: int, sums: list[list[float]]) -> Measured:
        by_source: dict[str, float] = {}
        scores = []
        for name, (loss, tokens, right, written, wanted) in zip(self._samples, sums, strict=True):
            by_source[f"loss/{name}"] = loss / tokens
            if self._writes:
                counts = Counts(round(right), round(written), round(wanted))
                # Nothing wanted and nothing written is as good as it gets.
                scores.append(counts.f1 if counts.n_gold or counts.n_pred else 100.0)
                by_source[f"score/{name}"] = scores[-1]
        loss = sum(row[0] for row in sums) / sum(row[1] for row in sums)
        return Measured(step, loss, sum(scores) / len(scores) if scores else None, by_source)

    def _losses(self, model: Any, samples: Sequence[Sample], rank: int) -> tuple[float, float]:
        """Return the sum of losses and the target tokens of this process's share.

        All processes make as many passes, as sharded models need: where samples run out, the last
        one is looked at again and not counted.
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
        """Return right, written and wanted items of this process's share."""
        mine = samples[rank :: world()]
        if not self._writes or not mine:
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


class Measuring(NamedTuple):
    """When to measure on what, and what to make of it (see ``Choice``)."""

    held_out: HeldOut
    every: int
    by: By
    patience: int


class Choice:
    """The record of what was measured, and what it says: the best step, and when to stop.

    Parameters
    ----------
    path
        Where the record is kept, one line a measurement.
    by
        Whether more score or less loss is better.
    patience
        How many measurements without a better one end the training; 0 for never.
    """

    def __init__(self, path: Path, *, by: By, patience: int) -> None:
        self._path = path
        self._by = by
        self._patience = patience
        lines = path.read_text().splitlines(keepends=True) if path.is_file() else []
        self._record = []
        for number, line in enumerate(lines, start=1):
            if line.endswith("\n"):
                formats.check_format_of(line.encode(), formats.HELD_OUT, f"{path}:{number}")
                self._record.append(msgspec.json.decode(line, type=Measured))

    def begin(self, step: int, *, writes: bool) -> None:
        """Forget what a killed run measured after its last checkpoint, at ``step``."""
        self._record = [measured for measured in self._record if measured.step <= step]
        if writes:
            text = "".join(map(_line, self._record))
            write_file(self._path, text)

    def add(self, measured: Measured, *, writes: bool) -> None:
        """Note a measurement."""
        self._record.append(measured)
        if writes:
            with writing(self._path, "the last checkpoint is whole"), self._path.open("a") as file:
                file.write(_line(measured))

    @property
    def best(self) -> int | None:
        """The step that did best, the first of equals; ``None`` before any was measured."""
        if not self._record:
            return None
        return max(self._record, key=lambda one: (self._worth(one), -one.step)).step

    @property
    def is_over(self) -> bool:
        """Whether patience is at an end."""
        if not self._patience or self.best is None:
            return False
        return sum(one.step > self.best for one in self._record) >= self._patience

    def _worth(self, measured: Measured) -> float:
        if self._by == "loss" or measured.score is None:
            return -measured.loss
        return measured.score


def _line(measured: Measured) -> str:
    return json.dumps({"format": formats.HELD_OUT, **msgspec.to_builtins(measured)}) + "\n"
