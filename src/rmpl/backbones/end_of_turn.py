"""The token that ends an answer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from rmpl.backbones.family import Family

_log = logging.getLogger(__name__)
_ROWS = 4096
"""The number of embeddings that are sampled for their mean."""
_EMBEDDINGS = "embed_tokens.weight"
"""How the name of the input embeddings ends in the checkpoints of all families."""
_NEAR = 0.05
_SAME = 0.01
_reported: set[tuple[str, str]] = set()


def end_of_turn(model: Any, tokenizer: Any, family: Family) -> int:
    """Return the id of the token that ends an answer; generation stops at it.

    A token that the checkpoint was not trained with is reported, once.
    """
    end = int(tokenizer.eos_token_id)
    if family.end_of_turn is not None:
        end = tokenizer.get_vocab().get(family.end_of_turn, end)
    settings = model.generation_config
    known = settings.eos_token_id
    known = known if isinstance(known, list) else [known]
    if end not in known:
        settings.eos_token_id = [number for number in known if number is not None] + [end]
    _report_if_new(model, tokenizer, end)
    return end


def _report_if_new(model: Any, tokenizer: Any, end: int) -> None:
    others = [number for number in tokenizer.added_tokens_decoder if number != end]
    name = str(getattr(model, "name_or_path", ""))
    token = str(tokenizer.convert_ids_to_tokens(end))
    if (name, token) in _reported or not is_untrained(model, end, others):
        return
    _reported.add((name, token))
    _log.warning(
        "%s: the model was not trained with the token %s, which ends its answers: adapters leave "
        "its embedding as it is, so every answer's last token stays hard to predict",
        name,
        token,
    )


@torch.no_grad()
def is_untrained(model: Any, token: int, added: list[int]) -> bool:
    """Return whether a token's embedding is as it was when the token was added.

    It is then the mean of all embeddings (transformers' default), nothing but zeros, or the same as
    that of another one of the ``added`` tokens.
    """
    weight = model.get_input_embeddings().weight
    if weight.is_meta or weight.dim() != 2 or token >= len(weight):  # no weights, or sharded ones
        return False
    sample = weight[:: max(len(weight) // _ROWS, 1)].float()
    others = weight[[number for number in added if number < len(weight)]].float()
    return _is_as_added(weight[token].float(), sample, others)


@torch.no_grad()
def is_untrained_in_files(folder: Path, tokenizer: Any, token: int) -> bool:
    """Return the same of a token of a checkpoint whose weights are on disk, without loading them.

    Only the rows that are needed are read. ``False`` if there are no weights.
    """
    added = [number for number in tokenizer.added_tokens_decoder if number != token]
    for path in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(path, framework="pt") as file:
                names = [name for name in file.keys() if name.endswith(_EMBEDDINGS)]  # noqa: SIM118 - no mapping
                for name in names:
                    rows = file.get_slice(name)
                    count = rows.get_shape()[0]
                    if token >= count:
                        continue
                    step = max(count // _ROWS, 1)
                    sample = [rows[at : at + 1] for at in range(0, count, step)]
                    others = [rows[at : at + 1] for at in added if at < count]
                    return _is_as_added(
                        rows[token : token + 1][0].float(),
                        torch.cat(sample).float(),
                        torch.cat(others or [rows[0:0]]).float(),
                    )
        except SafetensorError:  # loading it reports what is wrong
            return False
    return False


def _is_as_added(row: torch.Tensor, sample: torch.Tensor, others: torch.Tensor) -> bool:
    """Compare a row, shape (size,), with those of a sample and of other added tokens."""
    mean = sample.mean(dim=0)
    usual = (sample - mean).norm(dim=1).mean()
    return bool(
        not row.any()
        or (row - mean).norm() < _NEAR * usual
        or ((others - row).norm(dim=1) < _SAME * usual).any()
    )
