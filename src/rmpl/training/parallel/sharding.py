"""Constraints of sharded training (FSDP, DeepSpeed)."""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch

from rmpl.errors import RmplError


def is_sharded() -> bool:
    """Return whether the launcher shards one model over the processes.

    Then every forward pass in every process must use every part of the model.
    """
    return any(
        os.environ.get(name, "false").lower() == "true"
        for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")
    )


def refuse_where_sharded(stage: str, wanted: Mapping[str, bool]) -> None:
    """Check that a stage uses nothing that sharded training does not support.

    Parameters
    ----------
    stage
        Its name.
    wanted
        Unsupported settings, and whether the stage uses them.

    Raises
    ------
    RmplError
        If it uses one.
    """
    for what, is_wanted in wanted.items():
        if is_wanted and is_sharded():
            raise RmplError(
                f"stage {stage} uses {what}, which is not supported with FSDP and DeepSpeed",
                remedy="launch with recipes/launch/ddp.yaml, or choose adamw, lora and by: loss",
            )


def layer_classes(model: torch.nn.Module) -> set[str]:
    """Return the class names of a model's layers, including its vision tower's.

    FSDP gathers the weights of one layer at a time. The names in transformers' classes are not used
    because some do not exist: Gemma 3 names a head of its vision tower that it does not have.
    """
    return {
        type(layer).__name__
        for module in model.modules()
        if isinstance(module, torch.nn.ModuleList)
        for layer in module
        if next(layer.parameters(), None) is not None
    }
