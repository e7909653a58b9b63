"""Adapters: which parts of a model they train, and how trained ones are loaded."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors import SafetensorError, safe_open

from rmpl.backbones.family import Family, Part
from rmpl.backbones.model_files import ADAPTER_CONFIG, ADAPTER_WEIGHTS, check_adapter
from rmpl.errors import RmplError
from rmpl.io.saved import COPY_AGAIN, saved_object
from rmpl.recipe.recipe import AdapterRecipe

TRAINED_ADAPTER = "default"
"""The name of the trainable adapter in a stack."""


def part_of(name: str, family: Family) -> Part:
    """Return which part of the model a parameter, or an adapter's in its place, belongs to."""
    name = name.removeprefix("base_model.model.")
    for part, pattern in family.parts.items():
        if re.match(pattern, name):
            return part
    raise ValueError(f"{family.name}: parameter {name} belongs to no part")


def trainable_by_part(model: Any, family: Family) -> dict[str, int]:
    """Count the trainable parameters of each part; adapters count to the part they sit in."""
    counts: Counter[str] = Counter()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            counts[part_of(name, family)] += parameter.numel()
    return dict(counts)


def full_parameters(model: Any, family: Family, parts: Sequence[str]) -> Any:
    """Make the parameters of some parts trainable and freeze the rest; returns the model."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(part_of(name, family) in parts)
    return model


def adapter_config(family: Family, adapter: AdapterRecipe) -> LoraConfig:
    """Describe an adapter on the linear layers of some parts, as a recipe asks for it.

    Modules that the family names as ``whole`` are trained and saved as they are, with the adapter.

    Raises
    ------
    RmplError
        If the family has none of the parts.
    """
    parts = adapter.parts
    targets = [f"(?:{family.lora_targets[part]})" for part in parts if part in family.lora_targets]
    whole = [module for part in parts for module in family.whole.get(part, ())]
    if not (targets or whole):
        raise RmplError(
            f"{family.name} models have no {' or '.join(parts)}",
            where="adapter.parts",
            remedy=f"train {', '.join(family.parts)}",
        )
    return LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        use_dora=adapter.kind == "dora",
        target_modules="|".join(targets),
        modules_to_save=whole or None,
        bias="none",
    )


def new_lora(model: Any, family: Family, parts: Sequence[Part], **adapter: Any) -> Any:
    """Put a new adapter on the linear layers of some parts; everything else is frozen.

    ``adapter`` are the other keys of a recipe's adapter: ``rank``, ``alpha``, ``dropout``, ...
    """
    recipe = AdapterRecipe(parts=list(parts), **adapter)
    return get_peft_model(model, adapter_config(family, recipe))


def continue_lora(model: Any, adapter: Path, below: Sequence[Path] = ()) -> Any:
    """Load a trained adapter and make it trainable again, on frozen ones below it."""
    if not below:
        return _put(model, adapter, is_trainable=True)
    model = _frozen(model, below)
    _add(model, adapter, TRAINED_ADAPTER, is_trainable=True)
    return _all_active(model, len(below))


def stack_lora(model: Any, below: Sequence[Path], config: LoraConfig) -> Any:
    """Add a new adapter on top of trained ones, which stay frozen and unmerged.

    Raises
    ------
    RmplError
        If an adapter trains modules whole: two adapters cannot have one module.
    """
    for adapter in below:
        check_adapter(adapter)
    configs = [LoraConfig.from_pretrained(str(adapter)) for adapter in below]
    if any(one.modules_to_save for one in (config, *configs)):
        raise RmplError(
            "this family trains some modules whole, of which two adapters cannot be stacked",
            where=str(below[-1]),
            remedy="merge the earlier adapter, or leave the projector out of the parts",
        )
    model = _frozen(model, below)
    model.add_adapter(TRAINED_ADAPTER, config)
    return _all_active(model, len(below))


def merge_adapters(model: Any, adapters: Sequence[Path]) -> Any:
    """Merge trained adapters into the model's own weights, one after the other.

    Raises
    ------
    RmplError
        If one was trained for another model, or is a pickle.
    """
    for adapter in adapters:
        model = _put(model, adapter).merge_and_unload()
    return model


def _frozen(model: Any, below: Sequence[Path]) -> Any:
    model = _put(model, below[0], name="below-0")
    for number, adapter in enumerate(below[1:], start=1):
        _add(model, adapter, f"below-{number}")
    return model


def _all_active(model: Any, below: int) -> Any:
    """Activate all adapters; only the newest is trainable."""
    lower = [f"below-{number}" for number in range(below)]
    model.set_adapter(TRAINED_ADAPTER)
    model.base_model.set_adapter([*lower, TRAINED_ADAPTER])
    model.set_requires_grad(lower, requires_grad=False)
    return model


def _put(model: Any, adapter: Path, *, name: str = TRAINED_ADAPTER, **kwargs: Any) -> Any:
    with _matching(model, adapter):
        model = PeftModel.from_pretrained(model, str(adapter), adapter_name=name, **kwargs)
    _check_whole(model, adapter, name)
    return model


def _add(model: Any, adapter: Path, name: str, **kwargs: Any) -> None:
    """Add another adapter to a model that has some."""
    with _matching(model, adapter):
        model.load_adapter(str(adapter), name, **kwargs)
    _check_whole(model, adapter, name)


def _check_whole(model: Any, adapter: Path, name: str) -> None:
    """Check that every tensor of an adapter was loaded and none is missing: peft only warns."""
    with safe_open(adapter / ADAPTER_WEIGHTS, framework="pt") as file:
        saved = set(file.keys())
    wanted = set(get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False))
    if saved != wanted:
        odd = min(saved ^ wanted)
        has = "has" if odd in saved else "lacks"
        raise _of_another_model(adapter, f"it {has} {odd}")


@contextlib.contextmanager
def _matching(model: Any, adapter: Path) -> Iterator[None]:
    """Refuse pickled adapters, and those whose class, modules or shapes are not the model's."""
    check_adapter(adapter)
    _check_class(model, adapter)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Found missing adapter keys")  # an error reports it
            # peft asks by a name that transformers is about to drop.
            warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
            yield
    except SafetensorError as error:
        raise RmplError(
            f"the adapter's weights are not whole ({error})",
            where=str(adapter),
            remedy=COPY_AGAIN,
        ) from error
    except (RuntimeError, ValueError) as error:
        # torch heads its list of mismatches with an uninformative line.
        lines = [line.strip() for line in str(error).splitlines()]
        telling = [line for line in lines if line and not line.startswith("Error(s) in loading")]
        raise _of_another_model(adapter, (telling or lines or [type(error).__name__])[0]) from error


def _check_class(model: Any, adapter: Path) -> None:
    """Check that the class that an adapter names, if any, is the model's own.

    Two families may have language models of the same shapes, as Qwen2-VL and Qwen2.5-VL of 7B have.
    """
    mapping = saved_object(adapter / ADAPTER_CONFIG).get("auto_mapping")
    named = mapping if isinstance(mapping, dict) else {}
    wanted = named.get("base_model_class")
    base = model.get_base_model() if isinstance(model, PeftModel) else model
    if wanted not in {None, type(base).__name__}:
        raise _of_another_model(adapter, f"a {wanted}, not a {type(base).__name__}")


def _of_another_model(adapter: Path, reason: str) -> RmplError:
    return RmplError(
        f"this adapter was trained for another model ({reason})",
        where=str(adapter),
        remedy="load it on the backbone that its run's recipe names",
    )
