"""A GGUF file to a model's folder: weights as safetensors, the tokenizer, the configuration.

transformers reads the file and computes its quantised numbers; what GGUF does not hold, the split
of texts before the tokenizer's merges, is added here.
"""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import pre_tokenizers

from rmpl.errors import RmplError

# transformers' own bars; progress is reported in steps.
transformers.utils.logging.disable_progress_bar()

Progress = Callable[[str, int, int], None]
"""Called with (step, done, total)."""

_AGAIN = "get it again; if that does not help, take another checkpoint"


def _smollm() -> Any:
    """Split as SmolLM's own tokenizer: digits one by one, then as GPT-2.

    transformers' converter splits as GPT-2 only, which merges blanks before a digit differently.
    """
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
        ]
    )


PRE_TOKENIZERS: dict[str, Callable[[], Any]] = {"smollm": _smollm}
"""By the name that GGUF files have for them (``tokenizer.ggml.pre``)."""


def require_reader() -> None:
    """Check that GGUF files can be read, before anything is downloaded.

    Raises
    ------
    RmplError
        If the package is not installed.
    """
    if importlib.util.find_spec("gguf") is None:
        raise RmplError(
            "this model comes as GGUF, which takes the package gguf",
            remedy="pip install 'rmpl[train,gguf]'",
        )


def convert(
    file: Path,
    folder: Path,
    *,
    model_type: str,
    pre_tokenizer: str,
    end_of_turn: str,
    progress: Progress,
) -> None:
    """Convert a GGUF file.

    Weights are kept in bf16: half the size of fp32, and the rounding is far below that of the
    quantisation (docs/decisions.md).

    Parameters
    ----------
    file
        The GGUF file.
    folder
        An empty folder for the model.
    model_type
        The expected ``model_type``.
    pre_tokenizer
        A key of ``PRE_TOKENIZERS``.
    end_of_turn
        The token that must end an answer.
    progress
        Called at each of four steps.

    Raises
    ------
    RmplError
        If it is not a GGUF file, or one of another architecture, or its tokenizer lacks the chat
        template or the token.
    OSError, SafetensorError
        If it cannot be written.
    """
    progress("read the GGUF file", 0, 4)
    config = _read(transformers.AutoConfig, file)
    if config.model_type != model_type:
        raise RmplError(
            f"a model of the architecture {config.model_type}, not {model_type}",
            where=str(file),
            remedy=_AGAIN,
        )
    tokenizer = _read(transformers.AutoTokenizer, file)
    progress("compute its weights", 1, 4)
    read = _read(transformers.AutoModelForCausalLM, file, dtype=torch.float32)
    progress("check the tokenizer", 2, 4)
    _complete(tokenizer, read.config, PRE_TOKENIZERS[pre_tokenizer](), file, end_of_turn)
    progress("write safetensors", 3, 4)
    model = _fresh(read)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    progress("write safetensors", 4, 4)


def _read(kind: Any, file: Path, **options: Any) -> Any:
    try:
        return kind.from_pretrained(
            str(file.parent), gguf_file=file.name, trust_remote_code=False, **options
        )
    except OSError as error:
        if error.errno is not None:  # of the system, not of the library
            raise
        raise _unreadable(file, error) from error
    except (ValueError, KeyError, TypeError, IndexError, NotImplementedError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> RmplError:
    reason = (str(error).strip() or repr(error)).split("\n", maxsplit=1)[0]
    return RmplError(f"not a GGUF file that can be read ({reason})", where=str(file), remedy=_AGAIN)


def _fresh(read: Any) -> Any:
    """Return the model as its class makes it, in bf16, without traces of the quantisation."""
    config = copy.deepcopy(read.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    config.name_or_path = ""
    vars(config).pop("_model_name_or_path", None)  # the name in the file, no hub id
    model = type(read)(config)
    model.load_state_dict(read.state_dict())
    return model.to(torch.bfloat16)


def _complete(tokenizer: Any, config: Any, split: Any, file: Path, end_of_turn: str) -> None:
    """Add what GGUF does not hold to a tokenizer, and check the rest."""
    missing = [
        what
        for what, is_there in {
            "no chat template": bool(tokenizer.chat_template),
            f"another end of a turn than {end_of_turn}": tokenizer.eos_token == end_of_turn,
            "more tokens than embeddings": len(tokenizer) <= config.vocab_size,
        }.items()
        if not is_there
    ]
    if missing:
        raise RmplError(
            f"its tokenizer has {' and '.join(missing)}", where=str(file), remedy=_AGAIN
        )
    tokenizer.backend_tokenizer.pre_tokenizer = split
    tokenizer.model_max_length = config.max_position_embeddings
