"""Qwen2-VL.

Boxes: ``<|box_start|>(x1,y1),(x2,y2)<|box_end|>``, relative, 0 to 1000, whatever the image is
resized to (the ``process_bbox`` notebook of QwenLM/Qwen3-VL's qwen-vl-finetune). In an answer the
box is a JSON string.

Processor: the stock one needs a video processor, which needs torchvision; images need neither.

Freezing: ``vision`` is the tower with its patch embedding, ``projector`` its merger, ``language``
everything after it with embeddings and head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import Qwen2VLConfig, Qwen2VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rmpl.backbones import processors, twins
from rmpl.backbones.family import Family
from rmpl.tasks.boxes import CornerBoxes
from rmpl.tasks.schema import BoxCodec

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)

# Qwen's layout for one system message and one question with at most one image.
CHAT_TEMPLATE = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class ImageOnlyQwen2VLProcessor(processors.ImageOnly, Qwen2VLProcessor):  # type: ignore[misc]
    """The stock processor without its video part."""


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(ImageOnlyQwen2VLProcessor, source)


def boxes(step: int, pixels: tuple[int, int]) -> BoxCodec:  # noqa: ARG001 - relative boxes
    """Return the family's box convention on a grid of ``step``."""
    return CornerBoxes(step=step)


def tiny_tokenizer() -> Any:
    """Build a twin's tokenizer with Qwen's special tokens."""
    return twins.tiny_tokenizer(SPECIAL, eos="<|im_end|>", pad="<|endoftext|>")


def tiny_image_processor(patch: int) -> Any:
    """Build a twin's image processor: images of 12 to 48 patches."""
    return Qwen2VLImageProcessorPil(
        patch_size=patch,
        merge_size=2,
        temporal_patch_size=2,
        size={"shortest_edge": 12 * patch**2, "longest_edge": 48 * patch**2},
    )


def vision_tokens(tokenizer: Any) -> dict[str, int]:
    """Return the token numbers that Qwen's configurations name."""
    return {
        name: tokenizer.convert_tokens_to_ids(token)
        for name, token in (
            ("image_token_id", "<|image_pad|>"),
            ("video_token_id", "<|video_pad|>"),
            ("vision_start_token_id", "<|vision_start|>"),
            ("vision_end_token_id", "<|vision_end|>"),
        )
    }


def tiny_text_config(tokenizer: Any) -> dict[str, Any]:
    """Return a twin's language model: rotary positions in three sections."""
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2]}
    return twins.text_config(tokenizer, rope_parameters=rope)


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    tokenizer = tiny_tokenizer()
    config = Qwen2VLConfig(
        text_config=tiny_text_config(tokenizer),
        vision_config={
            "depth": twins.LAYERS,
            "embed_dim": twins.HIDDEN,
            "hidden_size": twins.HIDDEN,
            "num_heads": twins.HEADS,
            "mlp_ratio": 2,
            "patch_size": 14,
        },
        **vision_tokens(tokenizer),
    )
    processor = ImageOnlyQwen2VLProcessor(
        tiny_image_processor(14), tokenizer, chat_template=CHAT_TEMPLATE
    )
    twins.save_twin(folder, FAMILY.model_class, config, processor)


FAMILY = Family(
    name="qwen2-vl",
    model_type="qwen2_vl",
    model_class="Qwen2VLForConditionalGeneration",
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
        "vision": r"model\.visual\.blocks\.\d+\.(attn\.(qkv|proj)|mlp\.fc[12])",
    },
    twin=twin,
    pixels=(0, 0),
    box_tokens=r"<\|box_(?:start|end)\|>",
)
