"""Muon (Keller Jordan et al., 2024), in the faster precision of the machine.

``torch.optim.Muon`` always orthogonalises in bf16, which takes 78% of a training step on a CPU that
emulates bf16. Here matrices of one shape are orthogonalised together, in bf16 where that is fast,
else in fp32; the update equals torch's with ``match_rms_adamw``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable

import torch

from rmpl.backbones.precision import bf16_works

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5
_LEAST_NORM = 1e-7
# The size of an update's entries relative to AdamW's: learning rates of both then mean the same.
_RMS = 0.2


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonalised updates, for matrices only.

    Parameters
    ----------
    matrices
        Parameters of two dimensions.
    lr, weight_decay
        As for AdamW; the decay is decoupled.
    momentum
        Nesterov momentum.
    """

    def __init__(
        self,
        matrices: Iterable[torch.nn.Parameter],
        *,
        lr: float,
        weight_decay: float,
        momentum: float = 0.95,
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient."""
        if closure is not None:
            raise ValueError("closures are not supported")
        for group in self.param_groups:
            shapes: dict[torch.Size, list[torch.nn.Parameter]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    shapes[matrix.shape].append(matrix)
            for shape, matrices in shapes.items():
                pushed = [self._push(matrix, group["momentum"]) for matrix in matrices]
                updates = orthogonal(torch.stack(pushed))
                rate = group["lr"] * _RMS * math.sqrt(max(shape))
                for matrix, update in zip(matrices, updates, strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"])
                    matrix.add_(update.to(matrix.dtype), alpha=-rate)

    def _push(self, matrix: torch.nn.Parameter, momentum: float) -> torch.Tensor:
        gradient = matrix.grad
        assert gradient is not None  # noqa: S101 - checked by step; for the type checker
        state = self.state[matrix]
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        average: torch.Tensor = state["momentum"]
        average.lerp_(gradient, 1 - momentum)
        return gradient.lerp(average, momentum)


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """Return nearly orthogonal matrices with the same singular vectors, shape (n, rows, columns).

    Five steps of the Newton-Schulz iteration: singular values end between about 0.7 and 1.2.
    """
    a, b, c = _COEFFICIENTS
    turned = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if turned else matrices
    x = x.to(torch.bfloat16 if bf16_works() else torch.float32)
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=_LEAST_NORM)
    for _ in range(_ROUNDS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if turned else x
