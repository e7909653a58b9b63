"""Whether bf16 is faster than fp32 on this machine, and models for inference in the faster one."""

from __future__ import annotations

import contextlib
import functools
import statistics
import time
from collections.abc import Iterator
from typing import TypeVar

import torch

from rmpl.backbones.private_api import cpu_multiplies_bf16

_MIN_SPEEDUP = 1.2
"""The speed-up from which bf16 is used in spite of its rounding."""
_SHAPE = (1024, 192, 576)
_ROUNDS = 15
_FIXED: list[bool] = []
LARGE = 50_000_000
"""Parameters from which products, and not the calls around them, take the time on a CPU."""

Model = TypeVar("Model", bound=torch.nn.Module)


@functools.cache
def bf16_works() -> bool:
    """Return whether bf16 is fast here.

    GPUs report it. CPUs with AVX512-BF16 multiply up to twice as fast in bf16, or only half as fast
    if they emulate it or lack AMX, so that is measured, which takes some milliseconds.
    """
    if _FIXED:
        return _FIXED[-1]
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    if not cpu_multiplies_bf16():
        return False
    return _seconds(torch.float32) > _MIN_SPEEDUP * _seconds(torch.bfloat16)


@contextlib.contextmanager
def fixed(works: bool) -> Iterator[None]:
    """Fix the result of ``bf16_works``: a second measurement might differ."""
    _FIXED.append(works)
    bf16_works.cache_clear()
    try:
        yield
    finally:
        _FIXED.pop()
        bf16_works.cache_clear()


def in_faster_precision(model: Model) -> Model:
    """Return a model for inference: a large one on a CPU in bf16, where that is faster.

    It is converted when its adapters have been merged: their small differences are added in fp32.
    """
    parameters = list(model.parameters())
    on_cpu = all(one.device.type == "cpu" for one in parameters)
    large = sum(one.numel() for one in parameters) >= LARGE
    return model.to(torch.bfloat16) if on_cpu and large and bf16_works() else model


def _seconds(dtype: torch.dtype) -> float:
    """Return the median seconds of a matrix product of the embedded model's size."""
    rows, inner, columns = _SHAPE
    left, right = torch.ones(rows, inner, dtype=dtype), torch.ones(inner, columns, dtype=dtype)
    taken = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        torch.mm(left, right)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
