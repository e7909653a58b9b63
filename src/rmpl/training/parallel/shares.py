"""Which part of a step each of several processes computes."""

from __future__ import annotations

import math

from rmpl.errors import RmplError


def share_out(batch: int, accumulate: int, split: int, processes: int) -> tuple[int, int]:
    """Share a step's passes out to processes.

    A step has ``accumulate`` batches of ``batch`` samples, each cut into ``split`` passes. Batches
    are cut further where that gives every process a part of each: all then work on samples of one
    source, which take about as long.

    Returns
    -------
    tuple of int
        The samples a pass, and the passes a step of one process.

    Raises
    ------
    RmplError
        If the passes cannot be shared out evenly.
    """
    if batch % split:
        raise RmplError(
            f"a batch of {batch} samples cannot be split into {split} equal passes",
            remedy="choose a split that divides the batch",
        )
    finer = math.lcm(split, processes)
    if batch % finer == 0:
        split = finer
    passes = accumulate * split
    if passes % processes:
        raise RmplError(
            f"{passes} passes a step ({accumulate} batches of {batch} samples) cannot be shared "
            f"by {processes} processes",
            remedy=f"choose a batch or an accumulate that is a multiple of {processes}",
        )
    return batch // split, passes // processes
