"""Qwen2.5-VL.

Boxes: JSON ``"bbox_2d": [x1, y1, x2, y2]`` in absolute pixels of the image as it is resized to
multiples of 28 (the ``process_bbox`` notebook of QwenLM/Qwen3-VL's qwen-vl-finetune; issues 721 and
1161 there). The numbers of a box depend on ``min_pixels`` and ``max_pixels``, so they
are never taken from a checkpoint's files: the recipe's bounds, else the published checkpoints'
3,136 and 12,845,056, are set, saved, and used again at inference.

Processor: the stock one needs a video processor, which needs torchvision; images need neither.

Freezing: ``vision`` is the tower with its patch embedding, ``projector`` its merger, ``language``
everything after it with embeddings and head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import Qwen2_5_VLConfig, Qwen2_5_VLProcessor

from rmpl.backbones import processors, twins
from rmpl.backbones.families import qwen2_vl
from rmpl.backbones.family import Family
from rmpl.tasks.boxes import AbsoluteBoxes, no_grid
from rmpl.tasks.schema import BoxCodec

PIXELS = (56 * 56, 16384 * 28 * 28)


class ImageOnlyQwen25VLProcessor(processors.ImageOnly, Qwen2_5_VLProcessor):  # type: ignore[misc]
    """The stock processor without its video part."""


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(ImageOnlyQwen25VLProcessor, source)


def boxes(step: int, pixels: tuple[int, int]) -> BoxCodec:
    """Return the family's box convention for images resized within ``pixels``."""
    no_grid(step, FAMILY.name)
    return AbsoluteBoxes(min_pixels=pixels[0], max_pixels=pixels[1])


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    tokenizer = qwen2_vl.tiny_tokenizer()
    config = Qwen2_5_VLConfig(
        text_config=qwen2_vl.tiny_text_config(tokenizer),
        vision_config={
            "depth": twins.LAYERS,
            "hidden_size": twins.HIDDEN,
            "intermediate_size": 2 * twins.HIDDEN,
            "out_hidden_size": twins.HIDDEN,
            "num_heads": twins.HEADS,
            "patch_size": 14,
            "window_size": 56,
            "fullatt_block_indexes": [1],
        },
        **qwen2_vl.vision_tokens(tokenizer),
    )
    processor = ImageOnlyQwen25VLProcessor(
        qwen2_vl.tiny_image_processor(14), tokenizer, chat_template=qwen2_vl.CHAT_TEMPLATE
    )
    twins.save_twin(folder, FAMILY.model_class, config, processor)


FAMILY = Family(
    name="qwen2.5-vl",
    model_type="qwen2_5_vl",
    model_class="Qwen2_5_VLForConditionalGeneration",
    load_processor=load_processor,
    boxes=boxes,
    parts={
        "language": r"model\.language_model\..*|lm_head.*",
        "projector": r"model\.visual\.merger\..*",
        "vision": r"model\.visual\.(?!merger).*",
    },
    lora_targets={
        "language": r"model\.language_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj",
        "projector": r"model\.visual\.merger\.mlp\.[02]",
        "vision": r"model\.visual\.blocks\.\d+\.(attn\.(qkv|proj)|mlp\.\w+_proj)",
    },
    twin=twin,
    pixels=PIXELS,
)
