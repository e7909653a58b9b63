"""Optimizers: AdamW, or Muon for the matrices of layers with AdamW for everything else.

Muon took the embedded model to the same loss in a fraction of AdamW's steps; AdamW is what users of
large models expect, and the default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from rmpl.training.muon import Muon

# Embeddings and heads are lookups, not maps between hidden states: Muon is not meant for them.
_NOT_MUON = ("embed", "head")


class MuonWithAdamW(torch.optim.Optimizer):
    """Two optimizers that a trainer sees as one."""

    def __init__(
        self,
        matrices: list[torch.nn.Parameter],
        others: list[torch.nn.Parameter],
        lr: float,
        wd: float,
    ) -> None:
        self._parts: list[torch.optim.Optimizer] = []
        if matrices:
            self._parts.append(Muon(matrices, lr=lr, weight_decay=wd))
        if others:
            self._parts.append(
                torch.optim.AdamW(others, lr=lr, betas=(0.9, 0.95), weight_decay=0.0)
            )
        super().__init__([group for part in self._parts for group in part.param_groups], {})
        # A schedule changes these dictionaries: the parts must see the very same ones.
        self.param_groups = [group for part in self._parts for group in part.param_groups]

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Step both."""
        if closure is not None:
            raise ValueError("closures are not supported")
        for part in self._parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the states of both parts."""
        return {"parts": [part.state_dict() for part in self._parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what ``state_dict`` returned."""
        for part, state in zip(self._parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self.param_groups = [group for part in self._parts for group in part.param_groups]


def make_optimizer(
    name: str,
    parameters: Iterable[tuple[str, torch.nn.Parameter]],
    *,
    learning_rate: float,
    weight_decay: float,
) -> torch.optim.Optimizer:
    """Return the optimizer ``adamw`` or ``muon`` over the trainable ones of ``parameters``."""
    trainable = [(key, value) for key, value in parameters if value.requires_grad]
    if name == "adamw":
        return torch.optim.AdamW(
            [value for _, value in trainable],
            lr=learning_rate,
            betas=(0.9, 0.95),
            weight_decay=weight_decay,
        )
    matrices: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    for key, value in trainable:
        is_matrix = value.dim() == 2 and not any(word in key for word in _NOT_MUON)
        (matrices if is_matrix else others).append(value)
    return MuonWithAdamW(matrices, others, learning_rate, weight_decay)


def trapezoid(step: int, *, steps: int, warmup: int, decay: float) -> float:
    """Return the share of the peak learning rate at ``step``: up, level, linearly down to 0."""
    falling = max(round(steps * decay), 1)
    up = (step + 1) / max(warmup, 1)
    down = (steps - step) / falling
    return max(min(1.0, up, down), 0.0)
