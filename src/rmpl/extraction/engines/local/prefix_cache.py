"""Prompts that begin alike are computed together up to where they differ.

A task's prompts share its instruction and schema; prompts about one picture share the picture. The
common beginning is found among the tokens of whole prompts, so nothing is tokenised in parts.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence

import torch

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.extraction.engines.local.decoding import Batch, Decoder

LEAST = 16
"""Fewer tokens in common are not worth a pass of their own."""
KEPT = 4
"""So many beginnings of texts are kept; a task has one."""


def common_beginning(prompts: Sequence[list[int]]) -> int:
    """Return how many first tokens all prompts share; each keeps one of its own at least."""
    if not prompts:
        return 0
    # What the first and the last in order share, all between them share.
    first, last = min(prompts), max(prompts)
    most = min(len(prompt) for prompt in prompts) - 1
    for length in range(most):
        if first[length] != last[length]:
            return length
    return most


class Beginnings:
    """Computes batches of prompts, common beginnings once.

    Parameters
    ----------
    backbone
        The model.
    is_on
        Whether to share anything.
    """

    def __init__(self, backbone: Backbone, *, is_on: bool = True) -> None:
        self._backbone = backbone
        self._is_on = is_on and not backbone.family.sees_ahead
        self._kept: collections.OrderedDict[tuple[int, ...], Batch] = collections.OrderedDict()
        config = backbone.model.config.get_text_config()
        self._window = getattr(config, "sliding_window", None)
        tokens = backbone.placeholders
        self._pictures = set(backbone.tokenizer.convert_tokens_to_ids(sorted(tokens)))

    def start(
        self, decoder: Decoder, prompts: list[Encoded], pictures: list[str | None], common: int
    ) -> tuple[torch.Tensor, Batch]:
        """Compute prompts; return scores of the next tokens, (rows, width), and what is kept.

        ``pictures`` names each prompt's picture. Texts have their first ``common`` tokens in
        common, maybe with others of the same call.
        """
        groups: dict[str | None, list[int]] = collections.defaultdict(list)
        for row, name in enumerate(pictures):
            groups[name].append(row)
        shared = {
            name: common
            if name is None
            else common_beginning([prompts[row].input_ids for row in rows])
            for name, rows in groups.items()
        }
        if not self._pays(prompts, groups, shared) or self._reaches(prompts, shared, decoder):
            return decoder.first(self._backbone.collate(prompts, pad_left=True))
        begins = [_cut(prompts[rows[0]], 0, shared[name]) for name, rows in groups.items()]
        order = list(groups)
        rests = [
            _cut(prompt, shared[name], None) for prompt, name in zip(prompts, pictures, strict=True)
        ]
        batch = self._beginning(decoder, begins).rows([order.index(name) for name in pictures])
        inputs = self._backbone.collate(rests, pad_left=True)
        device = batch.mask.device
        inputs = {name: value.to(device) for name, value in inputs.items()}
        tokens, mask = inputs.pop("input_ids"), inputs.pop("attention_mask")
        return decoder.go_on(batch, tokens, mask, inputs), batch

    def _pays(
        self,
        prompts: list[Encoded],
        groups: dict[str | None, list[int]],
        shared: dict[str | None, int],
    ) -> bool:
        """Whether sharing saves enough, and no picture stands behind what is shared."""
        if not self._is_on or min(shared.values()) < LEAST:
            return False
        for name, rows in groups.items():
            if any(self._pictures & set(prompts[row].input_ids[shared[name] :]) for row in rows):
                return False
        # A task's beginning is computed once for all; a picture's for its rows of this batch.
        saved = sum(
            shared[name] * (len(rows) - (name is not None)) for name, rows in groups.items()
        )
        return saved >= sum(map(_size, prompts)) / 4

    def _reaches(
        self, prompts: list[Encoded], shared: dict[str | None, int], decoder: Decoder
    ) -> bool:
        """Whether a sliding window would miss something.

        The padding between beginning and rest takes up places in it.
        """
        if self._window is None:
            return False
        rest = max(map(_size, prompts)) - min(shared.values())
        return max(shared.values()) + rest + decoder.max_tokens > int(self._window)

    def _beginning(self, decoder: Decoder, begins: list[Encoded]) -> Batch:
        if len(begins) > 1 or begins[0].vision or begins[0].features is not None:
            return decoder.first(self._backbone.collate(begins, pad_left=True))[1]
        key = tuple(begins[0].input_ids)
        if key not in self._kept:
            inputs = self._backbone.collate(begins, pad_left=True)
            self._kept[key] = decoder.first(inputs)[1]
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _size(prompt: Encoded) -> int:
    return len(prompt.input_ids)


def _cut(prompt: Encoded, first: int, last: int | None) -> Encoded:
    """Return a part of a prompt; its picture belongs to the beginning."""
    ids = prompt.input_ids[first:last]
    rows = {name: row[first:last] for name, row in prompt.per_token.items()}
    if first:
        return Encoded(ids, len(ids), rows, {})
    return Encoded(ids, len(ids), rows, prompt.vision, prompt.features)
