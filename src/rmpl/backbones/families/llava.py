"""LLaVA-1.5.

Boxes: ``[0.61, 0.36, 0.92, 0.83]``, fractions of the image padded to a square in whose middle it
lies (haotian-liu/LLaVA issue 606).

Processor: the stock one works without torchvision, but crops an image to its middle square,
which contradicts the paper and the boxes. Images are therefore padded to squares here, with the
mean colour, before the processor gets them, so that nothing is cropped.

Freezing: ``vision`` is the CLIP tower, ``projector`` the two-layer network after it, ``language``
the language model with embeddings and head. The model takes the tower's features before its last
layer (``vision_feature_layer``), so parameters of the last layer never get a gradient and training
in several processes needs ``ddp_find_unused_parameters``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import PIL.Image
from transformers import CLIPImageProcessorPil, LlavaConfig, LlavaProcessor
from transformers.image_utils import OPENAI_CLIP_MEAN

from rmpl.backbones import processors, twins
from rmpl.backbones.family import Family, Part, chat_template
from rmpl.tasks.boxes import UnitBoxes, no_grid
from rmpl.tasks.schema import BoxCodec

LONGEST = 2048
"""Maximum side in pixels before padding: the square around a very long and narrow image would not
fit into memory. The tower's input is 336 x 336 pixels."""

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ message['role'].upper() }}: "
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }} {% endif %}"
    "{% endfor %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
SPECIAL = ("<unk>", "<s>", "</s>", "<image>", "<pad>")

# transformers names these parts alike in all LLaVA generations.
PARTS: dict[Part, str] = {
    "language": r"model\.language_model\..*|lm_head.*",
    "projector": r"model\.(multi_modal_projector\..*|image_newline.*)",
    "vision": r"model\.vision_tower\..*",
}
LORA_TARGETS: dict[Part, str] = {
    "language": r"model\.language_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj",
    "projector": r"model\.multi_modal_projector\.linear_[12]",
    "vision": r"model\.vision_tower\.(vision_model\.)?encoder\.layers\.\d+"
    r"\.(self_attn\.\w+_proj|mlp\.fc[12])",
}


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(LlavaProcessor, source)


def boxes(step: int, pixels: tuple[int, int]) -> BoxCodec:  # noqa: ARG001 - fractions
    """Return the family's box convention."""
    no_grid(step, FAMILY.name)
    return UnitBoxes()


def pad_to_square(image: PIL.Image.Image, colour: tuple[int, int, int]) -> PIL.Image.Image:
    """Return the image centred in a square of its longer side, at most ``LONGEST`` pixels."""
    if max(image.size) > LONGEST:
        image = image.copy()
        image.thumbnail((LONGEST, LONGEST))
    side = max(image.size)
    square = PIL.Image.new("RGB", (side, side), colour)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def prepare(image: PIL.Image.Image, image_processor: Any) -> PIL.Image.Image:
    """Return the image padded to a square with the checkpoint's mean colour, by default CLIP's."""
    means = OPENAI_CLIP_MEAN if image_processor is None else image_processor.image_mean
    red, green, blue = (int(255 * mean) for mean in means)
    return pad_to_square(image, (red, green, blue))


def chat(processor: Any, image: PIL.Image.Image | None, text: str) -> Mapping[str, Any]:
    """Lay a prompt out by the chat template, with its image padded to a square."""
    if image is not None:
        image = prepare(image, processor.image_processor)
    return chat_template(processor, image, text)


def tiny_tokenizer() -> Any:
    """Build a twin's tokenizer with LLaVA's special tokens."""
    return twins.tiny_tokenizer(SPECIAL, bos="<s>", eos="</s>", pad="<pad>")


def tiny_vision_config(model_type: str = "clip_vision_model", **more: Any) -> dict[str, Any]:
    """Return a twin's vision tower: 28 x 28 pixels in four patches."""
    return twins.vision_config(model_type=model_type, image_size=28, patch_size=14, **more)


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    tokenizer = tiny_tokenizer()
    config = LlavaConfig(
        text_config=twins.text_config(tokenizer, model_type="llama"),
        vision_config=tiny_vision_config(),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=4,
    )
    processor = LlavaProcessor(
        CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        chat_template=CHAT_TEMPLATE,
        num_additional_image_tokens=1,
    )
    twins.save_twin(folder, FAMILY.model_class, config, processor)


FAMILY = Family(
    name="llava",
    model_type="llava",
    model_class="LlavaForConditionalGeneration",
    load_processor=load_processor,
    boxes=boxes,
    parts=PARTS,
    lora_targets=LORA_TARGETS,
    twin=twin,
    prepare=prepare,
    chat=chat,
)
