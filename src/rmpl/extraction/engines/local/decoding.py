"""Greedy decoding with continuous batching: finished rows leave the batch, new ones join.

The model's own ``prepare_inputs_for_generation`` prepares the inputs of every step, as in
transformers' ``generate``, and the positions of a prompt; an answer's positions continue from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.private_api import prompt_positions
from rmpl.extraction.engines.local.constraints import Compiler, Guide, advance, masked, new_guides
from rmpl.extraction.engines.local.kv_cache import (
    concatenate_rows,
    left_padded,
    new_cache,
    select_rows,
)
from rmpl.extraction.stopping import raise_if_stopped
from rmpl.tasks.grammars import Grammar


@dataclasses.dataclass
class Answer:
    """An answer so far. ``index`` is the caller's index of the prompt."""

    index: int
    guide: Guide | None = None
    tokens: list[int] = dataclasses.field(default_factory=list)
    logs: list[float] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Batch:
    """The KV cache of prompts that are decoded together, and the positions of their next tokens.

    ``mask`` has the shape (rows, columns), ``positions`` (..., rows, 1). Some families have several
    positions per token, in a dimension before the rows.
    """

    cache: Any
    mask: torch.Tensor
    positions: torch.Tensor

    def rows(self, wanted: Sequence[int]) -> Batch:
        """Return the wanted rows, repeats allowed; leading empty columns are dropped."""
        rows = torch.tensor(wanted, device=self.mask.device)
        mask = self.mask[rows]
        first = int(mask.any(dim=0).int().argmax())
        positions = self.positions.index_select(-2, rows)
        return Batch(select_rows(self.cache, rows, first), mask[:, first:], positions)

    def joined(self, other: Batch) -> Batch:
        """Return one batch with the rows of both."""
        return Batch(
            concatenate_rows([self.cache, other.cache]),
            left_padded([self.mask, other.mask]),
            torch.cat(_alike(self.positions, other.positions), dim=-2),
        )


def _alike(one: torch.Tensor, other: torch.Tensor) -> list[torch.Tensor]:
    """Expand single positions per token, as of texts, to the other's number of positions."""
    extra = one.shape[:-2] or other.shape[:-2]
    return [p if p.dim() > 2 else p.expand(*extra, *p.shape) for p in (one, other)]


class Decoder:
    """Decodes greedily: the likeliest token at every step, until every answer has ended.

    Parameters
    ----------
    backbone
        The model.
    compiler
        Needed for answers with grammars.
    max_tokens
        Maximum number of tokens of an answer, including the end token.
    """

    def __init__(self, backbone: Backbone, compiler: Compiler | None, *, max_tokens: int) -> None:
        self._backbone = backbone
        self._model = backbone.model
        self._compiler = compiler
        self.max_tokens = max_tokens
        ends = backbone.model.generation_config.eos_token_id
        self._ends = set(ends if isinstance(ends, list) else [ends]) | {backbone.end_id}

    def run(
        self,
        groups: Iterator[list[int]],
        start: Callable[[list[int]], tuple[torch.Tensor, Batch]],
        grammars: Sequence[Grammar] | None,
        *,
        rows: int,
    ) -> Iterator[Answer]:
        """Answer groups of prompts, given by index; yield answers as they end.

        ``start`` computes a group's prompts and returns the scores of the next tokens, shape (rows,
        width), and their batch. A group joins once half of the ``rows`` are free. Cancellation is
        checked before every step.
        """
        running: list[Answer] = []
        batch: Batch | None = None
        waiting = next(groups, None)
        while waiting is not None or running:
            raise_if_stopped()
            if waiting is not None and len(running) <= rows // 2:
                fresh = self._new_answers(waiting, grammars)
                scores, joining = start(waiting)
                yield from self._append_tokens(fresh, scores)
                fresh, active = _without_ended(fresh, joining, self._has_ended)
                running, batch = running + fresh, _joined(batch, active)
                waiting = next(groups, None)
            elif batch is not None:
                scores = self._step(running, batch)
                yield from self._append_tokens(running, scores)
                running, batch = _without_ended(running, batch, self._has_ended)

    def _new_answers(self, group: list[int], grammars: Sequence[Grammar] | None) -> list[Answer]:
        if grammars is None or self._compiler is None:
            return [Answer(index) for index in group]
        chosen = [grammars[index] for index in group]
        guides = new_guides(self._compiler, chosen, max_tokens=self.max_tokens)
        return [Answer(index, guide) for index, guide in zip(group, guides, strict=True)]

    def _append_tokens(self, answers: list[Answer], scores: torch.Tensor) -> Iterator[Answer]:
        """Append the likeliest token to each answer; yield the answers that end with it."""
        scores = scores.float()
        guides = [answer.guide for answer in answers if answer.guide is not None]
        if guides and self._compiler is not None:
            scores = masked(self._compiler, guides, scores)
        best, tokens = scores.max(dim=-1)
        logs = (best - scores.logsumexp(dim=-1)).tolist()
        for answer, token, log in zip(answers, tokens.tolist(), logs, strict=True):
            answer.tokens.append(token)
            answer.logs.append(log)
        going = [answer for answer in answers if not self._has_ended(answer)]
        if guides and self._compiler is not None:
            active = [answer.guide for answer in going if answer.guide is not None]
            advance(self._compiler, active, [answer.tokens[-1] for answer in going])
            for answer in going:
                self._end_where_complete(answer, self._compiler)
        yield from (answer for answer in answers if self._has_ended(answer))

    def _end_where_complete(self, answer: Answer, compiler: Compiler) -> None:
        """Append the end token where nothing else may follow; that needs no model."""
        if answer.guide is not None and answer.guide.is_complete:
            answer.tokens.append(compiler.end_id)
            answer.logs.append(0.0)

    def _has_ended(self, answer: Answer) -> bool:
        return answer.tokens[-1] in self._ends or len(answer.tokens) == self.max_tokens

    def _step(self, answers: list[Answer], batch: Batch) -> torch.Tensor:
        """Feed the last tokens; return the scores of the next ones, shape (rows, width)."""
        device = batch.mask.device
        tokens = torch.tensor([[answer.tokens[-1]] for answer in answers], device=device)
        return self.extend(batch, tokens, torch.ones_like(tokens), {})

    def prefill(self, inputs: dict[str, Any]) -> tuple[torch.Tensor, Batch]:
        """Compute prompts; ``inputs`` are collated, padded on the left.

        Returns the scores of the next tokens, shape (rows, width), and a batch.
        """
        model = self._model
        inputs = {name: _moved(value, model.device) for name, value in inputs.items()}
        tokens, mask = inputs.pop("input_ids"), inputs.pop("attention_mask")
        given = {**inputs, "attention_mask": mask}
        positions = prompt_positions(model, tokens, given)
        cache = new_cache()
        prepared = model.prepare_inputs_for_generation(
            tokens,
            is_first_iteration=True,
            cache=cache,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=1,
            **given,
        )
        scores = model(**prepared, return_dict=True).logits[:, -1]
        return scores, Batch(cache, mask, positions[..., -1:] + 1)

    def extend(
        self, batch: Batch, tokens: torch.Tensor, mask: torch.Tensor, more: dict[str, Any]
    ) -> torch.Tensor:
        """Append tokens, shape (rows, columns), padded on the left, to ``batch`` in place.

        Returns the scores of the next tokens, shape (rows, width).
        """
        counted = mask.cumsum(dim=-1)
        positions = batch.positions + (counted - 1).clamp(min=0)
        batch.mask = torch.cat([batch.mask, mask], dim=-1)
        batch.positions = batch.positions + counted[:, -1:]
        prepared = self._model.prepare_inputs_for_generation(
            tokens,
            is_first_iteration=False,
            cache=batch.cache,
            attention_mask=batch.mask,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=1,
            **more,
        )
        scores: torch.Tensor = self._model(**prepared, return_dict=True).logits[:, -1]
        return scores


def _without_ended(
    answers: list[Answer], batch: Batch, has_ended: Callable[[Answer], bool]
) -> tuple[list[Answer], Batch | None]:
    """Drop the rows that have ended; the batch is ``None`` if none is left."""
    active = [row for row, answer in enumerate(answers) if not has_ended(answer)]
    if len(active) == len(answers):
        return answers, batch
    return [answers[row] for row in active], batch.rows(active) if active else None


def _joined(one: Batch | None, other: Batch | None) -> Batch | None:
    if one is None or other is None:
        return one or other
    return one.joined(other)


def _moved(value: Any, device: Any) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value
