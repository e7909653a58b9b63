"""Several processes that train together: who is first, and what all of them agree on."""

from __future__ import annotations

import os
from typing import TypeVar

import torch
from accelerate.state import PartialState

T = TypeVar("T")


def world() -> int:
    """Return how many processes train together, as their launcher says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Return whether this process is the one that writes and reports."""
    return int(os.environ.get("RANK", "0")) == 0


def join() -> None:
    """Meet the other processes; without any, do nothing."""
    if world() > 1:
        PartialState(cpu=not torch.cuda.is_available())


def wait() -> None:
    """Wait until every process is here."""
    if world() > 1:
        join()
        PartialState().wait_for_everyone()


def first_says(value: T) -> T:
    """Return the first process's value in all of them."""
    if world() == 1:
        return value
    join()
    said = [value]
    torch.distributed.broadcast_object_list(said, src=0)
    return said[0]


def part() -> None:
    """Leave the other processes, once they are here: without, ends abort now and then."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
