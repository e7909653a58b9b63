"""SmolVLM: Idefics3's architecture under a ``model_type`` of its own.

Its stock processor needs the package num2words and a video processor, only for prompts about
videos. Idefics3's processor lays out images in the same way and reads the same files, so that one
is used.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from transformers import SmolVLMConfig

from rmpl.backbones.families import idefics3


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    idefics3.save_twin(folder, SmolVLMConfig, FAMILY.model_class)


FAMILY = dataclasses.replace(
    idefics3.FAMILY,
    name="smolvlm",
    model_type="smolvlm",
    model_class="SmolVLMForConditionalGeneration",
    twin=twin,
)
