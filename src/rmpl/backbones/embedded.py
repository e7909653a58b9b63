"""The embedded model: a real Qwen3-VL-class model, small enough to train on two CPU cores.

It is built from a config like any checkpoint of its class and loaded by the same code. Its base
weights, tokenizer and processor are package data, made by ``rmpl pretrain`` on generic skills
(copying, naming, locating, describing, matching); it has not seen event types or roles.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3VLConfig, Qwen3VLForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rmpl.backbones.families.qwen3_vl import ImageOnlyQwen3VLProcessor
from rmpl.backbones.private_api import set_attention_kernels

NAME = "embedded"
"""The embedded model's name in recipes and commands."""

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
VISION = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
PATCH = 8
MERGE = 2
GRID = 14  # learnt positions per side; other grids are interpolated from them

# The shortest layout that separates the turns: every token costs time on a CPU.
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>{% endif %}"
)


def folder() -> Path:
    """Return the folder of the packaged base model."""
    return Path(str(resources.files("rmpl.backbones") / "embedded_base"))


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """Train a byte-level BPE tokenizer with exact round trip.

    Runs of punctuation may merge (they are the JSON of the answers), and numbers up to 1000 are one
    token each, so a box has four number tokens.
    """
    tokenizer = Tokenizer(models.BPE())
    pattern = Regex(r" ?\p{L}+|\p{N}{1,4}|[^\p{L}\p{N}\s]+|\s+(?!\S)|\s+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(pattern, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[*SPECIAL, *VISION],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=SPECIAL[2],
        pad_token=SPECIAL[0],
        extra_special_tokens=[AddedToken(token, special=True) for token in (*VISION, SPECIAL[1])],
        clean_up_tokenization_spaces=False,
    )


def build_processor(tokenizer: Any, *, min_pixels: int, max_pixels: int) -> Any:
    """Build the processor: Qwen's, with the embedded model's patch size and chat layout."""
    image_processor = Qwen2VLImageProcessorPil(
        patch_size=PATCH,
        merge_size=MERGE,
        temporal_patch_size=1,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
        size={"shortest_edge": min_pixels, "longest_edge": max_pixels},
    )
    return ImageOnlyQwen3VLProcessor(image_processor, tokenizer, chat_template=CHAT_TEMPLATE)


def build_model(
    tokenizer: Any,
    *,
    seed: int,
    hidden: int = 192,
    layers: int = 5,
    vision: tuple[int, int] = (96, 2),
) -> Any:
    """Build the model with random weights.

    ``vision`` is the width and depth of the vision tower. The position embedding of the vision
    tower is initialised with sines and cosines, with which it learns to locate much sooner than
    with noise.
    """
    token = tokenizer.convert_tokens_to_ids
    width, depth = vision
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": hidden,
            "intermediate_size": hidden * 3,
            "num_hidden_layers": layers,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "head_dim": hidden // 4,
            "max_position_embeddings": 4096,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [hidden // 8 - 2 * (hidden // 24), hidden // 24, hidden // 24],
            },
            "tie_word_embeddings": True,
            "pad_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        },
        vision_config={
            "hidden_size": width,
            "intermediate_size": width * 3,
            "depth": depth,
            "num_heads": 4,
            "patch_size": PATCH,
            "spatial_merge_size": MERGE,
            "temporal_patch_size": 1,
            "out_hidden_size": hidden,
            "num_position_embeddings": GRID**2,
            "deepstack_visual_indexes": [0],
        },
        tie_word_embeddings=True,
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
    )
    set_attention_kernels(config, "eager")
    torch.manual_seed(seed)
    model = Qwen3VLForConditionalGeneration(config)
    with torch.no_grad():
        model.model.visual.pos_embed.weight.copy_(_sine_cosine(GRID, width))
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    return model


def _sine_cosine(side: int, width: int) -> torch.Tensor:
    """Return 2-D sine and cosine positions, shape (side * side, width), row by row."""
    quarter = width // 4
    frequencies = torch.exp(torch.arange(quarter) * (-4.0 / quarter)) * torch.pi
    along = (torch.arange(side) + 0.5)[:, None] / side * frequencies[None] * 4
    one = torch.cat([along.sin(), along.cos()], dim=1)
    rows = one[:, None].expand(side, side, -1)
    columns = one[None].expand(side, side, -1)
    return 0.5 * torch.cat([rows, columns], dim=-1).reshape(side * side, width)
