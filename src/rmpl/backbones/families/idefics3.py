"""Idefics3. SmolVLM, whose architecture is the same, has its own ``model_type`` in ``smolvlm.py``.

Boxes: none documented; ours are ``[x1, y1, x2, y2]``, relative, 0 to 1000 of the original image,
learnt in fine-tuning.

Processor: the stock one works without torchvision. The number of image tokens depends on the
image's shape, not on a recipe's settings. A turn ends with ``<end_of_utterance>``.

Freezing: ``vision`` is the SigLIP tower, ``projector`` the connector (pixel shuffle and one linear
layer), ``language`` the language model with embeddings and head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import Idefics3Config, Idefics3ImageProcessorPil, Idefics3Processor

from rmpl.backbones import processors, twins
from rmpl.backbones.family import Family, relative_boxes

END = "<end_of_utterance>"
SPECIAL = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|pad|>",
    "<fake_token_around_image>",
    "<image>",
    END,
    "<global-img>",
    *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)),
)
CHAT_TEMPLATE = (
    "<|begin_of_text|>{% for message in messages %}{{ message['role'] | capitalize }}:"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(Idefics3Processor, source)


def save_twin(folder: Path, config_class: Any, model_class: str) -> None:
    """Save a tiny model of a class with this architecture."""
    tokenizer = twins.tiny_tokenizer(
        SPECIAL, bos="<|begin_of_text|>", eos="<|end_of_text|>", pad="<|pad|>"
    )
    config = config_class(
        text_config=twins.text_config(tokenizer, model_type="llama"),
        vision_config=twins.vision_config(image_size=56, patch_size=14),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
    )
    image_processor = Idefics3ImageProcessorPil(
        size={"longest_edge": 112}, max_image_size={"longest_edge": 56}
    )
    processor = Idefics3Processor(
        image_processor, tokenizer, image_seq_len=4, chat_template=CHAT_TEMPLATE
    )
    twins.save_twin(folder, model_class, config, processor)


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    save_twin(folder, Idefics3Config, FAMILY.model_class)


FAMILY = Family(
    name="idefics3",
    model_type="idefics3",
    model_class="Idefics3ForConditionalGeneration",
    load_processor=load_processor,
    boxes=relative_boxes("bbox"),
    parts={
        "language": r"model\.text_model\..*|lm_head.*",
        "projector": r"model\.connector\..*",
        "vision": r"model\.vision_model\..*",
    },
    lora_targets={
        "language": r"model\.text_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj",
        "projector": r"model\.connector\.modality_projection\.proj",
        "vision": r"model\.vision_model\.encoder\.layers\.\d+"
        r"\.(self_attn\.(\w+_proj)|mlp\.fc[12])",
    },
    twin=twin,
    end_of_turn=END,
)
