"""What a stage starts from: the base, or what an earlier stage has trained."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from rmpl.backbones.backbone import Backbone, Settings, load_backbone
from rmpl.backbones.family import Part
from rmpl.training.adapters import continue_lora, full_parameters, merge_adapters, new_lora
from rmpl.training.processes import is_first, wait
from rmpl.training.trained import base_of, read_trained


def start(
    base: str,
    earlier: Path | None,
    folder: Path,
    *,
    by: Literal["continue", "merge"],
    settings: Settings,
    kind: Literal["lora", "full"],
    parts: Sequence[Part],
    rank: int,
    alpha: int,
    dropout: float,
) -> tuple[Backbone, str, list[str]]:
    """Load the model that a stage trains, with what is to be trained of it trainable.

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
    kind, parts, rank, alpha, dropout
        What is trained.

    Returns
    -------
    tuple
        The model, the base that inference is to load, and the names of the copied adapters.
    """
    below: list[str] = []
    source = base
    if earlier is not None:
        trained = read_trained(earlier)
        below = trained.adapters
        source = base_of(trained, earlier)
        is_folder_of_run = source != trained.base
        base = f"../{earlier.name}/{trained.base}" if is_folder_of_run else trained.base
    goes_on = by == "continue" and kind == "lora" and bool(below)
    kept = [] if earlier is None else _copied(below[:-1] if goes_on else below, earlier, folder)
    backbone = load_backbone(source, settings)
    model = merge_adapters(backbone.model, [folder / name for name in kept])
    if goes_on and earlier is not None:
        backbone.model = continue_lora(model, earlier / below[-1])
    elif kind == "full":
        backbone.model = full_parameters(model, backbone.family, parts)
    else:
        backbone.model = new_lora(
            model, backbone.family, parts, rank=rank, alpha=alpha, dropout=dropout
        )
    return backbone, base, kept


def _copied(adapters: list[str], source: Path, target: Path) -> list[str]:
    names = []
    for number, name in enumerate(adapters):
        kept = f"adapter-{number}"
        if is_first():
            shutil.copytree(source / name, target / kept, dirs_exist_ok=True)
        names.append(kept)
    wait()
    return names
