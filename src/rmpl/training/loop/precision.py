"""Which precision a machine is fast in."""

from __future__ import annotations

import contextlib
import functools
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from rmpl.backbones.private_api import cpu_multiplies_bf16
from rmpl.io.files import write_file
from rmpl.runs.folder import StageFolder
from rmpl.runs.processes import first_says, is_first

_WORTH = 1.2
"""How much faster bf16 must be to be worth its rounding."""
_SHAPE = (1024, 192, 576)
_ROUNDS = 15
_SETTLED: list[bool] = []


@functools.cache
def bf16_works() -> bool:
    """Return whether bf16 is fast here.

    GPUs say so themselves. Of CPUs with AVX512-BF16 some multiply twice as fast in bf16 and some
    only half as fast, as they emulate it or lack AMX: this is measured, in some milliseconds.
    """
    if _SETTLED:
        return _SETTLED[-1]
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    if not cpu_multiplies_bf16():
        return False
    return _seconds(torch.float32) > _WORTH * _seconds(torch.bfloat16)


@contextlib.contextmanager
def settled(folder: Path) -> Iterator[None]:
    """Let ``bf16_works`` say the same throughout a training in ``folder``, in every process.

    A second measurement might come out otherwise, and a training that goes on would differ from one
    that was never stopped.
    """
    path = StageFolder(folder).precision
    known = path.is_file()
    works = first_says(path.read_text() == "bf16" if known else bf16_works())
    if is_first() and not known:
        write_file(path, "bf16" if works else "fp32")
    _SETTLED.append(works)
    bf16_works.cache_clear()
    try:
        yield
    finally:
        _SETTLED.pop()
        bf16_works.cache_clear()


def _seconds(dtype: torch.dtype) -> float:
    """Return the median time of a product of the embedded model's size."""
    rows, inner, columns = _SHAPE
    left, right = torch.ones(rows, inner, dtype=dtype), torch.ones(inner, columns, dtype=dtype)
    taken = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        torch.mm(left, right)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
