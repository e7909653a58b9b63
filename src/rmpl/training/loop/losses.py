"""Cross entropy over target tokens, also by source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from rmpl.backbones.backbone import IGNORE


def target_losses(model: Any, inputs: Mapping[str, Any], labels: torch.Tensor) -> torch.Tensor:
    """Return the cross entropy of every target token, shape (target tokens,).

    Logits are computed only where a target token is predicted: for a model with a large vocabulary,
    those of all positions would take more memory than anything else.

    Parameters
    ----------
    model
        A transformers model, wrapped or not.
    inputs
        Its inputs, without labels.
    labels
        Shape (batch, length); ``IGNORE`` where no token is predicted.
    """
    wanted = labels[:, 1:] != IGNORE
    # The logits at a position are those of the next token.
    predicts = torch.nn.functional.pad(wanted, (0, 1), value=False)
    logits = model(**inputs, logits_to_keep=predicts)["logits"]
    return torch.nn.functional.cross_entropy(
        logits.float(), labels[:, 1:][wanted], reduction="none"
    )


def count_targets(labels: torch.Tensor) -> torch.Tensor:
    """Return the number of target tokens of a batch; the first token of a row is never one."""
    return (labels[:, 1:] != IGNORE).sum()


class Tally:
    """Sums of losses and target tokens by source and task, on the model's device.

    A source's name starts with its task: ``TASK(corpora)`` or ``TASK@corpus``.
    """

    def __init__(self, sources: Sequence[str], device: torch.device) -> None:
        self._sources = sources
        tasks = [re.split(r"[(@]", source, maxsplit=1)[0] for source in sources]
        # A task with one source has the same loss, so it is left out.
        self._tasks = {task: [i for i, one in enumerate(tasks) if one == task] for task in tasks}
        self._tasks = {task: which for task, which in self._tasks.items() if len(which) > 1}
        self._sums = torch.zeros(len(sources), 2, device=device)

    def add(self, source: int, losses: torch.Tensor) -> None:
        """Add the losses of a micro-batch of one source, given by index."""
        one = torch.stack([losses.detach().sum(), losses.new_tensor(float(len(losses)))])
        self._sums[source] += one

    def means(self) -> dict[str, float]:
        """Return the mean losses since the last call, over all processes, under ``loss/NAME``.

        For every source, and for every task with several sources.
        """
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.all_reduce(self._sums)
        sums = self._sums.tolist()
        self._sums.zero_()
        totals = dict(zip(self._sources, sums, strict=True))
        for task, which in self._tasks.items():
            totals[task] = [sum(column) for column in zip(*(sums[i] for i in which), strict=True)]
        return {f"loss/{name}": total / count for name, (total, count) in totals.items() if count}
