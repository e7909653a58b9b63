"""What a model family has to say about itself: adding one means filling this in, in one file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

from rmpl.tasks.schema import BoxCodec

Part = Literal["language", "projector", "vision"]


@dataclasses.dataclass(frozen=True)
class Family:
    """A vision-language model family.

    Parameters
    ----------
    name
        The family's name in recipes and messages.
    model_type
        ``model_type`` in the config.json of its checkpoints.
    model_class
        The transformers class with a language-modelling head.
    load_processor
        Takes a folder or hub id and returns a processor with an ``image_processor``; works with and
        without torchvision.
    boxes
        Takes the grid step and returns the family's box convention.
    parts
        For each part of the model, a regular expression that matches the full names of its
        parameters' modules. Freezing a part freezes those parameters and puts no adapter there.
    lora_targets
        For each part, a regular expression of the linear layers that LoRA adapts by default.
    """

    name: str
    model_type: str
    model_class: str
    load_processor: Callable[[str], Any]
    boxes: Callable[[int], BoxCodec]
    parts: dict[Part, str]
    lora_targets: dict[Part, str]
