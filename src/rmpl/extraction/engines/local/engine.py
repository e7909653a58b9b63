"""The local engine: greedy decoding on a loaded model, in batches of like lengths."""

from __future__ import annotations

import functools
import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from tokenizers.decoders import DecodeStream

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.image_cache import ImageFeatureCache
from rmpl.extraction.engines.base import Progress, Reply
from rmpl.extraction.engines.local.constraints import Compiler
from rmpl.extraction.engines.local.decoding import Answer, Batch, Decoder
from rmpl.extraction.engines.local.prefix_cache import PrefixCache, common_prefix
from rmpl.extraction.engines.local.prepacked import PrepackedLinears
from rmpl.extraction.stopping import raise_if_stopped
from rmpl.records import Image
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar

TOKENS = 4096
"""The number of tokens computed at once; more would not fit into a small GPU."""
BATCH = 64
"""The number of answers decoded at once on a CPU. For a small model, most of a step's time is
overhead between the matrix products, which hardly depends on the number of rows."""
BATCH_GPU = 32
"""The number of answers decoded at once on a GPU, whose memory a large model's KV cache fills."""


class LocalEngine:
    """Greedy decoding on a loaded model, whose weights must not change while the engine lives.

    Answers equal those of transformers' ``generate`` with ``do_sample=False``; a checkpoint's
    settings for sampling and repetition are ignored.

    Parameters
    ----------
    backbone
        The model.
    batch
        The number of answers decoded at once; by default ``BATCH`` on a CPU, else ``BATCH_GPU``.
        Finished ones make room for others.
    tokens
        Approximate number of prompt tokens computed at once, including padding.
    prefix_caching
        Whether a common prefix of prompts is computed once.
    prepacking
        Whether linear layers on a CPU use prepacked weights.
    shares_beginnings, packs_weights
        The former names of ``prefix_caching`` and ``prepacking``; deprecated.
    """

    def __init__(
        self,
        backbone: Backbone,
        *,
        batch: int | None = None,
        tokens: int = TOKENS,
        prefix_caching: bool = True,
        prepacking: bool = True,
        shares_beginnings: bool | None = None,
        packs_weights: bool | None = None,
    ) -> None:
        if shares_beginnings is not None:
            _warn_renamed("shares_beginnings", "prefix_caching")
            prefix_caching = shares_beginnings
        if packs_weights is not None:
            _warn_renamed("packs_weights", "prepacking")
            prepacking = packs_weights
        self._backbone = backbone
        usual = BATCH if backbone.model.device.type == "cpu" else BATCH_GPU
        self._batch = usual if batch is None else batch
        self._tokens = tokens
        backbone.model.eval()
        self._prefixes = PrefixCache(backbone, is_on=prefix_caching)
        self._images = ImageFeatureCache(backbone)
        self._prepacked = PrepackedLinears(backbone.model, is_on=prepacking)

    @torch.inference_mode()
    def answer(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        grammars: Sequence[Grammar] | None = None,
        progress: Progress | None = None,
    ) -> list[Reply]:
        """Answer every prompt; texts first, those of similar length together.

        Raises
        ------
        RmplError
            If an image cannot be read, a grammar is invalid, or no grammatical answer has at most
            ``max_tokens`` tokens.
        StoppedError
            If nobody waits for the answers any more.
        """
        texts: dict[int, Encoded] = {}
        for index, prompt in enumerate(prompts):
            if prompt.image is None:
                raise_if_stopped()
                texts[index] = self._backbone.encode(prompt)
        common = common_prefix([encoded.input_ids for encoded in texts.values()])
        compiler = None if grammars is None else self._compiler
        decoder = Decoder(self._backbone, compiler, max_tokens=max_tokens)

        def start(group: list[int]) -> tuple[torch.Tensor, Batch]:
            shown = [i for i in group if i not in texts]
            framed = self._images.encode([prompts[i] for i in shown], before=raise_if_stopped)
            known = dict(zip(shown, framed, strict=True))
            encoded = [texts.pop(i) if i in texts else known[i] for i in group]
            names = [None if (image := prompts[i].image) is None else image.path for i in group]
            return self._prefixes.prefill(decoder, encoded, names, common)

        groups = itertools.chain(self._text_groups(texts), self._image_groups(prompts))
        replies: dict[int, Reply] = {}
        with self._prepacked:
            for answer in decoder.run(groups, start, grammars, rows=self._batch):
                replies[answer.index] = self._reply(answer)
                if progress is not None:
                    progress(len(replies), len(prompts))
        return [replies[index] for index in range(len(prompts))]

    @functools.cached_property
    def _compiler(self) -> Compiler:
        backbone = self._backbone
        width = backbone.model.get_output_embeddings().weight.shape[0]
        return Compiler(backbone.tokenizer, width=width, end_id=backbone.end_id)

    def _text_groups(self, texts: dict[int, Encoded]) -> Iterator[list[int]]:
        """Yield groups of texts of similar length, of about ``tokens`` tokens."""
        sizes = {index: len(encoded.input_ids) for index, encoded in texts.items()}
        return self._groups(sorted(sizes, key=sizes.__getitem__), sizes)

    def _image_groups(self, prompts: Sequence[Prompt]) -> Iterator[list[int]]:
        """Yield groups of prompts about images of similar size, those about one image together."""
        shown = {i: p.image for i, p in enumerate(prompts) if p.image is not None}
        sizes = {index: self._size(prompts[index], image) for index, image in shown.items()}
        most = {image.path or "": 0 for image in shown.values()}
        for index, image in shown.items():
            most[image.path or ""] = max(most[image.path or ""], sizes[index])

        def order(index: int) -> tuple[int, str, int]:
            path = shown[index].path or ""
            return most[path], path, sizes[index]

        return self._groups(sorted(shown, key=order), sizes)

    def _size(self, prompt: Prompt, image: Image) -> int:
        """Return a prompt's number of tokens; a high estimate if its image's size is unknown."""
        known = image.width * image.height
        return self._backbone.length(prompt) if known else self._tokens // 4

    def _groups(self, order: list[int], sizes: dict[int, int]) -> Iterator[list[int]]:
        """Split an order into groups of at most ``batch`` prompts and about ``tokens`` tokens."""
        group: list[int] = []
        longest = 0
        for index in order:
            longest = max(longest, sizes[index])
            if group and (len(group) == self._batch or (len(group) + 1) * longest > self._tokens):
                yield group
                group, longest = [], sizes[index]
            group.append(index)
        if group:
            yield group

    def _reply(self, answer: Answer) -> Reply:
        text = self._backbone.tokenizer.decode(answer.tokens, skip_special_tokens=True)
        confidence = math.exp(sum(answer.logs) / len(answer.logs))
        ends = token_ends(self._backbone.tokenizer, answer.tokens)
        return Reply(text, confidence, tuple(answer.logs), ends)


def _warn_renamed(old: str, new: str) -> None:
    warnings.warn(f"{old} is now {new}", DeprecationWarning, stacklevel=3)


def token_ends(tokenizer: Any, tokens: Sequence[int]) -> tuple[int, ...]:
    """Return the end of each token in characters of the decoded text.

    A token that ends within a character ends before it; special tokens have no characters.
    """
    stream = DecodeStream(skip_special_tokens=True)
    pieces = [stream.step(tokenizer.backend_tokenizer, token) or "" for token in tokens]
    return tuple(itertools.accumulate(len(piece) for piece in pieces))
