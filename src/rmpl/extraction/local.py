"""The local engine: runs a loaded model, in batches of like lengths."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from tokenizers.decoders import DecodeStream
from transformers import LogitsProcessor, LogitsProcessorList

from rmpl.backbones.backbone import Backbone
from rmpl.extraction.constraints import Compiler, Constraint
from rmpl.extraction.engine import Progress, Reply
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar


class _Chosen(LogitsProcessor):  # type: ignore[misc]
    """Notes the log-probability of the greedy choice at every step, not the whole distribution."""

    def __init__(self) -> None:
        self.steps: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.steps.append(scores.float().log_softmax(dim=-1).amax(dim=-1))
        return scores


class LocalEngine:
    """Greedy decoding on a loaded model.

    Parameters
    ----------
    backbone
        The model.
    batch
        How many prompts are answered together.
    """

    def __init__(self, backbone: Backbone, *, batch: int = 32) -> None:
        self._backbone = backbone
        self._batch = batch
        backbone.model.eval()

    @torch.inference_mode()
    def answer(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        grammars: Sequence[Grammar] | None = None,
        progress: Progress | None = None,
    ) -> list[Reply]:
        """Answer every prompt; like lengths share a batch, so that little is padded."""
        order = sorted(
            range(len(prompts)),
            key=lambda i: (prompts[i].image is None, len(prompts[i].text), i),
        )
        replies: list[Reply | None] = [None] * len(prompts)
        for start in range(0, len(order), self._batch):
            chosen = order[start : start + self._batch]
            allowed = None if grammars is None else [grammars[i] for i in chosen]
            answers = self._answer_batch([prompts[i] for i in chosen], allowed, max_tokens)
            for index, reply in zip(chosen, answers, strict=True):
                replies[index] = reply
            if progress is not None:
                progress(start + len(chosen), len(prompts))
        return [reply for reply in replies if reply is not None]

    @functools.cached_property
    def _compiler(self) -> Compiler:
        backbone = self._backbone
        width = backbone.model.get_output_embeddings().weight.shape[0]
        return Compiler(backbone.tokenizer, width=width, end_id=backbone.end_id)

    def _answer_batch(
        self, prompts: list[Prompt], grammars: list[Grammar] | None, max_tokens: int
    ) -> list[Reply]:
        backbone = self._backbone
        inputs = backbone.collate([backbone.encode(p) for p in prompts], pad_left=True)
        device = backbone.model.device
        # The constraint comes first: the choice is then noted among the legal tokens.
        noted = _Chosen()
        processors = LogitsProcessorList([noted])
        if grammars is not None:
            processors.insert(0, Constraint(self._compiler, grammars, max_tokens=max_tokens))
        output = backbone.model.generate(
            **{name: value.to(device) for name, value in inputs.items()},
            max_new_tokens=max_tokens,
            do_sample=False,
            logits_processor=processors,
        )
        new = output[:, inputs["input_ids"].shape[1] :].cpu()
        logs = torch.stack(noted.steps, dim=1).cpu()
        return [self._reply(ids, log) for ids, log in zip(new, logs, strict=True)]

    def _reply(self, ids: torch.Tensor, logs: torch.Tensor) -> Reply:
        ended = (ids == self._backbone.end_id).nonzero()
        length = int(ended[0]) + 1 if len(ended) else len(ids)
        written = ids[:length].tolist()
        text = self._backbone.tokenizer.decode(written, skip_special_tokens=True)
        confidence = math.exp(float(logs[:length].mean()))
        ends = token_ends(self._backbone.tokenizer, written)
        return Reply(text, confidence, tuple(logs[:length].tolist()), ends)


def token_ends(tokenizer: Any, tokens: Sequence[int]) -> tuple[int, ...]:
    """Return how many characters of the decoded text stand when each token has been written.

    A token that ends within a character counts up to that character; special tokens write nothing.
    """
    stream = DecodeStream(skip_special_tokens=True)
    pieces = [stream.step(tokenizer.backend_tokenizer, token) or "" for token in tokens]
    return tuple(itertools.accumulate(len(piece) for piece in pieces))
