"""Dividing the micro-batches of a step among processes."""

from __future__ import annotations

import math

from rmpl.errors import RmplError


def share_out(batch: int, accumulate: int, micro_batches: int, processes: int) -> tuple[int, int]:
    """Divide a step's micro-batches among processes.

    A step has ``accumulate`` batches of ``batch`` samples, each of ``micro_batches`` parts. Batches
    are split further if that gives every process a part of each: then all processes work on samples
    of the same source, which take about the same time.

    Returns
    -------
    tuple of int
        The number of samples per micro-batch, and of micro-batches per step and process.

    Raises
    ------
    RmplError
        If the micro-batches cannot be divided evenly.
    """
    if batch % micro_batches:
        raise RmplError(
            f"a batch of {batch} samples cannot be split into {micro_batches} equal micro-batches",
            remedy="choose a number of micro-batches that divides the batch",
        )
    finer = math.lcm(micro_batches, processes)
    if batch % finer == 0:
        micro_batches = finer
    passes = accumulate * micro_batches
    if passes % processes:
        raise RmplError(
            f"{passes} micro-batches per step ({accumulate} batches of {batch} samples) cannot be "
            f"divided among {processes} processes",
            remedy=f"choose a batch or an accumulate that is a multiple of {processes}",
        )
    return batch // micro_batches, passes // processes
