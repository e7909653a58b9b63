"""Language models without images: Llama (also SmolLM2), Qwen2, Qwen3, Gemma 3 (text), SmolLM3.

One file for all of them, because transformers names their parts alike.

Boxes: none are read or written; the convention only fills its place in a task's context.

Processor: a bare tokenizer. Chat templates get the prompt as a string, which all of them take.

Freezing: the whole model is ``language``.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import PIL.Image
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from rmpl.backbones import processors, twins
from rmpl.backbones.family import Family, relative_boxes
from rmpl.backbones.prompts.layouts import flat_text_template

CHATML_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
GEMMA_TOKENS = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ message['role'] }}\n"
    "{{ message['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


def chat(processor: Any, image: PIL.Image.Image | None, text: str) -> Mapping[str, Any]:
    """Lay a prompt out by the chat template.

    Raises
    ------
    ValueError
        If there is an image.
    """
    if image is not None:
        raise ValueError("this model reads no images")
    inputs: Mapping[str, Any] = processor.tokenizer.apply_chat_template(
        [{"role": "user", "content": text}],
        chat_template=flat_text_template(processor),
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    return inputs


def twin(folder: Path, *, model_type: str) -> None:
    """Save a tiny model of a family with random weights."""
    is_gemma = model_type.startswith("gemma")
    if is_gemma:
        tokenizer = twins.tiny_tokenizer(GEMMA_TOKENS, bos="<bos>", eos="<eos>", pad="<pad>")
    else:
        tokenizer = twins.tiny_tokenizer(CHATML_TOKENS, eos=CHATML_TOKENS[2], pad=CHATML_TOKENS[0])
    tokenizer.chat_template = GEMMA if is_gemma else CHATML
    config = CONFIG_MAPPING[model_type](**twins.text_config(tokenizer, tie_word_embeddings=True))
    processor = processors.TextProcessor(tokenizer)
    twins.save_twin(folder, FAMILIES[model_type].model_class, config, processor)


def _family(name: str, model_type: str, model_class: str, end_of_turn: str | None = None) -> Family:
    return Family(
        name=name,
        model_type=model_type,
        model_class=model_class,
        load_processor=processors.load_text,
        boxes=relative_boxes("bbox"),
        parts={"language": r"model\..*|lm_head.*"},
        lora_targets={"language": r"model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj"},
        twin=functools.partial(twin, model_type=model_type),
        chat=chat,
        end_of_turn=end_of_turn,
        reads_images=False,
    )


FAMILIES = {
    "gemma3_text": _family("gemma3-text", "gemma3_text", "Gemma3ForCausalLM", "<end_of_turn>"),
    "llama": _family("llama", "llama", "LlamaForCausalLM"),
    "qwen2": _family("qwen2", "qwen2", "Qwen2ForCausalLM"),
    "qwen3": _family("qwen3", "qwen3", "Qwen3ForCausalLM"),
    "smollm3": _family("smollm3", "smollm3", "SmolLM3ForCausalLM"),
}
"""By ``model_type``."""
