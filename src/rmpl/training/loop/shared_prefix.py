"""Shared-prefix training: what all rows of a batch begin with is computed once, with gradients.

The samples of a task begin with the same instruction and schema, often four fifths of a prompt, and
a batch holds one task. Attention is causal, so the hidden states of that prefix are the same in all
rows, and no loss is taken in it: it is computed for one row, its keys and values are expanded over
all rows, and the rest of the rows goes on from there. Loss and gradients are those of the plain
pass (``tests/training/loop/test_shared_prefix.py``); only dropout, if there is any, is drawn once
for the prefix instead of once per row.
"""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.private_api import checkpointing_with_cache, prompt_positions
from rmpl.extraction.engines.local.prefix_cache import MIN_SAVING, MIN_TOKENS
from rmpl.training.parallel.sharding import is_sharded

_PER_TOKEN = {"input_ids", "token_type_ids", "mm_token_type_ids"}
_OTHERS = {"attention_mask", "logits_to_keep"}


class _Recorded(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values of the prefix, shape (1, heads, prefix, width).

    Activation checkpointing runs the layer a second time, so that recording twice must be harmless.
    """

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        del args, kwargs
        self.recorded = key_states, value_states
        return key_states, value_states


class _Expanded(DynamicLayer):  # type: ignore[misc]
    """The prefix of one layer in every row; what comes after it is attended to, but not stored."""

    def __init__(self, recorded: _Recorded, rows: int) -> None:
        super().__init__()
        keys, values = recorded.recorded
        self.lazy_initialization(keys, values)
        self.keys = keys.expand(rows, -1, -1, -1)
        self.values = values.expand(rows, -1, -1, -1)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        del args, kwargs
        keys = torch.cat([self.keys, key_states], dim=-2)
        return keys, torch.cat([self.values, value_states], dim=-2)


def shared_tokens(inputs: dict[str, Any]) -> int:
    """Return the length in tokens of the prefix that a batch is to share; 0 for none.

    Parameters
    ----------
    inputs
        Of a model, padded on the right, with ``logits_to_keep`` of shape (batch, length): whether
        the logits at a position are wanted. Those of the prefix are not.
    """
    tokens, kept = inputs.get("input_ids"), inputs.get("logits_to_keep")
    if tokens is None or not isinstance(kept, torch.Tensor) or kept.shape != tokens.shape:
        return 0
    if set(inputs) - _PER_TOKEN - _OTHERS:  # images: the same tokens, but not the same states
        return 0
    rows, length = tokens.shape
    differs = kept.any(dim=0)
    for name in _PER_TOKEN & set(inputs):
        differs = differs | (inputs[name] != inputs[name][:1]).any(dim=0)
    if "attention_mask" in inputs:
        differs = differs | (inputs["attention_mask"] == 0).any(dim=0)
    common = int(differs.int().argmax()) if bool(differs.any()) else 0
    is_worth_it = common >= MIN_TOKENS and common * (rows - 1) >= MIN_SAVING * rows * length
    return common if is_worth_it else 0


@contextlib.contextmanager
def shared_prefixes(model: Any, backbone: Backbone) -> Iterator[None]:
    """Let the model's forward compute the prefix of a batch once, where that changes nothing.

    Models whose prompts attend to later tokens, and models that processes share, go on as before.
    ``model`` is the backbone's model or an adapter's model around it.
    """
    if backbone.family.sees_ahead or is_sharded():
        yield
        return
    plain = model.forward

    def forward(model: Any, *args: Any, **inputs: Any) -> Any:
        common = 0 if args else shared_tokens(inputs)
        return _from_prefix(model, plain, inputs, common) if common else plain(*args, **inputs)

    # A method, because the Trainer wraps the function of a bound forward.
    model.forward = types.MethodType(forward, model)
    try:
        with checkpointing_with_cache(model):
            yield
    finally:
        model.__dict__.pop("forward", None)


def _from_prefix(model: Any, plain: Any, inputs: dict[str, Any], common: int) -> Any:
    """Compute the first ``common`` tokens once, and from there every row."""
    tokens = inputs["input_ids"]
    given = {name: value for name, value in inputs.items() if name not in _OTHERS}
    mask = inputs.get("attention_mask", torch.ones_like(tokens))
    positions = prompt_positions(model, tokens, {**given, "attention_mask": mask})
    prefix = Cache(layer_class_to_replicate=_Recorded)
    plain(
        **{name: value[:1, :common] for name, value in given.items()},
        position_ids=positions[..., :1, :common],
        cache=prefix,
        logits_to_keep=1,
    )
    return plain(
        **{name: value[:, common:] for name, value in given.items()},
        attention_mask=mask,
        position_ids=positions[..., common:],
        cache=Cache(layers=[_Expanded(layer, len(tokens)) for layer in prefix.layers]),
        logits_to_keep=inputs["logits_to_keep"][:, common:],
    )
