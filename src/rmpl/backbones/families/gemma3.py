"""Gemma 3 (the sizes with a vision tower).

Boxes: none documented; ours are ``[x1, y1, x2, y2]``, relative, 0 to 1000 of the original image,
learnt in fine-tuning.

Layout: the checkpoint's chat template; a turn ends with ``<end_of_turn>``. The tokens of an image
attend to each other in both directions, as set by ``token_type_ids`` (1 for images, 0 for text).

Processor: the stock one works without torchvision. Pan-and-scan stays off, its default: an image
always has the same number of tokens.

Freezing: ``vision`` is the SigLIP tower, ``projector`` a norm and a matrix that belongs to no
linear layer, ``language`` the language model with embeddings and head. LoRA has nothing to adapt in
the projector, so a trained projector is trained and saved whole, beside the adapter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import Gemma3Config, Gemma3ImageProcessorPil, Gemma3Processor

from rmpl.backbones import processors, twins
from rmpl.backbones.families import llava
from rmpl.backbones.family import Family, relative_boxes

END = "<end_of_turn>"
SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", END)
NAMED = {
    "boi_token": "<start_of_image>",
    "eoi_token": "<end_of_image>",
    "image_token": "<image_soft_token>",
}
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ message['role'] }}\n"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<start_of_image>{% else %}{{ part['text'] | trim }}{% endif %}"
    "{% endfor %}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(Gemma3Processor, source)


def twin(folder: Path) -> None:
    """Save a tiny model of the family with random weights."""
    tokenizer = twins.tiny_tokenizer(
        (*SPECIAL, *NAMED.values()), bos="<bos>", eos="<eos>", pad="<pad>", named=NAMED
    )
    token = tokenizer.convert_tokens_to_ids
    config = Gemma3Config(
        text_config=twins.text_config(
            tokenizer, layer_types=["sliding_attention", "full_attention"], sliding_window=64
        ),
        vision_config=twins.vision_config(image_size=56, patch_size=14, vision_use_head=False),
        mm_tokens_per_image=4,
        boi_token_index=token(NAMED["boi_token"]),
        eoi_token_index=token(NAMED["eoi_token"]),
        image_token_index=token(NAMED["image_token"]),
    )
    processor = Gemma3Processor(
        Gemma3ImageProcessorPil(size={"height": 56, "width": 56}),
        tokenizer,
        chat_template=CHAT_TEMPLATE,
        image_seq_length=4,
    )
    twins.save_twin(folder, FAMILY.model_class, config, processor)


FAMILY = Family(
    name="gemma3",
    model_type="gemma3",
    model_class="Gemma3ForConditionalGeneration",
    load_processor=load_processor,
    boxes=relative_boxes("bbox"),
    parts=llava.PARTS,
    lora_targets={
        "language": llava.LORA_TARGETS["language"],
        "vision": llava.LORA_TARGETS["vision"],
    },
    twin=twin,
    end_of_turn=END,
    whole={"projector": ("multi_modal_projector",)},
)
