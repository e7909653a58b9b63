"""PaliGemma and PaliGemma 2.

Boxes: ``<locYMIN><locXMIN><locYMAX><locXMAX>``, y before x, each one of 1024 bins (google-research/
big_vision, the README of its PaliGemma project). In an answer the box is a JSON string.

Layout: there is no chat. The image's tokens come first, then the start token, the text and a line
break; the answer follows. The model attends to all of that in both directions and to the answer
from left to right, as set by ``token_type_ids`` (0 and 1). The stock processor refuses a prompt
without an image; for those, the same layout without image tokens is built here.

Processor: the stock one works without torchvision.

Freezing: ``vision`` is the SigLIP tower, ``projector`` one linear layer, ``language`` the Gemma
model with embeddings and head.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import PIL.Image
from transformers import PaliGemmaConfig, PaliGemmaProcessor, SiglipImageProcessorPil

from rmpl.backbones import processors, twins
from rmpl.backbones.families import llava
from rmpl.backbones.family import Family
from rmpl.tasks.boxes import LocBoxes, no_grid
from rmpl.tasks.schema import BoxCodec

SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<image>")


def load_processor(source: str) -> Any:
    """Load the processor of a folder or hub id."""
    return processors.load(PaliGemmaProcessor, source, template=False)


def boxes(step: int, pixels: tuple[int, int]) -> BoxCodec:  # noqa: ARG001 - bins
    """Return the family's box convention."""
    no_grid(step, FAMILY.name)
    return LocBoxes()


def chat(processor: Any, image: PIL.Image.Image | None, text: str) -> Mapping[str, Any]:
    """Lay out ``<image>... <bos> text`` and a line break; all of it is prefix (type 0)."""
    if image is None:
        prefix = f"{processor.tokenizer.bos_token}{text}\n"
        inputs: Mapping[str, Any] = processor.tokenizer(
            prefix, add_special_tokens=False, return_token_type_ids=True, return_tensors="pt"
        )
        return inputs
    # The processor's own labels are dropped: they leave the answer out.
    built = processor(images=image, text=processor.image_token + text, return_tensors="pt")
    return {name: value for name, value in built.items() if name != "labels"}


def twin(folder: Path) -> None:
    """Save a tiny model of the family (PaliGemma 2) with random weights."""
    tokenizer = twins.tiny_tokenizer(
        SPECIAL, bos="<bos>", eos="<eos>", pad="<pad>", named={"image_token": "<image>"}
    )
    image_processor = SiglipImageProcessorPil(size={"height": 28, "width": 28})
    image_processor.image_seq_length = 4
    processor = PaliGemmaProcessor(image_processor, tokenizer)  # adds the location tokens
    config = PaliGemmaConfig(
        text_config=twins.text_config(tokenizer, model_type="gemma2"),
        vision_config=llava.tiny_vision_config("siglip_vision_model", vision_use_head=False),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vocab_size=len(tokenizer),
        projection_dim=twins.HIDDEN,
        hidden_size=twins.HIDDEN,
        pad_token_id=tokenizer.pad_token_id,
    )
    twins.save_twin(folder, FAMILY.model_class, config, processor)


FAMILY = Family(
    name="paligemma",
    model_type="paligemma",
    model_class="PaliGemmaForConditionalGeneration",
    load_processor=load_processor,
    boxes=boxes,
    parts=llava.PARTS,
    lora_targets={
        **llava.LORA_TARGETS,
        "projector": r"model\.multi_modal_projector\.linear",
    },
    twin=twin,
    chat=chat,
    target_types={"token_type_ids": 1},
    sees_ahead=True,
    box_tokens=r"<loc\d{4}>",
)
