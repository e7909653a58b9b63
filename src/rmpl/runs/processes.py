"""Distributed training: rank, barrier, and values that all processes share."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TypeVar

import torch
from accelerate.state import PartialState

from rmpl.io.locks import writing_folder

T = TypeVar("T")


def world() -> int:
    """Return the number of processes, from the launcher's environment."""
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
    """Wait for all processes (barrier)."""
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
    """Leave the process group when all are done; without it, processes sometimes abort."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def _join() -> None:
    if not torch.distributed.is_initialized():
        PartialState(cpu=not torch.cuda.is_available())
