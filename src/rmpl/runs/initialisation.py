"""Initialisation of a stage: from the base model or from an earlier stage."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from peft import get_peft_model

from rmpl.backbones.backbone import Backbone, load_backbone
from rmpl.backbones.family import Family
from rmpl.backbones.loading import Attention, Weights
from rmpl.backbones.settings import Settings
from rmpl.recipe.recipe import AdapterRecipe
from rmpl.runs.adapters import (
    adapter_config,
    continue_lora,
    full_parameters,
    merge_adapters,
    stack_lora,
)
from rmpl.runs.digests import check_files
from rmpl.runs.folder import StageFolder
from rmpl.runs.processes import is_first, wait
from rmpl.runs.trained import base_of, read_trained


def start(
    base: str,
    earlier: Path | None,
    folder: Path,
    *,
    by: Literal["continue", "merge", "stack"],
    settings: Settings,
    adapter: AdapterRecipe,
    weights: Weights = "fp32",
    attention: Attention = "auto",
) -> tuple[Backbone, str, list[str]]:
    """Load the model that a stage trains, with the parameters to train set to trainable.

    Parameters
    ----------
    base
        The hub id or folder of the recipe's backbone.
    earlier
        The folder of the stage to start from, ``None`` for the base.
    folder
        The stage's own folder: adapters that stay below the new one are copied into it.
    by
        How the earlier stage's adapter is taken over.
    settings
        What inference must repeat.
    adapter
        What is trained.
    weights, attention
        The precision of frozen weights, and the kernels.

    Returns
    -------
    tuple
        The model, the base that inference is to load, and the names of the copied adapters.
    """
    below: list[str] = []
    source = base
    if earlier is not None:
        trained = read_trained(earlier)
        check_files(StageFolder(earlier), trained)
        below = trained.adapters
        source = base_of(trained, earlier)
        is_folder_of_run = source != trained.base and (earlier / trained.base).is_dir()
        base = f"../{earlier.name}/{trained.base}" if is_folder_of_run else source
    goes_on = by == "continue" and adapter.kind != "full" and bool(below)
    lower_names = (
        [] if earlier is None else _copied(below[:-1] if goes_on else below, earlier, folder)
    )
    lower = [folder / name for name in lower_names]
    backbone = load_backbone(source, settings, weights=weights, attention=attention)
    # Merging into weights of 4 bits would lose what was learnt.
    if by == "stack" or weights == "4bit":
        model, frozen = backbone.model, lower
    else:
        model, frozen = merge_adapters(backbone.model, lower), []
    if goes_on and earlier is not None:
        backbone.model = continue_lora(model, earlier / below[-1], frozen)
    elif adapter.kind == "full":
        backbone.model = full_parameters(model, backbone.family, adapter.parts)
    else:
        backbone.model = _new(model, backbone.family, adapter, frozen)
    return backbone, base, lower_names


def _new(model: Any, family: Family, adapter: AdapterRecipe, frozen: Sequence[Path]) -> Any:
    config = adapter_config(family, adapter)
    return stack_lora(model, frozen, config) if frozen else get_peft_model(model, config)


def _copied(adapters: list[str], source: Path, target: Path) -> list[str]:
    names = []
    for number, name in enumerate(adapters):
        copy = StageFolder(target).lower_adapter(number)
        if is_first():
            shutil.copytree(source / name, copy, dirs_exist_ok=True)
        names.append(copy.name)
    wait()
    return names
