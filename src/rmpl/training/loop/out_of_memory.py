"""Too little memory: which setting makes a stage take less of it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import torch

from rmpl.errors import RmplError
from rmpl.runs.processes import world
from rmpl.training.parallel.shares import share_out

# Only GPUs have an exception of their own for it.
_SAYS_SO = re.compile(
    r"out of memory|can't allocate memory|not enough memory|CUBLAS_STATUS_ALLOC_FAILED"
    r"|Cannot allocate memory",
    re.IGNORECASE,
)


@contextlib.contextmanager
def enough_memory(where: Path, doing: str, remedy: str) -> Iterator[None]:
    """Make of memory that does not suffice one clear line with a remedy."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError, RuntimeError, OSError) as error:
        if isinstance(error, RuntimeError | OSError) and not _SAYS_SO.search(str(error)):
            raise
        raise RmplError(f"too little memory to {doing}", where=str(where), remedy=remedy) from error


def smaller_passes(
    stage: int, batch: int, accumulate: int, split: int, *, checkpointing: bool, pictures: bool
) -> str:
    """Say what makes a pass of training take less memory: first what changes nothing else.

    Parameters
    ----------
    stage
        The stage's place in the recipe, from 0.
    batch, accumulate, split
        The stage's own.
    checkpointing
        Whether layers are recomputed already.
    pictures
        Whether the family's pictures can be made smaller.
    """
    samples, _ = share_out(batch, accumulate, split, world())
    key = f"--set stages.{stage}"
    goes_on = "nothing else changes, and the stage goes on from its last checkpoint"
    for finer in range(split + 1, batch + 1):
        with contextlib.suppress(RmplError):  # not every number of passes can be shared out
            fewer, _ = share_out(batch, accumulate, finer, world())
            if 2 * fewer <= samples:
                return (
                    f"with {key}.split={finer} a pass has {fewer} samples of {samples}: {goes_on}"
                )
    if not checkpointing:
        return f"with {key}.checkpointing=true layers are computed again, not kept: {goes_on}"
    smaller = "halve backbone.max_pixels, or " if pictures else ""
    return (
        f"a pass has one sample already: {smaller}leave long samples out by {key}.max_length, or "
        "share the model out over several GPUs by recipes/launch/fsdp2.yaml"
    )


def smaller_weights(stage: int, kind: str, weights: str) -> str:
    """Say what makes a model's weights take less memory.

    Parameters
    ----------
    stage
        The stage's place in the recipe, from 0.
    kind
        What is trained: ``lora``, ``dora``, ``qlora`` or ``full``.
    weights
        How frozen weights are kept.
    """
    if kind in {"lora", "dora"} and weights == "fp32":
        return "with --set backbone.weights=bf16 the frozen weights take half"
    if kind == "lora":
        return f"with --set stages.{stage}.adapter.kind=qlora frozen weights take about a third"
    return "take a smaller model, or share this one out by recipes/launch/fsdp2.yaml"
