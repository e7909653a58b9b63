"""A tiny model with random weights as a GGUF file, as llama.cpp's converter writes one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% endif %}"
)
HIDDEN, HEADS, MIDDLE = 32, 2, 64


def tokens() -> list[str]:
    """Three special tokens, the bytes, and one merge: two blanks."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    return ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *bytes_to_unicode().values(), "ĠĠ"]


def write_gguf(path: Path, *, architecture: str = "llama", template: str | None = TEMPLATE) -> None:
    import gguf

    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(1)
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(MIDDLE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    words = tokens()
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(words)
    writer.add_token_types([3] * 3 + [1] * (len(words) - 3))
    writer.add_token_merges(["Ġ Ġ"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_unk_token_id(0)
    if template is not None:
        writer.add_chat_template(template)
    draw = np.random.default_rng(0)

    def add(name: str, *shape: int) -> None:
        weights = draw.normal(0, 0.1, shape).astype(np.float32)
        packed = gguf.quants.quantize(weights, gguf.GGMLQuantizationType.Q8_0)
        is_matrix = len(shape) > 1
        kind = gguf.GGMLQuantizationType.Q8_0 if is_matrix else None
        writer.add_tensor(name, packed if is_matrix else weights, raw_dtype=kind)

    add("token_embd.weight", len(words), HIDDEN)
    for one in ("q", "k", "v", "output"):
        add(f"blk.0.attn_{one}.weight", HIDDEN, HIDDEN)
    for one in ("gate", "up"):
        add(f"blk.0.ffn_{one}.weight", MIDDLE, HIDDEN)
    add("blk.0.ffn_down.weight", HIDDEN, MIDDLE)
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        add(f"{name}.weight", HIDDEN)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
