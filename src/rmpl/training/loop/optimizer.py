"""Optimizers: AdamW, or Muon for the matrices of layers with AdamW for everything else.

Muon took the embedded model to the same loss in a fraction of AdamW's steps; AdamW is what users of
large models expect, and the default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, assert_never, cast

import torch

from rmpl.backbones.family import Part
from rmpl.recipe.recipe import OptimizerRecipe
from rmpl.training.loop.muon import Muon

# Embeddings and heads are lookups, not maps between hidden states: Muon is not meant for them.
_NOT_MUON = ("embed", "head")
Group = dict[str, Any]
# Every group has its own rate.
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
    recipe: OptimizerRecipe,
    parameters: Iterable[tuple[str, torch.nn.Parameter]],
    part_of: Callable[[str], Part] | None = None,
) -> torch.optim.Optimizer:
    """Return the optimizer that a recipe describes, over the trainable ones of ``parameters``.

    ``part_of`` returns the part of the model that a parameter belongs to, by its name; without it,
    all have the same learning rate.
    """
    trainable = [(key, value) for key, value in parameters if value.requires_grad]
    rates = {
        key: recipe.learning_rate
        if part_of is None
        else recipe.learning_rates.get(part_of(key), recipe.learning_rate)
        for key, _ in trainable
    }
    match recipe.name:
        case "adamw":
            return torch.optim.AdamW(
                _groups(trainable, rates),
                lr=recipe.learning_rate,
                betas=(0.9, 0.95),
                weight_decay=recipe.weight_decay,
            )
        case "muon":
            matrices = [(key, value) for key, value in trainable if is_matrix(key, value)]
            others = [(key, value) for key, value in trainable if not is_matrix(key, value)]
            return MuonWithAdamW(
                _groups(matrices, rates), _groups(others, rates), recipe.weight_decay
            )
        case _:
            assert_never(recipe.name)


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


def wsd_factor(step: int, *, steps: int, recipe: OptimizerRecipe) -> float:
    """Return the factor of the learning rate at ``step`` of a WSD schedule.

    Warm-up, stable, then a linear decay to 0.
    """
    decaying = max(round(steps * recipe.decay), 1)
    up = (step + 1) / max(recipe.warmup, 1)
    down = (steps - step) / decaying
    return max(min(1.0, up, down), 0.0)
