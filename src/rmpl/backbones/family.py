"""What a model family has to say about itself: adding one means filling this in, in one file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import PIL.Image

from rmpl.backbones.prompts.layouts import flat_template
from rmpl.tasks.schema import BoxCodec

Part = Literal["language", "projector", "vision"]
Chat = Callable[[Any, PIL.Image.Image | None, str], Mapping[str, Any]]
"""Takes a processor, an upright RGB picture or ``None``, and the prompt's text; returns the model's
inputs as tensors of a batch of one, ending where the answer begins."""


def chat_template(processor: Any, picture: PIL.Image.Image | None, text: str) -> Mapping[str, Any]:
    """Lay a prompt out by the checkpoint's own chat template: the picture first, then the text."""
    content: list[dict[str, Any]] = []
    if picture is not None:
        content.append({"type": "image", "image": picture})
    content.append({"type": "text", "text": text})
    inputs: Mapping[str, Any] = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        chat_template=flat_template(processor, shows_picture=picture is not None),
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    return inputs


@dataclasses.dataclass(frozen=True)
class Family:
    """A vision-language model family.

    Parameters
    ----------
    name
        The family's name in recipes and messages.
    model_type
        ``model_type`` in the config.json of its checkpoints, and the name of its file here.
    model_class
        The transformers class with a language-modelling head.
    load_processor
        Takes a folder or hub id and returns a processor with an ``image_processor``; works with and
        without torchvision.
    boxes
        Takes the grid step (``box_step`` of a recipe) and the least and most pixels that pictures
        are resized to, and returns the family's box convention.
    parts
        For each part of the model, a regular expression that matches the full names of its
        parameters. Freezing a part freezes those parameters and puts no adapter there; gradients
        still pass through a frozen part to the trained parts before it.
    lora_targets
        For each part, a regular expression of the linear layers that LoRA adapts by default.
    twin
        Builds a tiny model of the family with random weights, with its processor, and saves them
        into a folder like a checkpoint; downloads nothing.
    pixels
        The least and most pixels that pictures are resized to unless a recipe says otherwise; 0 is
        the checkpoint's own bound. ``None`` where the family's resizing has no such bounds.
    chat
        How a prompt with an optional picture becomes inputs.
    end_of_turn
        The token that ends an answer, where it is not the tokenizer's ``eos_token``.
    target_types
        For the model's further per-token inputs (``token_type_ids``), what tokens of the answer
        have; 0 where nothing is said.
    sees_ahead
        Whether a token of a prompt sees what stands after it, pictures aside. Then no two prompts
        can share what is computed of a common beginning.
    box_tokens
        A regular expression of the control tokens that boxes are written with, if there are any:
        in an answer's boxes, and nowhere else, they are what they say.
    whole
        For each part, modules that a LoRA adapter trains and saves whole, because their weights
        belong to no linear layer.
    """

    name: str
    model_type: str
    model_class: str
    load_processor: Callable[[str], Any]
    boxes: Callable[[int, tuple[int, int]], BoxCodec]
    parts: dict[Part, str]
    lora_targets: dict[Part, str]
    twin: Callable[[Path], None]
    pixels: tuple[int, int] | None = None
    chat: Chat = chat_template
    end_of_turn: str | None = None
    target_types: dict[str, int] = dataclasses.field(default_factory=dict)
    sees_ahead: bool = False
    box_tokens: str = ""
    whole: dict[Part, tuple[str, ...]] = dataclasses.field(default_factory=dict)
