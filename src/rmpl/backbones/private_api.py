"""Private interfaces of torch, transformers and llguidance: the only place that touches them.

A new version of a library may drop one without notice: ``tests/backbones/test_private_api.py``
fails then. Those of transformers' Trainer are in ``training.loop.private_api``, because importing
the Trainer (accelerate and all) would make every command that only loads a model start later.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch


def prompt_positions(model: Any, tokens: torch.Tensor, inputs: dict[str, Any]) -> torch.Tensor:
    """Return the position ids of prompts, shape (rows, columns) or (axes, rows, columns).

    transformers 5.24 to 5.x: what ``generate`` computes before its first step.
    """
    positions: torch.Tensor = model._prepare_position_ids_for_generation(tokens, inputs)
    return positions


def image_token_counts(processor: Any, sizes: Sequence[tuple[int, int]]) -> list[int]:
    """Return the number of image tokens for sizes (height, width) in pixels.

    transformers 5.x: written for vLLM.

    Raises
    ------
    ValueError
        If the processor refuses a size.
    """
    counted = processor._get_num_multimodal_tokens(image_sizes=list(sizes))
    return [int(count) for count in counted["num_image_tokens"]]


def model_from_config(model_class: Any, config: Any, dtype: torch.dtype) -> Any:
    """Return a model of a given class without weights loaded.

    transformers 5.x: the public ``AutoModel.from_config`` chooses the class itself.
    """
    return model_class._from_config(config, dtype=dtype)


def attention_kernels(config: Any) -> str | None:
    """Return the name of a configuration's attention kernels (transformers 4.36 to 5.x)."""
    name: str | None = config._attn_implementation
    return name


def set_attention_kernels(config: Any, name: str | None) -> None:
    """Choose a configuration's attention kernels (transformers 4.36 to 5.x).

    The public ``set_attn_implementation`` belongs to models; it checks names against the machine.
    """
    config._attn_implementation = name


def has_onednn() -> bool:
    """Whether torch was built with oneDNN's operators of its compiler (torch 2.0 to 2.13)."""
    operators = ("_reorder_linear_weight", "_linear_pointwise")
    return bool(torch._C._has_mkldnn) and all(hasattr(torch.ops.mkldnn, one) for one in operators)


def prepack_weight(weight: torch.Tensor, rows: int) -> torch.Tensor:
    """Return a weight, shape (out, in), in the layout of oneDNN for about ``rows`` inputs.

    torch 2.0 to 2.13, CPUs: as its compiler does for frozen linear layers.
    """
    prepacked: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, rows)
    return prepacked


def prepacked_linear(
    states: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    """Return ``states @ weight.T + bias``, shape (..., out), for a prepacked weight.

    torch 2.0 to 2.13, CPUs.
    """
    product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(states, weight, bias, "none", [], "")
    return product


def cpu_multiplies_bf16() -> bool:
    """Whether the CPU has instructions for bf16, AVX512-BF16 (torch 2.4 to 2.13)."""
    return bool(torch.cpu._is_avx512_bf16_supported())


def fake_tensors() -> contextlib.AbstractContextManager[Any]:
    """Return a mode in which tensors have shapes and no contents (torch 2.0 to 2.13)."""
    from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: PLC0415 - slow, rarely used

    return FakeTensorMode(allow_non_fake_inputs=True)


def storage_number(tensor: torch.Tensor) -> int:
    """Return an id that is equal for tensors that share memory (torch 2.0 to 2.13).

    ``data_ptr`` does not work for tensors without contents.
    """
    return int(tensor.untyped_storage()._cdata)


def token_masks(
    executor: Any, matchers: Sequence[Any], words: int
) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Return the tokens allowed next as bit masks, shape (matchers, words of 32 bits).

    llguidance 1.3 to 1.x: its public helpers take tensors and one batch size.
    """
    mask = np.zeros((len(matchers), words), dtype=np.int32)
    rows = [(matcher, row) for row, matcher in enumerate(matchers)]
    executor.unsafe_compute_mask_ptr(rows, mask.ctypes.data, mask.strides[0], len(matchers))
    return mask


@contextlib.contextmanager
def checkpointing_with_cache(model: Any) -> Iterator[None]:
    """Let layers keep their KV cache under activation checkpointing.

    transformers 5.24 to 5.x drop it, because a layer that appends to its cache would do so again
    when it is recomputed. Only for caches that may be written twice.
    """
    layers = [one for one in model.modules() if hasattr(one, "_can_checkpoint_with_cache")]
    for layer in layers:
        layer._can_checkpoint_with_cache = True
    try:
        yield
    finally:
        for layer in layers:
            del layer._can_checkpoint_with_cache
