"""LLaVA-OneVision.

Boxes: none documented; ours are ``[x1, y1, x2, y2]``, relative, 0 to 1000 of the original image,
learnt in fine-tuning.

Processor: the stock one needs a video processor, which needs torchvision; images need neither.
The number of image tokens depends on the image's shape, not on a recipe's settings.

Freezing: as LLaVA-1.5; the learnt line break between rows of tiles belongs to ``projector``, which
LoRA leaves as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import (
    LlavaOnevisionConfig,
    LlavaOnevisionImageProcessorPil,
    LlavaOnevisionProcessor,
)

from rmpl.backbones import processors, twins
from rmpl.backbones.families import llava
from rmpl.backbones.families.llava_next import TINY_TILES
from rmpl.backbones.family import Family, relative_boxes

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>", "<video>")
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }} "
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}\n{{ part['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class ImageOnlyLlavaOnevisionProcessor(LlavaOnevisionProcessor):  # type: ignore[misc]
    """The stock processor without its video part; loads folders saved by the stock one."""

    # ProcessorMixin reads the names of these parameters and ignores all others.
    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        num_image_tokens: int | None = None,
        vision_feature_select_strategy: str | None = None,
        chat_template: str | None = None,
        image_token: str = "<image>",  # noqa: S107 - no password
        video_token: str = "<video>",  # noqa: S107 - no password
        vision_aspect_ratio: str = "anyres_max_9",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            image_processor,
            tokenizer,
            None,
            num_image_tokens=num_image_tokens,
            vision_feature_select_strategy=vision_feature_select_strategy,
            chat_template=chat_template,
            image_token=image_token,
            video_token=video_token,
            vision_aspect_ratio=vision_aspect_ratio,
            **kwargs,
        )


# Saved folders name the stock class, which other programs know.
ImageOnlyLlavaOnevisionProcessor.__name__ = LlavaOnevisionProcessor.__name__


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(ImageOnlyLlavaOnevisionProcessor, source)


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    tokenizer = twins.tiny_tokenizer(SPECIAL, eos="<|im_end|>", pad="<|endoftext|>")
    config = LlavaOnevisionConfig(
        text_config=twins.text_config(tokenizer, model_type="qwen2"),
        vision_config=llava.tiny_vision_config("siglip_vision_model", vision_use_head=False),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_index=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=TINY_TILES,
    )
    processor = ImageOnlyLlavaOnevisionProcessor(
        LlavaOnevisionImageProcessorPil(
            size={"height": 28, "width": 28}, image_grid_pinpoints=TINY_TILES
        ),
        tokenizer,
        num_image_tokens=4,
        vision_feature_select_strategy="full",
        chat_template=CHAT_TEMPLATE,
    )
    twins.save_twin(folder, FAMILY.model_class, config, processor)


FAMILY = Family(
    name="llava-onevision",
    model_type="llava_onevision",
    model_class="LlavaOnevisionForConditionalGeneration",
    load_processor=load_processor,
    boxes=relative_boxes("bbox"),
    parts=llava.PARTS,
    lora_targets=llava.LORA_TARGETS,
    twin=twin,
)
