"""InternVL3 (the ``-hf`` checkpoints, whose class is in transformers).

Boxes: ``[x1, y1, x2, y2]``, relative, 0 to 1000 of the original image, whatever tiles it is cut
into (OpenGVLab/InternVL issues 227, 285, 844 and 1009; the chat data format of its documentation).
The family writes them as ``<ref>..</ref><box>[[x1, y1, x2, y2]]</box>``; in an answer, which is
JSON, the four numbers are written without tags. They are rounded, as in that documentation;
scripts that truncate differ by less than one part in a thousand.

Processor: the stock one needs a video processor, which needs torchvision; images need neither.
The number of image tokens depends on the image's shape, not on a recipe's settings.

Freezing: ``vision`` is the InternViT tower, ``projector`` the network after it, ``language`` the
language model with embeddings and head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import GotOcr2ImageProcessorPil, InternVLConfig, InternVLProcessor

from rmpl.backbones import processors, twins
from rmpl.backbones.family import Family, relative_boxes

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<img>",
    "</img>",
    "<IMG_CONTEXT>",
    "<video>",
    "<ref>",
    "</ref>",
    "<box>",
    "</box>",
)
NAMED = {
    "start_image_token": "<img>",
    "end_image_token": "</img>",
    "context_image_token": "<IMG_CONTEXT>",
    "video_token": "<video>",
}
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<IMG_CONTEXT>\n{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class ImageOnlyInternVLProcessor(InternVLProcessor):  # type: ignore[misc]
    """The stock processor without its video part; loads folders saved by the stock one."""

    # ProcessorMixin reads the names of these parameters and ignores all others.
    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        image_seq_length: int = 256,
        chat_template: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            image_processor,
            tokenizer,
            None,
            image_seq_length=image_seq_length,
            chat_template=chat_template,
            **kwargs,
        )


# Saved folders name the stock class, which other programs know.
ImageOnlyInternVLProcessor.__name__ = InternVLProcessor.__name__


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(ImageOnlyInternVLProcessor, source)


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    tokenizer = twins.tiny_tokenizer(SPECIAL, eos="<|im_end|>", pad="<|endoftext|>", named=NAMED)
    config = InternVLConfig(
        text_config=twins.text_config(tokenizer, model_type="qwen2"),
        vision_config=twins.vision_config(image_size=56, patch_size=14),
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
        tie_word_embeddings=False,
    )
    processor = ImageOnlyInternVLProcessor(
        GotOcr2ImageProcessorPil(size={"height": 56, "width": 56}, max_patches=4),
        tokenizer,
        image_seq_length=4,
        chat_template=CHAT_TEMPLATE,
    )
    twins.save_twin(folder, FAMILY.model_class, config, processor)


FAMILY = Family(
    name="internvl",
    model_type="internvl",
    model_class="InternVLForConditionalGeneration",
    load_processor=load_processor,
    boxes=relative_boxes("box"),
    parts={
        "language": r"model\.language_model\..*|lm_head.*",
        "projector": r"model\.multi_modal_projector\..*",
        "vision": r"model\.vision_tower\..*",
    },
    lora_targets={
        "language": r"model\.language_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj",
        "projector": r"model\.multi_modal_projector\.linear_[12]",
        "vision": r"model\.vision_tower\.encoder\.layer\.\d+"
        r"\.(attention\.([qkv]_proj|projection_layer)|mlp\.fc[12])",
    },
    twin=twin,
)
