"""Dividing the micro-batches of a step among processes."""

from __future__ import annotations

import math

from rmpl.errors import RmplError


def share_out(batch: int, accumulate: int, split: int, processes: int) -> tuple[int, int]:
    """Divide a step's micro-batches among processes.

    A step has ``accumulate`` batches of ``batch`` samples, each of ``split`` micro-batches. Batches
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
    if batch % split:
        raise RmplError(
            f"a batch of {batch} samples cannot be split into {split} equal micro-batches",
            remedy="choose a split that divides the batch",
        )
    finer = math.lcm(split, processes)
    if batch % finer == 0:
        split = finer
    passes = accumulate * split
    if passes % processes:
        raise RmplError(
            f"{passes} micro-batches per step ({accumulate} batches of {batch} samples) cannot be "
            f"divided among {processes} processes",
            remedy=f"choose a batch or an accumulate that is a multiple of {processes}",
        )
    return batch // split, passes // processes
