"""Optimizers: AdamW, or Muon for the matrices of layers with AdamW for everything else.

Muon took the embedded model to the same loss in a fraction of AdamW's steps; AdamW is what users of
large models expect, and the default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import torch

from rmpl.errors import RmplError
from rmpl.training.loop.muon import Muon

NAMES = ("adamw", "muon")

# Embeddings and heads are lookups, not maps between hidden states: Muon is not meant for them.
_NOT_MUON = ("embed", "head")
Group = dict[str, Any]
# Every group says its own rate.
_RATE = 1e-3


class MuonWithAdamW(torch.optim.Optimizer):
    """Two optimizers that a trainer sees as one."""

    def __init__(self, matrices: list[Group], others: list[Group], wd: float) -> None:
        self._parts: list[torch.optim.Optimizer] = []
        if matrices:
            self._parts.append(Muon(cast(Any, matrices), lr=_RATE, weight_decay=wd))
        if others:
            self._parts.append(
                torch.optim.AdamW(others, lr=_RATE, betas=(0.9, 0.95), weight_decay=0.0)
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
    rate_of: Callable[[str], float] | None = None,
) -> torch.optim.Optimizer:
    """Return the optimizer ``adamw`` or ``muon`` over the trainable ones of ``parameters``.

    ``rate_of`` tells the learning rate of a parameter by its name, where not all have one.

    Raises
    ------
    RmplError
        For any other name.
    """
    if name not in NAMES:
        raise RmplError(f"no optimizer named {name!r}", remedy=f"known: {', '.join(NAMES)}")
    trainable = [(key, value) for key, value in parameters if value.requires_grad]
    rates = {key: learning_rate if rate_of is None else rate_of(key) for key, _ in trainable}
    if name == "adamw":
        return torch.optim.AdamW(
            _groups(trainable, rates),
            lr=learning_rate,
            betas=(0.9, 0.95),
            weight_decay=weight_decay,
        )
    matrices = [(key, value) for key, value in trainable if is_matrix(key, value)]
    others = [(key, value) for key, value in trainable if not is_matrix(key, value)]
    return MuonWithAdamW(_groups(matrices, rates), _groups(others, rates), weight_decay)


def is_matrix(name: str, parameter: torch.Tensor) -> bool:
    """Return whether Muon takes a parameter; AdamW takes the others."""
    return parameter.dim() == 2 and not any(word in name for word in _NOT_MUON)


def _groups(
    named: Sequence[tuple[str, torch.nn.Parameter]], rates: Mapping[str, float]
) -> list[Group]:
    """Group parameters by learning rate, in their order."""
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for key, value in named:
        groups.setdefault(rates[key], []).append(value)
    return [{"params": values, "lr": rate} for rate, values in groups.items()]


def trapezoid(step: int, *, steps: int, warmup: int, decay: float) -> float:
    """Return the share of the peak learning rate at ``step``: up, level, linearly down to 0."""
    falling = max(round(steps * decay), 1)
    up = (step + 1) / max(warmup, 1)
    down = (steps - step) / falling
    return max(min(1.0, up, down), 0.0)
