"""Warnings of a dry run: settings that work but are rarely intended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from rmpl.backbones.family import Family
from rmpl.backbones.settings import Settings
from rmpl.corpora.origin import is_synthetic
from rmpl.ontology import load_ontology
from rmpl.recipe.recipe import Recipe, StageRecipe
from rmpl.training.dry_run.memory import CUDA_BYTES, GIB, Memory
from rmpl.training.dry_run.token_counts import Lengths

MANY_EPOCHS = 20
"""The number of epochs above which a source is likely memorised (overfitting)."""
MANY_PIXELS = 2_000_000
_REMEDIES = {
    "weights": "4-bit weights (adapter.kind qlora) take a quarter of bf16 ones; or a smaller model",
    "gradients": "an adapter instead of full training, or fewer parts, or ZeRO/FSDP on more GPUs",
    "optimizer": "an adapter instead of full training, or fewer parts, or ZeRO/FSDP on more GPUs",
    "activations": "doubling micro_batches halves them without other effects; checkpointing "
    "reduces them",
    "logits": "doubling micro_batches halves them without other effects",
    "gathered": "more GPUs do not help: an adapter instead of full training, or a smaller model",
}


def recipe_warnings(recipe: Recipe, family: Family, settings: Settings, data: Path) -> list[str]:
    """Return warnings about a recipe as a whole; ``data`` is the folder of its corpora."""
    warnings = []
    if recipe.contamination_check is None and _may_overlap(recipe, data):
        warnings.append("no contamination_check: training data is not compared with M2E2")
    if family.pixels is not None and settings.max_pixels > MANY_PIXELS:
        warnings.append(
            f"images of up to {settings.max_pixels:,} pixels: backbone.max_pixels bounds their "
            "tokens (28 x 28 pixels each in Qwen2-VL and Qwen2.5-VL, 32 x 32 in Qwen3-VL)"
        )
    return warnings


def _may_overlap(recipe: Recipe, data: Path) -> bool:
    """Return whether M2E2 may be what a run is scored on, and may be in what it is trained on."""
    types = load_ontology(recipe.ontology).events.keys() & load_ontology("m2e2").events.keys()
    corpora = recipe.corpora.values()
    return bool(types) and not all(is_synthetic(data / corpus.path) for corpus in corpora)


def stage_warnings(
    stage: StageRecipe,
    lengths: Mapping[str, Lengths],
    epochs: Mapping[str, float],
    memory: Mapping[str, Memory],
    *,
    positions: int | None,
    gpu_bytes: int,
) -> list[str]:
    """Return warnings about a stage.

    Parameters
    ----------
    stage
        The stage.
    lengths, epochs
        Of each of its sources; none if its data are not there.
    memory
        That of one GPU, by parallelism.
    positions
        The model's maximum number of positions.
    gpu_bytes
        The memory of a GPU in bytes.
    """
    warnings = [
        f"{name}: every sample is used {times:.0f} times"
        for name, times in epochs.items()
        if times > MANY_EPOCHS
    ]
    for name, found in lengths.items():
        if stage.max_length is not None and found.longest > stage.max_length:
            warnings.append(
                f"{name}: samples of more than {stage.max_length:,} tokens are left out; about "
                f"{found.over(stage.max_length):.1%} are that long"
            )
    longest = max((found.longest for found in lengths.values()), default=0)
    if positions is not None and min(longest, stage.max_length or longest) > positions:
        warnings.append(
            f"the longest sample has {longest:,} tokens, the model {positions:,} positions"
        )
    least = min(memory.values(), key=lambda one: one.total)
    if least.total + CUDA_BYTES > gpu_bytes:
        parts = msgspec.structs.asdict(least)
        largest = max(parts, key=lambda part: parts[part])
        warnings.append(
            f"too little memory: at least {(least.total + CUDA_BYTES) / GIB:.0f} GiB, a GPU has "
            f"{gpu_bytes / GIB:.0f}. The largest part: {largest} ({_REMEDIES[largest]})"
        )
    return warnings
