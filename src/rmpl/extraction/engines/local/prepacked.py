"""Prepacked linear layers: weights laid out for oneDNN, for inference on CPUs in fp32.

torch uses MKL for matrix products, which reaches half the speed of oneDNN on AMD processors. The
results differ by rounding only.
"""

from __future__ import annotations

import functools
from types import TracebackType
from typing import Any

import torch

from rmpl.backbones.private_api import has_onednn, prepack_weight, prepacked_linear

MAX_WEIGHTS = 100_000_000
"""Maximum number of weights of a model: prepacked weights are stored beside the model's own."""
_ROWS = 1024  # about the number of tokens that go through a layer at once


class PrepackedLinears:
    """A context in which a model's linear layers use prepacked weights; for inference only.

    On other devices, with other dtypes and for large models it does nothing. The weights are
    prepacked once, when the context is first entered.

    Parameters
    ----------
    model
        The model; its weights must not change afterwards.
    is_on
        Whether layers are prepacked.
    """

    def __init__(self, model: Any, *, is_on: bool = True) -> None:
        self._model = model
        self._is_on = is_on

    @functools.cached_property
    def _forwards(self) -> list[tuple[torch.nn.Module, Any]]:
        if not (self._is_on and has_onednn()):
            return []
        layers = [
            module
            for module in self._model.modules()
            # A module with a replaced forward may do something else than its class.
            if type(module) is torch.nn.Linear and "forward" not in module.__dict__
        ]
        fits = all(
            layer.weight.device.type == "cpu" and layer.weight.dtype == torch.float32
            for layer in layers
        )
        if not fits or sum(layer.weight.numel() for layer in layers) > MAX_WEIGHTS:
            return []
        return [(layer, _prepacked_forward(layer)) for layer in layers]

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


def _prepacked_forward(layer: torch.nn.Linear) -> Any:
    """Return a forward of a layer: inputs of shape (..., in) to outputs of shape (..., out)."""
    weight = prepack_weight(layer.weight.detach(), _ROWS)
    bias = None if layer.bias is None else layer.bias.detach()

    def forward(states: torch.Tensor) -> torch.Tensor:
        return prepacked_linear(states, weight, bias)

    return forward
