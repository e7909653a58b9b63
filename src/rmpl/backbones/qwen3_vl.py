"""Qwen3-VL.

Boxes: JSON ``"bbox_2d": [x1, y1, x2, y2]``, relative, 0 to 1000 (QwenLM/Qwen3-VL issues 1427, 1486
and 1987); resizing by the processor changes the tokens, not the boxes.

Processor: the stock one wants a video processor, and that wants torchvision; pictures need neither.
"""

from __future__ import annotations

from typing import Any

from transformers import Qwen3VLProcessor

from rmpl.backbones.boxes import RelativeBoxes
from rmpl.backbones.family import Family
from rmpl.tasks.schema import BoxCodec


class ImageOnlyQwen3VLProcessor(Qwen3VLProcessor):  # type: ignore[misc]
    """The stock processor without its video half; reads folders that the stock one saved."""

    # ProcessorMixin reads the names of these parameters: **kwargs alone would lose the template.
    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(image_processor, tokenizer, None, chat_template=chat_template, **kwargs)


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return ImageOnlyQwen3VLProcessor.from_pretrained(source)


def boxes(step: int) -> BoxCodec:
    """Return the family's box convention on a grid of ``step``."""
    return RelativeBoxes(key="bbox_2d", scale=1000, step=step)


FAMILY = Family(
    name="qwen3-vl",
    model_type="qwen3_vl",
    model_class="Qwen3VLForConditionalGeneration",
    load_processor=load_processor,
    boxes=boxes,
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
)
