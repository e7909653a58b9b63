"""Qwen3-VL.

Boxes: JSON ``"bbox_2d": [x1, y1, x2, y2]``, relative, 0 to 1000 (QwenLM/Qwen3-VL issues 1427, 1486
and 1987); resizing by the processor changes the tokens, not the boxes.

Processor: the stock one needs a video processor, which needs torchvision; images need neither.

Freezing: ``vision`` is the tower with its patch and position embeddings, ``projector`` the merger
and those of the deepstack features, ``language`` everything after them with embeddings and head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import Qwen3VLConfig, Qwen3VLProcessor

from rmpl.backbones import processors, twins
from rmpl.backbones.families import qwen2_vl
from rmpl.backbones.family import Family, relative_boxes


class ImageOnlyQwen3VLProcessor(processors.ImageOnly, Qwen3VLProcessor):  # type: ignore[misc]
    """The stock processor without its video part."""


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(ImageOnlyQwen3VLProcessor, source)


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    tokenizer = qwen2_vl.tiny_tokenizer()
    config = Qwen3VLConfig(
        text_config=qwen2_vl.tiny_text_config(tokenizer),
        vision_config={
            "depth": twins.LAYERS,
            "hidden_size": twins.HIDDEN,
            "intermediate_size": 2 * twins.HIDDEN,
            "out_hidden_size": twins.HIDDEN,
            "num_heads": twins.HEADS,
            "patch_size": 16,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0],
        },
        **qwen2_vl.vision_tokens(tokenizer),
    )
    processor = ImageOnlyQwen3VLProcessor(
        qwen2_vl.tiny_image_processor(16),
        tokenizer,
        # Qwen3-VL has no system message of its own.
        chat_template=qwen2_vl.CHAT_TEMPLATE.partition("<|im_end|>\n")[2],
    )
    twins.save_twin(folder, FAMILY.model_class, config, processor)


FAMILY = Family(
    name="qwen3-vl",
    model_type="qwen3_vl",
    model_class="Qwen3VLForConditionalGeneration",
    load_processor=load_processor,
    boxes=relative_boxes("bbox_2d"),
    parts={
        "language": r"model\.language_model\..*|lm_head.*",
        "projector": r"model\.visual\.(merger|deepstack_merger_list)\..*",
        "vision": r"model\.visual\.(?!merger|deepstack_merger_list).*",
    },
    lora_targets={
        "language": r"model\.language_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj",
        "projector": r"model\.visual\.(merger|deepstack_merger_list\.\d+)\.linear_fc[12]",
        "vision": r"model\.visual\.blocks\.\d+\.(attn\.(qkv|proj)|mlp\.linear_fc[12])",
    },
    twin=twin,
    pixels=(0, 0),
    factor=32,
)
