"""Linear layers with weights laid out for oneDNN, for inference on CPUs in fp32.

torch hands matrix products to MKL, which uses half of what AMD's processors can do; oneDNN does
not. The numbers differ by rounding only.
"""

from __future__ import annotations

import functools
from types import TracebackType
from typing import Any

import torch

MOST = 100_000_000
"""Larger models are left alone: the weights are there twice."""
_ROWS = 1024  # about so many tokens go through a layer at once


class PackedLinears:
    """While entered, a model's linear layers use the packed weights. Never for training.

    On other devices, with other types and for large models it does nothing. The weights are packed
    once, when first entered.
    """

    def __init__(self, model: Any, *, is_on: bool = True) -> None:
        self._model = model
        self._is_on = is_on

    @functools.cached_property
    def _forwards(self) -> list[tuple[torch.nn.Module, Any]]:
        if not (self._is_on and torch._C._has_mkldnn):
            return []
        layers = [
            module
            for module in self._model.modules()
            # What already has a forward of its own does something else than its class says.
            if type(module) is torch.nn.Linear and "forward" not in module.__dict__
        ]
        fits = all(
            layer.weight.device.type == "cpu" and layer.weight.dtype == torch.float32
            for layer in layers
        )
        if not fits or sum(layer.weight.numel() for layer in layers) > MOST:
            return []
        return [(layer, _packed(layer)) for layer in layers]

    def __enter__(self) -> None:
        for layer, forward in self._forwards:
            layer.forward = forward

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for layer, _ in self._forwards:
            del layer.forward


def _packed(layer: torch.nn.Linear) -> Any:
    weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), _ROWS)
    bias = None if layer.bias is None else layer.bias.detach()
    linear = torch.ops.mkldnn._linear_pointwise

    def forward(states: torch.Tensor) -> Any:
        return linear(states, weight, bias, "none", [], "")

    return forward
