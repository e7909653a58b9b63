"""The precision of a model's weights in memory, and its attention kernels."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any, Literal

import torch
import transformers
from transformers.utils import is_flash_attn_2_available

from rmpl.backbones.family import Family
from rmpl.errors import RmplError
from rmpl.io.saved import saved_object

Weights = Literal["fp32", "bf16", "4bit"]
Attention = Literal["auto", "eager", "sdpa", "flash"]
_TINY = 256
"""Width of the embeddings; the embedded model has 192."""
_NAMES = {"eager": "eager", "sdpa": "sdpa", "flash": "flash_attention_2"}


def check_device(device: str | None) -> torch.device:
    """Return the device of a name; by default a GPU, if there is one, else the CPU.

    Raises
    ------
    RmplError
        If it is no device, or not on this machine.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    remedy = "use cpu, cuda or cuda:NUMBER, or leave it out"
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise RmplError(f"no device {device!r:.40}", remedy=remedy) from error
    there = {"cpu": 1, "mps": int(torch.backends.mps.is_available())}
    if torch.cuda.is_available():
        there["cuda"] = torch.cuda.device_count()
    if (found.index or 0) >= there.get(found.type, 0):
        raise RmplError(f"this machine has no device {device}", remedy=remedy)
    return found


def loading_options(
    family: Family, source: str, weights: Weights, attention: Attention
) -> dict[str, Any]:
    """Return the options for ``from_pretrained``.

    Raises
    ------
    RmplError
        If this machine does not support the precision or the kernels.
    """
    options: dict[str, Any] = {
        "dtype": torch.float32 if weights == "fp32" else torch.bfloat16,
        "attn_implementation": attention_of(family, weights, attention, is_tiny=_is_tiny(source)),
    }
    if weights == "4bit":
        options["quantization_config"] = _four_bits(family, source)
    return options


def attention_of(
    family: Family, weights: Weights, attention: Attention, *, is_tiny: bool
) -> str | None:
    """Return transformers' name of the kernels; ``None`` leaves the choice to it (sdpa if it can).

    At the embedded model's size (``is_tiny``), eager attention is fastest on a CPU; larger models
    take a quarter less memory with sdpa. Flash attention supports causal masks only, so families
    with bidirectional attention over images use sdpa.
    """
    flash_works = torch.cuda.is_available() and is_flash_attn_2_available()
    fits = weights != "fp32" and not family.target_types
    if attention == "flash" and not (flash_works and fits):
        raise RmplError(
            f"flash attention does not work here ({_why_not(flash_works, weights)})",
            remedy="leave attention at auto: it chooses the fastest kernels that work",
        )
    if attention != "auto":
        return _NAMES[attention]
    if not torch.cuda.is_available():
        return "eager" if is_tiny else None
    return _NAMES["flash"] if flash_works and fits else None


def _is_tiny(folder: str) -> bool:
    """Whether a model is of about the embedded one's size, or of a twin's."""
    tree = saved_object(Path(folder) / "config.json")
    language = tree.get("text_config", tree)
    width = language.get("hidden_size") if isinstance(language, dict) else None
    return isinstance(width, int) and width <= _TINY


def _why_not(flash_works: bool, weights: Weights) -> str:
    if not torch.cuda.is_available():
        return "no GPU"
    if not flash_works:
        return "the package flash-attn is not installed"
    return (
        "weights are fp32"
        if weights == "fp32"
        else "this family attends to images in both directions"
    )


def _four_bits(family: Family, source: str) -> Any:
    """Quantise the language model's linear layers; the vision tower keeps full precision."""
    if importlib.util.find_spec("bitsandbytes") is None:
        raise RmplError(
            "weights of 4 bits need the package bitsandbytes",
            remedy="pip install 'rmpl[gpu]' on a machine with a GPU, or use kind: lora",
        )
    config = transformers.AutoConfig.from_pretrained(source, trust_remote_code=False)
    with torch.device("meta"):
        model = getattr(transformers, family.model_class)(config)
    skipped = [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
        and (not re.match(family.parts["language"], f"{name}.weight") or "lm_head" in name)
    ]
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
        llm_int8_skip_modules=skipped,
    )


def as_one_block(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor]:
    """Copy the hidden states of last tokens, which lie apart, before they are multiplied.

    torch would copy the vocabulary's matrix once for each row of the batch instead, which on CPUs
    took two thirds of the time of extraction with a vocabulary of 49,152.
    """
    (hidden,) = inputs
    # A single row counts as contiguous whatever its strides are, and yet is not multiplied as one.
    return (hidden.clone(memory_format=torch.contiguous_format),)
