"""Whether bf16 is faster than fp32 on this machine."""

from __future__ import annotations

import contextlib
import functools
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from rmpl.backbones.private_api import cpu_multiplies_bf16
from rmpl.errors import RmplError
from rmpl.io.files import write_file
from rmpl.io.saved import saved_text
from rmpl.runs.folder import StageFolder
from rmpl.runs.processes import first_says, is_first

_MIN_SPEEDUP = 1.2
"""The speed-up from which bf16 is used in spite of its rounding."""
_SHAPE = (1024, 192, 576)
_ROUNDS = 15
_FIXED: list[bool] = []


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
def settled(folder: Path) -> Iterator[None]:
    """Fix the result of ``bf16_works`` for a training in ``folder``, in every process.

    A second measurement might differ, and then a resumed training would differ from an
    uninterrupted one.
    """
    path = StageFolder(folder).precision
    known = path.is_file()
    works = first_says(_read(path) if known else bf16_works())
    if is_first() and not known:
        write_file(path, "bf16" if works else "fp32")
    _FIXED.append(works)
    bf16_works.cache_clear()
    try:
        yield
    finally:
        _FIXED.pop()
        bf16_works.cache_clear()


def _read(path: Path) -> bool:
    found = saved_text(path, _MEASURE_AGAIN).strip()
    if found not in {"bf16", "fp32"}:
        raise RmplError(
            f"names no precision ({found[:40]!r})", where=str(path), remedy=_MEASURE_AGAIN
        )
    return found == "bf16"


_MEASURE_AGAIN = "write bf16 or fp32 into it, or delete it: the faster one is measured again"


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
