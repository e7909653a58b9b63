"""Prefix caching: prompts with a common prefix are computed together up to where they differ.

A task's prompts share its instruction and schema; prompts about one image share the image. The
common prefix is found among the tokens of whole prompts, so nothing is tokenised in parts.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence

import torch

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.extraction.engines.local.decoding import Batch, Decoder

MIN_TOKENS = 16
"""A shorter common prefix is not worth a forward pass of its own."""
MAX_PREFIXES = 4
"""The number of text prefixes in the cache; a task has one."""


def common_prefix(prompts: Sequence[list[int]]) -> int:
    """Return the number of first tokens that all prompts share; each has at least one more."""
    if not prompts:
        return 0
    # What the first and the last in order share, all between them share.
    first, last = min(prompts), max(prompts)
    most = min(len(prompt) for prompt in prompts) - 1
    for length in range(most):
        if first[length] != last[length]:
            return length
    return most


class PrefixCache:
    """Computes batches of prompts, common prefixes once.

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
        self._prefixes: collections.OrderedDict[tuple[int, ...], Batch] = collections.OrderedDict()
        config = backbone.model.config.get_text_config()
        self._window = getattr(config, "sliding_window", None)
        tokens = backbone.placeholders
        self._image_tokens = set(backbone.tokenizer.convert_tokens_to_ids(sorted(tokens)))

    def prefill(
        self, decoder: Decoder, prompts: list[Encoded], images: list[str | None], common: int
    ) -> tuple[torch.Tensor, Batch]:
        """Compute prompts; return logits of the next tokens, shape (rows, vocabulary), and a batch.

        ``images`` names each prompt's image, ``None`` for texts, whose first ``common`` tokens are
        a common prefix, maybe with texts of other groups.
        """
        groups: dict[str | None, list[int]] = collections.defaultdict(list)
        for row, name in enumerate(images):
            groups[name].append(row)
        shared = {
            name: common
            if name is None
            else common_prefix([prompts[row].input_ids for row in rows])
            for name, rows in groups.items()
        }
        if not self._saves(prompts, groups, shared) or self._passes_window(
            prompts, shared, decoder
        ):
            return decoder.first(self._backbone.collate(prompts, pad_left=True))
        prefixes = [_cut(prompts[rows[0]], 0, shared[name]) for name, rows in groups.items()]
        order = list(groups)
        rests = [
            _cut(prompt, shared[name], None) for prompt, name in zip(prompts, images, strict=True)
        ]
        batch = self._prefix(decoder, prefixes).rows([order.index(name) for name in images])
        inputs = self._backbone.collate(rests, pad_left=True)
        device = batch.mask.device
        inputs = {name: value.to(device) for name, value in inputs.items()}
        tokens, mask = inputs.pop("input_ids"), inputs.pop("attention_mask")
        return decoder.go_on(batch, tokens, mask, inputs), batch

    def _saves(
        self,
        prompts: list[Encoded],
        groups: dict[str | None, list[int]],
        shared: dict[str | None, int],
    ) -> bool:
        """Whether sharing saves enough, and no image stands after the common prefix."""
        if not self._is_on or min(shared.values()) < MIN_TOKENS:
            return False
        for name, rows in groups.items():
            rests = (prompts[row].input_ids[shared[name] :] for row in rows)
            if any(self._image_tokens & set(rest) for rest in rests):
                return False
        # A task's prefix is computed once for all; an image's for its rows of this batch.
        saved = sum(
            shared[name] * (len(rows) - (name is not None)) for name, rows in groups.items()
        )
        return saved >= sum(map(_size, prompts)) / 4

    def _passes_window(
        self, prompts: list[Encoded], shared: dict[str | None, int], decoder: Decoder
    ) -> bool:
        """Whether a sliding window would miss something.

        The padding between prefix and rest takes up places in it.
        """
        if self._window is None:
            return False
        rest = max(map(_size, prompts)) - min(shared.values())
        return max(shared.values()) + rest + decoder.max_tokens > int(self._window)

    def _prefix(self, decoder: Decoder, prefixes: list[Encoded]) -> Batch:
        if len(prefixes) > 1 or prefixes[0].vision or prefixes[0].features is not None:
            return decoder.first(self._backbone.collate(prefixes, pad_left=True))[1]
        key = tuple(prefixes[0].input_ids)
        if key not in self._prefixes:
            inputs = self._backbone.collate(prefixes, pad_left=True)
            self._prefixes[key] = decoder.first(inputs)[1]
            if len(self._prefixes) > MAX_PREFIXES:
                self._prefixes.popitem(last=False)
        self._prefixes.move_to_end(key)
        return self._prefixes[key]


def _size(prompt: Encoded) -> int:
    return len(prompt.input_ids)


def _cut(prompt: Encoded, first: int, last: int | None) -> Encoded:
    """Return tokens ``first`` to ``last`` (exclusive); the image belongs to the prefix."""
    ids = prompt.input_ids[first:last]
    rows = {name: row[first:last] for name, row in prompt.per_token.items()}
    if first:
        return Encoded(ids, len(ids), rows, {})
    return Encoded(ids, len(ids), rows, prompt.vision, prompt.features)
