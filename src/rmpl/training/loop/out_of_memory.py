"""Out-of-memory errors: which setting reduces a stage's memory."""

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
_OUT_OF_MEMORY = re.compile(
    r"out of memory|can't allocate memory|not enough memory|CUBLAS_STATUS_ALLOC_FAILED"
    r"|Cannot allocate memory",
    re.IGNORECASE,
)


@contextlib.contextmanager
def enough_memory(where: Path, doing: str, remedy: str) -> Iterator[None]:
    """Turn out-of-memory errors into one clear line with a remedy."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError, RuntimeError, OSError) as error:
        if isinstance(error, RuntimeError | OSError) and not _OUT_OF_MEMORY.search(str(error)):
            raise
        raise RmplError(f"too little memory to {doing}", where=str(where), remedy=remedy) from error


def smaller_passes(
    stage: int,
    batch: int,
    accumulate: int,
    micro_batches: int,
    *,
    checkpointing: bool,
    images: bool,
) -> str:
    """Return how to reduce the memory of a micro-batch, first without any other effect.

    Parameters
    ----------
    stage
        The stage's place in the recipe, from 0.
    batch, accumulate, micro_batches
        The stage's settings.
    checkpointing
        Whether gradient checkpointing is on.
    images
        Whether the family's images can be made smaller.
    """
    samples, _ = share_out(batch, accumulate, micro_batches, world())
    key = f"--set stages.{stage}"
    goes_on = "nothing else changes, and the stage resumes from its last checkpoint"
    for finer in range(micro_batches + 1, batch + 1):
        with contextlib.suppress(
            RmplError
        ):  # not every number of micro-batches can be divided among the processes
            fewer, _ = share_out(batch, accumulate, finer, world())
            if 2 * fewer <= samples:
                return (
                    f"with {key}.micro_batches={finer} a micro-batch has {fewer} samples instead "
                    f"of {samples}: {goes_on}"
                )
    if not checkpointing:
        return f"with {key}.checkpointing=true activations are recomputed, not stored: {goes_on}"
    smaller = "halve backbone.max_pixels, or " if images else ""
    return (
        f"a micro-batch has one sample already: {smaller}leave out long samples by "
        f"{key}.max_length, or shard the model over several GPUs with recipes/launch/fsdp2.yaml"
    )


def smaller_weights(stage: int, kind: str, weights: str) -> str:
    """Return how to reduce the memory of a model's weights.

    Parameters
    ----------
    stage
        The stage's place in the recipe, from 0.
    kind
        What is trained: ``lora``, ``dora``, ``qlora`` or ``full``.
    weights
        The precision of frozen weights.
    """
    if kind in {"lora", "dora"} and weights == "fp32":
        return "with --set backbone.weights=bf16 the frozen weights take half"
    if kind == "lora":
        return f"with --set stages.{stage}.adapter.kind=qlora frozen weights take about a third"
    return "use a smaller model, or shard this one with recipes/launch/fsdp2.yaml"
