"""Tiny models with random weights, from which every family's ``twin`` is built.

A twin has the classes, the files and the token names of its family at a toy size. Tests and dry
runs load it exactly like a checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HIDDEN = 32
HEADS = 2
LAYERS = 2
VOCABULARY = 300
TEXT = '[{"type":"Conflict:Attack","args":[{"role":"Target","box":[120,40,480,900]}]}] Police fired'


def tiny_tokenizer(
    special: Sequence[str],
    *,
    eos: str,
    pad: str,
    bos: str | None = None,
    named: dict[str, str] | None = None,
) -> Any:
    """Build a byte-level BPE tokenizer with exact round trip.

    Parameters
    ----------
    special
        The family's special tokens, in the order of their ids.
    eos, pad, bos
        Which of them end a turn, pad a batch and start a sequence.
    named
        Tokens that the family's processor reads as attributes of the tokenizer (``image_token``).
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT], trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=eos,
        pad_token=pad,
        bos_token=bos,
        extra_special_tokens=named or [],
        clean_up_tokenization_spaces=False,
    )


def text_config(tokenizer: Any, **more: Any) -> dict[str, Any]:
    """Return the configuration keys that all language models share, at a toy size."""
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "head_dim": HIDDEN // HEADS,
        "max_position_embeddings": 4096,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        **more,
    }


def vision_config(**more: Any) -> dict[str, Any]:
    """Return the configuration keys that all ViT towers share, at a toy size."""
    return {
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        **more,
    }


def save_twin(folder: Path, model_class: str, config: Any, processor: Any) -> None:
    """Build a model with random weights and save it with its processor like a checkpoint."""
    # The caller's random state is left unchanged.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = getattr(transformers, model_class)(config)
        for parameter in model.parameters():
            # Some matrices are initialised with zeros, which would let nothing through.
            if parameter.dim() > 1 and not parameter.any():
                torch.nn.init.normal_(parameter, std=0.02)
    tokenizer = processor.tokenizer
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
