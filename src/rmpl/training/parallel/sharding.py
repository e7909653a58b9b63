"""Processes that hold parts of one model (FSDP, DeepSpeed), not one each: what that asks for."""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch

from rmpl.errors import RmplError


def is_sharded() -> bool:
    """Return whether processes share one model, as their launcher says.

    Every pass of every process must then touch every part of the model.
    """
    return any(
        os.environ.get(name, "false").lower() == "true"
        for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")
    )


def refuse_where_sharded(stage: str, wanted: Mapping[str, bool]) -> None:
    """See that a stage wants nothing that processes with one model cannot do.

    Parameters
    ----------
    stage
        Its name.
    wanted
        What they cannot do, and whether it is wanted.

    Raises
    ------
    RmplError
        If something is.
    """
    for what, is_wanted in wanted.items():
        if is_wanted and is_sharded():
            raise RmplError(
                f"stage {stage} asks for {what}, which FSDP and DeepSpeed cannot do here",
                remedy="launch with recipes/launch/ddp.yaml, or choose adamw, lora and by: loss",
            )


def layer_classes(model: torch.nn.Module) -> set[str]:
    """Return the names of the classes of a model's layers, its vision tower's, too.

    FSDP gathers the weights of one at a time. Those that transformers' classes name are not always
    there: Gemma 3 names a head of its vision tower that it does not have.
    """
    return {
        type(layer).__name__
        for module in model.modules()
        if isinstance(module, torch.nn.ModuleList)
        for layer in module
        if next(layer.parameters(), None) is not None
    }
