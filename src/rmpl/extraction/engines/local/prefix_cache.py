"""Prefix caching: the common prefix of several prompts is computed once.

A task's prompts share its instruction and schema; prompts about one image share the image. The
common prefix is determined on the tokens of whole prompts, so that tokenisation does not change.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence

import torch

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.extraction.engines.local.decoding import Batch, Decoder

MIN_TOKENS = 16
"""A shorter common prefix is not worth a forward pass of its own."""
MIN_SAVING = 0.25
"""The share of a batch's tokens that sharing must save."""
MAX_PREFIXES = 4
"""The number of text prefixes in the cache; a task has one."""


def common_prefix(prompts: Sequence[list[int]]) -> int:
    """Return the length in tokens of the common prefix; each prompt has at least one token more."""
    if not prompts:
        return 0
    # The common prefix of the lexicographically first and last is that of all.
    first, last = min(prompts), max(prompts)
    most = min(len(prompt) for prompt in prompts) - 1
    for length in range(most):
        if first[length] != last[length]:
            return length
    return most


class PrefixCache:
    """Computes batches of prompts, with common prefixes computed once.

    Parameters
    ----------
    backbone
        The model.
    is_on
        Whether prefixes are shared.
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

        ``images`` names each prompt's image, ``None`` for texts. The first ``common`` tokens of
        texts are a common prefix, possibly shared with other batches.
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
        if not self._saves(prompts, groups, shared) or self._exceeds_window(
            prompts, shared, decoder
        ):
            return decoder.prefill(self._backbone.collate(prompts, pad_left=True))
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
        return decoder.extend(batch, tokens, mask, inputs), batch

    def _saves(
        self,
        prompts: list[Encoded],
        groups: dict[str | None, list[int]],
        shared: dict[str | None, int],
    ) -> bool:
        """Whether sharing pays off, and no image comes after the common prefix."""
        if not self._is_on or min(shared.values()) < MIN_TOKENS:
            return False
        for name, rows in groups.items():
            rests = (prompts[row].input_ids[shared[name] :] for row in rows)
            if any(self._image_tokens & set(rest) for rest in rests):
                return False
        # A task's prefix is computed once for all batches, an image's once per batch.
        saved = sum(
            shared[name] * (len(rows) - (name is not None)) for name, rows in groups.items()
        )
        return saved >= MIN_SAVING * sum(map(_size, prompts))

    def _exceeds_window(
        self, prompts: list[Encoded], shared: dict[str | None, int], decoder: Decoder
    ) -> bool:
        """Whether tokens would fall out of a sliding attention window.

        The padding between prefix and rest takes up places in the window.
        """
        if self._window is None:
            return False
        rest = max(map(_size, prompts)) - min(shared.values())
        return max(shared.values()) + rest + decoder.max_tokens > int(self._window)

    def _prefix(self, decoder: Decoder, prefixes: list[Encoded]) -> Batch:
        if len(prefixes) > 1 or prefixes[0].vision or prefixes[0].features is not None:
            return decoder.prefill(self._backbone.collate(prefixes, pad_left=True))[1]
        key = tuple(prefixes[0].input_ids)
        if key not in self._prefixes:
            inputs = self._backbone.collate(prefixes, pad_left=True)
            self._prefixes[key] = decoder.prefill(inputs)[1]
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
