"""What a dry run warns of: settings that work, and are seldom meant."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rmpl.backbones.family import Family
from rmpl.backbones.settings import Settings
from rmpl.recipe.recipe import Recipe, StageRecipe
from rmpl.training.dry_run.memory import CUDA_BYTES, GIB, Memory
from rmpl.training.dry_run.token_counts import Lengths

MANY_EPOCHS = 20
"""A source seen more often than this is learnt by heart."""
MANY_PIXELS = 2_000_000
_REMEDIES = {
    "weights": "4-bit weights (adapter.kind qlora) are a quarter of bf16 ones; a smaller model",
    "gradients": "an adapter instead of everything, or fewer parts, or ZeRO/FSDP on more GPUs",
    "optimizer": "an adapter instead of everything, or fewer parts, or ZeRO/FSDP on more GPUs",
    "activations": "twice the split halves them and changes nothing else; checkpointing, too",
    "logits": "twice the split halves them and changes nothing else",
    "gathered": "more GPUs do not help here: an adapter instead of everything, or a smaller model",
}


def recipe_warnings(recipe: Recipe, family: Family, settings: Settings) -> list[str]:
    """Return what is seldom meant in a recipe as a whole."""
    said = []
    if recipe.guard is None:
        said.append("no guard: overlaps of the training data with M2E2 are not looked for")
    if family.pixels is not None and settings.max_pixels > MANY_PIXELS:
        said.append(
            f"pictures of up to {settings.max_pixels:,} pixels: backbone.max_pixels bounds their "
            "tokens (28 x 28 pixels each in Qwen2-VL and Qwen2.5-VL, 32 x 32 in Qwen3-VL)"
        )
    return said


def stage_warnings(
    stage: StageRecipe,
    lengths: Mapping[str, Lengths],
    epochs: Mapping[str, float],
    memory: Mapping[str, Memory],
    *,
    positions: int | None,
    gpu_bytes: int,
) -> list[str]:
    """Return what is seldom meant in a stage.

    Parameters
    ----------
    stage
        The stage.
    lengths, epochs
        Of each of its sources.
    memory
        One GPU's, by how the work is spread.
    positions
        How many tokens the model has places for.
    gpu_bytes
        The memory of a GPU.
    """
    said = [
        f"{name}: every sample is seen {times:.0f} times"
        for name, times in epochs.items()
        if times > MANY_EPOCHS
    ]
    for name, found in lengths.items():
        if stage.max_length is not None and found.longest > stage.max_length:
            said.append(
                f"{name}: samples of more than {stage.max_length:,} tokens are left out; about "
                f"{found.over(stage.max_length):.1%} are that long"
            )
    longest = max(found.longest for found in lengths.values())
    if positions is not None and min(longest, stage.max_length or longest) > positions:
        said.append(f"the longest sample has {longest:,} tokens, the model {positions:,} places")
    least = min(memory.values(), key=lambda one: one.total)
    if least.total + CUDA_BYTES > gpu_bytes:
        parts = msgspec.structs.asdict(least)
        largest = max(parts, key=lambda part: parts[part])
        said.append(
            f"too little memory: {(least.total + CUDA_BYTES) / GIB:.0f} GiB at least, a GPU has "
            f"{gpu_bytes / GIB:.0f}. Most are {largest}: {_REMEDIES[largest]}"
        )
    return said
