"""What of a model is trained, and how trained adapters are put back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model

from rmpl.backbones.family import Family, Part


def part_of(name: str, family: Family) -> Part:
    """Return which part of the model a parameter belongs to."""
    for part, pattern in family.parts.items():
        if re.match(pattern, name):
            return part
    raise ValueError(f"{family.name}: parameter {name} belongs to no part")


def trainable_by_part(model: Any, family: Family) -> dict[str, int]:
    """Count the trainable parameters of each part; adapters count to the part they sit in."""
    counts: Counter[str] = Counter()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            counts[part_of(name.removeprefix("base_model.model."), family)] += parameter.numel()
    return dict(counts)


def full_parameters(model: Any, family: Family, parts: Sequence[str]) -> Any:
    """Make the parameters of some parts trainable and freeze the rest; returns the model."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(part_of(name, family) in parts)
    return model


def new_lora(
    model: Any, family: Family, parts: Sequence[Part], *, rank: int, alpha: int, dropout: float
) -> Any:
    """Put a fresh LoRA adapter on the linear layers of some parts; everything else is frozen.

    Modules that the family names as ``whole`` are trained and saved as they are, with the adapter.
    """
    targets = [f"(?:{family.lora_targets[part]})" for part in parts if part in family.lora_targets]
    whole = [module for part in parts for module in family.whole.get(part, ())]
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules="|".join(targets),
        modules_to_save=whole or None,
        bias="none",
    )
    return get_peft_model(model, config)


def continue_lora(model: Any, adapter: Path) -> Any:
    """Load a trained adapter and make it trainable again."""
    return PeftModel.from_pretrained(model, str(adapter), is_trainable=True)


def merge_adapters(model: Any, adapters: Sequence[Path]) -> Any:
    """Merge trained adapters into the model's own weights, one after the other."""
    for adapter in adapters:
        model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    return model
