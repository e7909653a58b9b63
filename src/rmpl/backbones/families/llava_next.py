"""LLaVA-NeXT (LLaVA-1.6).

Boxes: none documented; its training mixture includes LLaVA-1.5's, so the same convention is used:
``[0.61, 0.36, 0.92, 0.83]``, fractions of the image padded to a square (haotian-liu/LLaVA issue
606). The image itself is not padded: the processor passes it on whole and in tiles.

Processor: the stock one works without torchvision. The number of image tokens depends on the
image's shape, not on a recipe's settings.

Freezing: as LLaVA-1.5, its tower's idle last layer included; the learnt line break between rows of
tiles belongs to ``projector``, which LoRA leaves as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import LlavaNextConfig, LlavaNextImageProcessorPil, LlavaNextProcessor

from rmpl.backbones import processors, twins
from rmpl.backbones.families import llava
from rmpl.backbones.family import Family
from rmpl.tasks.boxes import UnitBoxes, no_grid
from rmpl.tasks.schema import BoxCodec

TINY_TILES = [[28, 56], [56, 28], [56, 56], [28, 84], [84, 28]]
"""The (height, width) in pixels that a twin crops images to."""


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(LlavaNextProcessor, source)


def boxes(step: int, pixels: tuple[int, int]) -> BoxCodec:  # noqa: ARG001 - fractions
    """Return the family's box convention."""
    no_grid(step, FAMILY.name)
    return UnitBoxes()


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    tokenizer = llava.tiny_tokenizer()
    config = LlavaNextConfig(
        text_config=twins.text_config(tokenizer, model_type="llama"),
        vision_config=llava.tiny_vision_config(),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_grid_pinpoints=TINY_TILES,
        image_seq_length=4,
    )
    processor = LlavaNextProcessor(
        LlavaNextImageProcessorPil(
            size={"shortest_edge": 28},
            crop_size={"height": 28, "width": 28},
            image_grid_pinpoints=TINY_TILES,
        ),
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        chat_template=llava.CHAT_TEMPLATE,
        num_additional_image_tokens=1,
    )
    twins.save_twin(folder, FAMILY.model_class, config, processor)


FAMILY = Family(
    name="llava-next",
    model_type="llava_next",
    model_class="LlavaNextForConditionalGeneration",
    load_processor=load_processor,
    boxes=boxes,
    parts=llava.PARTS,
    lora_targets=llava.LORA_TARGETS,
    twin=twin,
)
