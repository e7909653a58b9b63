"""Several processes that train together: who is first, what all agree on, who computes what."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path
from typing import TypeVar

import torch
from accelerate.state import PartialState

from rmpl.errors import RmplError
from rmpl.io.locks import writing_folder

T = TypeVar("T")


def world() -> int:
    """Return how many processes train together, as their launcher says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Return whether this process is the one that writes and reports."""
    return int(os.environ.get("RANK", "0")) == 0


def writing_alone(folder: Path) -> contextlib.AbstractContextManager[None]:
    """Hold the right to write into a folder: the first process holds it for all of them.

    Raises
    ------
    RmplError
        On entering, if processes of another training hold it.
    """
    return writing_folder(folder) if is_first() else contextlib.nullcontext()


def wait() -> None:
    """Wait until every process is here."""
    if world() > 1:
        _join()
        torch.distributed.barrier()


def first_says(value: T) -> T:
    """Return the first process's value in all of them."""
    if world() == 1:
        return value
    _join()
    said = [value]
    torch.distributed.broadcast_object_list(said, src=0)
    return said[0]


def part() -> None:
    """Leave the other processes when all are done: without it, ends abort now and then."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def _join() -> None:
    if not torch.distributed.is_initialized():
        PartialState(cpu=not torch.cuda.is_available())


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
