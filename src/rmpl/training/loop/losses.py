"""The loss: the cross entropy of target tokens, and what it was by source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from rmpl.backbones.backbone import IGNORE


def target_losses(model: Any, inputs: Mapping[str, Any], labels: torch.Tensor) -> torch.Tensor:
    """Return the cross entropy of every target token, shape (target tokens,).

    Logits are made where a target token is to be written and nowhere else: those of all positions
    would take more memory than anything else of a model with a large vocabulary.

    Parameters
    ----------
    model
        A transformers model, wrapped or not.
    inputs
        What it takes, without labels.
    labels
        Shape (batch, length); ``IGNORE`` where nothing is to be written.
    """
    wanted = labels[:, 1:] != IGNORE
    # The logits at a position are those of the next token.
    kept = torch.nn.functional.pad(wanted, (0, 1), value=False)
    logits = model(**inputs, logits_to_keep=kept)["logits"]
    return torch.nn.functional.cross_entropy(
        logits.float(), labels[:, 1:][wanted], reduction="none"
    )


def count_targets(labels: torch.Tensor) -> torch.Tensor:
    """Return how many target tokens a batch has; the first token of a row is never one."""
    return (labels[:, 1:] != IGNORE).sum()


class Tally:
    """Sums of losses and target tokens by source and task, kept where the model is.

    A source is called after its task: ``TASK(corpora)`` or ``TASK@corpus``.
    """

    def __init__(self, sources: Sequence[str], device: torch.device) -> None:
        self._sources = sources
        tasks = [re.split(r"[(@]", source, maxsplit=1)[0] for source in sources]
        # A task with one source has its loss.
        self._tasks = {task: [i for i, one in enumerate(tasks) if one == task] for task in tasks}
        self._tasks = {task: which for task, which in self._tasks.items() if len(which) > 1}
        self._sums = torch.zeros(len(sources), 2, device=device)

    def add(self, source: int, losses: torch.Tensor) -> None:
        """Add the losses of a pass, all of one source, named by its number."""
        one = torch.stack([losses.detach().sum(), losses.new_tensor(float(len(losses)))])
        self._sums[source] += one

    def means(self) -> dict[str, float]:
        """Return the ``loss/`` of what was seen since the last call, over all processes.

        Of every source, and of every task with more than one.
        """
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.all_reduce(self._sums)
        sums = self._sums.tolist()
        self._sums.zero_()
        told = dict(zip(self._sources, sums, strict=True))
        for task, which in self._tasks.items():
            told[task] = [sum(column) for column in zip(*(sums[i] for i in which), strict=True)]
        return {f"loss/{name}": total / count for name, (total, count) in told.items() if count}
