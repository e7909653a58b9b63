"""Constrained decoding: at every step, only tokens that a legal answer can go on with.

One matcher a row follows its row's grammar (``tasks.grammars``); what it forbids gets a logit of
minus infinity. An answer also ends within its budget: once few tokens are left, a token is only
let through if the answer can still be closed after it, else the shortest close is forced.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from llguidance import LLExecutor, LLMatcher
from llguidance.hf import from_tokenizer
from transformers import LogitsProcessor

from rmpl.errors import RmplError
from rmpl.tasks.grammars import Grammar

KEPT = 256
"""How many compiled grammars are kept; of sentences there is no end, so older ones go."""

_CLOSERS = frozenset(b'"}][')
_Tokens = np.ndarray[tuple[int], np.dtype[np.int64]]


class Compiler:
    """Compiles grammars for one tokenizer, and knows how to bring an answer to its end.

    Parameters
    ----------
    tokenizer
        A fast tokenizer of transformers.
    width
        The width of the logits; often more than the tokenizer's length.
    end_id
        The token that ends an answer.
    """

    def __init__(self, tokenizer: Any, *, width: int, end_id: int) -> None:
        # Slices only pay for grammars with free text, and ours have none.
        self._tokens = from_tokenizer(tokenizer, n_vocab=width, eos_token=end_id, slices=[])
        self.end_id = end_id
        self.words = (width + 31) // 32
        # The library leaves cores to others, but while it works the model waits.
        threads = torch.get_num_threads()
        self.executor = LLExecutor(num_threads=threads)
        self._pool = ThreadPoolExecutor(threads)
        written = [self._tokens.decode_bytes([token]) for token in range(len(tokenizer))]
        self._short = np.array(sorted(range(len(written)), key=lambda i: _rank(written[i])))
        self._bytes = np.array([token for token in self._short if len(written[token]) == 1])
        self.compiled = functools.lru_cache(maxsize=KEPT)(self._compile)

    def _compile(self, text: str) -> LLMatcher:
        # Forced text would be tokenised by the library, "<|im_end|>" in a sentence as the special
        # token: an illegal one. The model itself spells out what is forced.
        text += '\n%llguidance {"no_forcing": true}'
        matcher = LLMatcher(self._tokens, LLMatcher.grammar_from_lark(text), log_level=0)
        check(matcher)
        return matcher

    def matchers(self, texts: Sequence[str]) -> list[LLMatcher]:
        """Return a fresh matcher for each grammar text; compiling takes about a millisecond each.

        Raises
        ------
        RmplError
            If a grammar is wrong, or too large for the library.
        """
        return [matcher.deep_copy() for matcher in self._pool.map(self.compiled, texts)]

    def text(self, tokens: list[int]) -> bytes:
        """Return the bytes of some tokens."""
        written: bytes = self._tokens.decode_bytes(tokens)
        return written

    def closing(self, matcher: LLMatcher, most: int) -> list[int]:
        """Return a short way, as tokens with the end token, to end an answer legally.

        ``most`` is the grammar's bound in bytes. Long tokens make a short way, but one that reaches
        over the end of a word may miss it; single bytes cannot, and no token is less than a byte.
        """
        return (
            self._close(matcher, most, self._short)
            or self._close(matcher, most, self._bytes)
            or _fail("no end within the grammar's bound")
        )

    def _close(self, matcher: LLMatcher, most: int, wanted: _Tokens) -> list[int]:
        """Take the first legal of the ``wanted`` tokens until the answer is whole."""
        probe = matcher.deep_copy()
        path: list[int] = []
        while not probe.is_accepting():
            mask = np.frombuffer(probe.compute_bitmask(), dtype=np.uint8)
            legal = wanted[np.unpackbits(mask, bitorder="little")[wanted] == 1]
            if len(path) == most or not len(legal):
                return []
            path.append(int(legal[0]))
            probe.consume_token(path[-1])
            check(probe)
        return [*path, self.end_id]


def _rank(written: bytes) -> tuple[int, int]:
    """Order tokens for closing: quotes, then brackets, what begins an item last; long first."""
    if b"{" in written:
        kind = 3
    elif _CLOSERS.issuperset(written):
        kind = 0 if written.startswith(b'"') else 1
    else:
        kind = 2
    return kind, -len(written)


@dataclasses.dataclass
class _Row:
    """Where one answer stands. ``path`` is a way to its end from here that fits, if known."""

    grammar: Grammar
    matcher: LLMatcher
    opening: bool
    written: list[int] = dataclasses.field(default_factory=list)
    path: list[int] | None = None
    ended: bool = False


class Constraint(LogitsProcessor):  # type: ignore[misc]
    """Keeps a batch of answers within their grammars and within their budget.

    Belongs to one call of ``generate`` with greedy decoding (the budget is kept by looking at the
    likeliest token). Its scores are those of the masked distribution: a token's probability is its
    share among the legal ones, and a forced token is certain.

    Parameters
    ----------
    compiler
        Of the model's tokenizer.
    grammars
        One a row.
    max_tokens
        Tokens an answer may have, the end token included.

    Raises
    ------
    RmplError
        If a grammar cannot be compiled, or no legal answer is as short as ``max_tokens``.
    """

    def __init__(self, compiler: Compiler, grammars: Sequence[Grammar], *, max_tokens: int) -> None:
        self._compiler = compiler
        self._left = max_tokens
        self._started = False
        self._rows = self._begin(grammars)
        self._mask = np.full((len(grammars), compiler.words), -1, dtype=np.int32)
        self._shifts = torch.arange(8, dtype=torch.uint8)

    def _begin(self, grammars: Sequence[Grammar]) -> list[_Row]:
        opening = [bool(g.opening) and not self._near(g, margin=8) for g in grammars]
        texts = [g.opening if o else g.text for g, o in zip(grammars, opening, strict=True)]
        rows = list(map(_Row, grammars, self._compiler.matchers(texts), opening))
        for row in rows:
            if not self._near(row.grammar):
                continue
            row.path = self._compiler.closing(row.matcher, row.grammar.closing)
            if len(row.path) > self._left:
                raise RmplError(
                    f"no legal answer has as few as {self._left} tokens",
                    remedy=f"allow at least {len(row.path)}",
                )
        return rows

    def _near(self, grammar: Grammar, margin: int = 0) -> bool:
        """Whether a freely chosen token might leave too few to close (bytes bound tokens)."""
        return self._left <= grammar.closing + 1 + margin

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Mask the scores, shape (rows, width), of the next tokens."""
        if self._started:
            self._left -= 1
            self._advance(input_ids[:, -1].tolist())
        self._started = True
        live = [(row.matcher, i) for i, row in enumerate(self._rows) if not row.ended]
        if live:
            pointer, size = self._mask.ctypes.data, self._mask.strides[0]
            self._compiler.executor.unsafe_compute_mask_ptr(live, pointer, size, len(self._rows))
        for matcher, _ in live:
            check(matcher)
        scores = scores.masked_fill(~self._allowed(scores), -torch.inf)
        for i, row in enumerate(self._rows):
            if not row.ended and self._near(row.grammar):
                self._keep_budget(row, scores[i])
        return scores

    def _advance(self, tokens: list[int]) -> None:
        """Take note of the tokens just written; rows that leave the opening get their grammar."""
        opened = []
        for row, token in zip(self._rows, tokens, strict=True):
            if row.ended or token == self._compiler.end_id:
                row.ended = True
                continue
            row.written.append(token)
            row.matcher.consume_token(token)
            check(row.matcher)
            if row.opening and row.matcher.is_accepting():
                row.opening = False
                if self._compiler.text(row.written) != b"[]":
                    opened.append(row)
        matchers = self._compiler.matchers([row.grammar.text for row in opened])
        for row, matcher in zip(opened, matchers, strict=True):
            row.matcher = matcher
            row.matcher.consume_tokens(row.written)
            check(row.matcher)

    def _allowed(self, scores: torch.Tensor) -> torch.Tensor:
        packed = torch.from_numpy(self._mask.view(np.uint8)).to(scores.device)
        bits = packed.unsqueeze(-1) >> self._shifts.to(scores.device) & 1
        return bits.flatten(1)[:, : scores.shape[1]].bool()

    def _keep_budget(self, row: _Row, scores: torch.Tensor) -> None:
        """Let the likeliest token through if the answer can still end after it; change in place."""
        closing = self._compiler.closing
        if row.path is None:
            row.path = closing(row.matcher, row.grammar.closing)
        best = int(scores.argmax())
        if best == self._compiler.end_id:
            return
        ahead = row.matcher.deep_copy()
        ahead.consume_token(best)
        path = closing(ahead, row.grammar.closing)
        if len(path) < self._left:
            row.path = path
            return
        forced = row.path.pop(0)
        likelihood = scores[forced].clone()
        scores.fill_(-torch.inf)
        scores[forced] = likelihood


def check(matcher: LLMatcher) -> None:
    """Raise if a matcher has failed: it never does so itself, but then stops constraining.

    Raises
    ------
    RmplError
        With the matcher's own message.
    """
    if matcher.is_error():
        _fail(matcher.get_error().split("\n", maxsplit=1)[0][:300])


def _fail(what: str) -> list[int]:
    raise RmplError(
        f"constrained decoding failed ({what})",
        remedy="answer without constraints (--unconstrained), and please report the sentence",
    )
