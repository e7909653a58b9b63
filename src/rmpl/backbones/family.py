"""What rmpl needs to know about a model family; adding one means filling this in, in one file."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import PIL.Image

from rmpl.backbones.prompts.layouts import flat_template
from rmpl.errors import RmplError
from rmpl.records import Image
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.schema import BoxCodec

Part = Literal["language", "projector", "vision"]
Chat = Callable[[Any, PIL.Image.Image | None, str], Mapping[str, Any]]
"""Takes a processor, an upright RGB image or ``None``, and the prompt's text; returns the model's
inputs as tensors of a batch of one, up to where the answer starts."""
Prepare = Callable[[PIL.Image.Image, Any], PIL.Image.Image]
"""Takes an upright RGB image and an image processor, or ``None`` where it is not at hand."""


def chat_template(processor: Any, image: PIL.Image.Image | None, text: str) -> Mapping[str, Any]:
    """Lay a prompt out by the checkpoint's own chat template: the image first, then the text."""
    content: list[dict[str, Any]] = []
    if image is not None:
        content.append({"type": "image", "image": image})
    content.append({"type": "text", "text": text})
    inputs: Mapping[str, Any] = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        chat_template=flat_template(processor, shows_image=image is not None),
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    return inputs


def relative_boxes(key: str) -> Callable[[int, tuple[int, int]], BoxCodec]:
    """Return what makes a family's boxes of 0 to 1000 of the image, whatever it is resized to.

    ``key`` is the name that an answer has them under.
    """
    return functools.partial(_relative_boxes, key=key)


def _relative_boxes(step: int, pixels: tuple[int, int], *, key: str) -> BoxCodec:  # noqa: ARG001
    return RelativeBoxes(key=key, scale=1000, step=step)


@dataclasses.dataclass(frozen=True)
class Family:
    """A family of vision-language models, or of language models that read no images.

    Parameters
    ----------
    name
        The family's name in recipes and messages.
    model_type
        ``model_type`` in the config.json of its checkpoints, and the name of its file here, unless
        it shares one.
    model_class
        The transformers class with a language-modelling head.
    load_processor
        Takes a folder or hub id and returns a processor with a ``tokenizer`` and, if the family
        reads images, an ``image_processor``; works with and without torchvision.
    boxes
        Takes the grid step (``box_step`` of a recipe) and the minimum and maximum number of pixels
        of a resized image, and returns the family's box convention.
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
        The minimum and maximum number of pixels of a resized image, unless a recipe sets them; 0 is
        the checkpoint's own bound. ``None`` where the family's resizing has no such bounds.
    factor
        Where there are such bounds, the number that divides the sides of a resized image in the
        published checkpoints.
    prepare
        What an image undergoes before the processor gets it, if anything: ``chat`` does it, and so
        does whoever sends the image to a server with the stock processor.
    chat
        Turns a prompt with an optional image into model inputs.
    end_of_turn
        The token that ends an answer, where it is not the tokenizer's ``eos_token``.
    target_types
        The values of the model's further per-token inputs (``token_type_ids``) at tokens of the
        answer; 0 by default.
    sees_ahead
        Whether tokens of a prompt attend to later ones, apart from those of images. Then prompts
        cannot share the KV cache of a common prefix.
    box_tokens
        A regular expression of the control tokens that boxes are written with, if any. They count
        as control tokens in an answer's boxes and nowhere else.
    whole
        For each part, modules that a LoRA adapter trains and saves whole, because their weights
        belong to no linear layer.
    reads_images
        Whether prompts may have an image. If not, whatever needs an image is not run, which is
        never the same as a score of 0.
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
    factor: int = 28
    prepare: Prepare | None = None
    chat: Chat = chat_template
    end_of_turn: str | None = None
    target_types: dict[str, int] = dataclasses.field(default_factory=dict)
    sees_ahead: bool = False
    box_tokens: str = ""
    whole: dict[Part, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    reads_images: bool = True

    def check_reads(self, image: Image | PIL.Image.Image | None) -> None:
        """Check that its models can be asked about this image, or without one.

        Raises
        ------
        RmplError
            If there is an image and they read none.
        """
        if image is not None and not self.reads_images:
            raise RmplError(
                f"{self.name} models read no images",
                where=image.path if isinstance(image, Image) else None,
                remedy="use a vision-language model",
            )
