"""Constrained decoding: at every step, only tokens that can continue a grammatical answer.

One guide per answer follows its grammar (``tasks.grammars``); forbidden tokens get a score of minus
infinity. An answer also ends within its token budget: once few tokens are left, a token is allowed
only if the answer can still be closed after it, else a short closing is forced.
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

from rmpl.backbones.private_api import token_masks
from rmpl.errors import RmplError
from rmpl.tasks.grammars import Grammar

MAX_COMPILED = 256
"""The number of compiled grammars in the cache; most grammars belong to one sentence."""

_CLOSERS = frozenset(b'"}][')
_Tokens = np.ndarray[tuple[int], np.dtype[np.int64]]


class Compiler:
    """Compiles grammars for one tokenizer, and finds ways to close an answer.

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
        # Slices only help grammars with free text, which ours do not have.
        self._tokens = from_tokenizer(tokenizer, n_vocab=width, eos_token=end_id, slices=[])
        self.end_id = end_id
        self.words = (width + 31) // 32
        # By default the library leaves cores unused, but the model waits while it works.
        threads = torch.get_num_threads()
        self.executor = LLExecutor(num_threads=threads)
        self._pool = ThreadPoolExecutor(threads)
        written = [self._tokens.decode_bytes([token]) for token in range(len(tokenizer))]
        self._short = np.array(sorted(range(len(written)), key=lambda i: _rank(written[i])))
        self._bytes = np.array([token for token in self._short if len(written[token]) == 1])
        self.compiled = functools.lru_cache(maxsize=MAX_COMPILED)(self._compile)

    def _compile(self, text: str) -> LLMatcher:
        # The library would tokenise forced text itself, "<|im_end|>" in a sentence as the special
        # token, which is ungrammatical. Without forcing, the model spells it out.
        text += '\n%llguidance {"no_forcing": true}'
        matcher = LLMatcher(self._tokens, LLMatcher.grammar_from_lark(text), log_level=0)
        check(matcher)
        return matcher

    def matchers(self, texts: Sequence[str]) -> list[LLMatcher]:
        """Return a fresh matcher for each grammar text; compiling takes about a millisecond each.

        Raises
        ------
        RmplError
            If a grammar is invalid, or too large for the library.
        """
        return [matcher.deep_copy() for matcher in self._pool.map(self.compiled, texts)]

    def text(self, tokens: list[int]) -> bytes:
        """Return the bytes of tokens."""
        written: bytes = self._tokens.decode_bytes(tokens)
        return written

    def closing(self, matcher: LLMatcher, most: int) -> list[int]:
        """Return a short sequence of tokens that completes an answer, with the end token.

        ``most`` is the grammar's bound in bytes. Long tokens make short sequences, but may miss the
        only possible end; then single bytes are used, which cannot.
        """
        return (
            self._close(matcher, most, self._short)
            or self._close(matcher, most, self._bytes)
            or _fail("no closing within the grammar's bound")
        )

    def _close(self, matcher: LLMatcher, most: int, wanted: _Tokens) -> list[int]:
        """Append the first allowed of the ``wanted`` tokens until the answer is complete."""
        probe = matcher.deep_copy()
        path: list[int] = []
        while not probe.is_accepting():
            mask = np.frombuffer(probe.compute_bitmask(), dtype=np.uint8)
            allowed = wanted[np.unpackbits(mask, bitorder="little")[wanted] == 1]
            if len(path) == most or not len(allowed):
                return []
            path.append(int(allowed[0]))
            probe.consume_token(path[-1])
            check(probe)
        return [*path, self.end_id]


def _rank(written: bytes) -> tuple[int, int]:
    """Order tokens for closing: quotes, then brackets, those that open an item last; long first."""
    if b"{" in written:
        order = 3
    elif _CLOSERS.issuperset(written):
        order = 0 if written.startswith(b'"') else 1
    else:
        order = 2
    return order, -len(written)


@dataclasses.dataclass
class Guide:
    """The state of one answer. ``path`` is a closing from here that fits the budget, if known.

    ``left`` is the number of tokens that may still be written, including the end token.
    """

    grammar: Grammar
    matcher: LLMatcher
    left: int
    opening: bool
    written: list[int] = dataclasses.field(default_factory=list)
    path: list[int] | None = None

    @property
    def is_complete(self) -> bool:
        """Whether only the end token may follow, and may still be written."""
        return bool(self.matcher.is_stopped()) and not self.opening and self.left > 0

    def is_near(self, margin: int = 0) -> bool:
        """Whether the next token might leave too few to close (bytes bound tokens)."""
        return self.left <= self.grammar.closing + 1 + margin


def new_guides(compiler: Compiler, grammars: Sequence[Grammar], *, max_tokens: int) -> list[Guide]:
    """Return guides for answers of at most ``max_tokens`` tokens, including the end token.

    Raises
    ------
    RmplError
        If a grammar cannot be compiled, or no grammatical answer has at most ``max_tokens`` tokens.
    """
    opening = [bool(g.opening) and max_tokens > g.closing + 9 for g in grammars]
    texts = [g.opening if o else g.text for g, o in zip(grammars, opening, strict=True)]
    guides = [
        Guide(grammar, matcher, max_tokens, is_opening)
        for grammar, matcher, is_opening in zip(
            grammars, compiler.matchers(texts), opening, strict=True
        )
    ]
    for guide in guides:
        if not guide.is_near():
            continue
        guide.path = compiler.closing(guide.matcher, guide.grammar.closing)
        if len(guide.path) > max_tokens:
            raise RmplError(
                f"no grammatical answer has at most {max_tokens} tokens",
                remedy=f"allow at least {len(guide.path)}",
            )
    return guides


def masked(compiler: Compiler, guides: Sequence[Guide], scores: torch.Tensor) -> torch.Tensor:
    """Return scores, shape (guides, width), with minus infinity for forbidden tokens.

    For greedy decoding: to keep the budget, only the likeliest token is checked.
    """
    mask = token_masks(compiler.executor, [guide.matcher for guide in guides], compiler.words)
    for guide in guides:
        check(guide.matcher)
    scores = scores.masked_fill(~_allowed(mask, scores), -torch.inf)
    for row, guide in enumerate(guides):
        if guide.is_near():
            _keep_budget(compiler, guide, scores[row])
    return scores


def advance(compiler: Compiler, guides: Sequence[Guide], tokens: Sequence[int]) -> None:
    """Advance each guide by the token just written, which must not be the end token."""
    opened = []
    for guide, token in zip(guides, tokens, strict=True):
        guide.left -= 1
        guide.written.append(token)
        guide.matcher.consume_token(token)
        check(guide.matcher)
        if guide.opening and guide.matcher.is_accepting():
            guide.opening = False
            if compiler.text(guide.written) != b"[]":
                opened.append(guide)
    matchers = compiler.matchers([guide.grammar.text for guide in opened])
    for guide, matcher in zip(opened, matchers, strict=True):
        guide.matcher = matcher
        guide.matcher.consume_tokens(guide.written)
        check(guide.matcher)


def _allowed(mask: np.ndarray[Any, np.dtype[np.int32]], scores: torch.Tensor) -> torch.Tensor:
    """Unpack a mask of bits, shape (rows, words), on the device of the scores."""
    width = scores.shape[1]
    if scores.device.type == "cpu":
        bits = np.unpackbits(mask.view(np.uint8), axis=1, count=width, bitorder="little")
        return torch.from_numpy(bits.view(np.bool_))
    words = torch.from_numpy(mask.view(np.uint8)).to(scores.device)
    shifts = torch.arange(8, dtype=torch.uint8, device=scores.device)
    return (words.unsqueeze(-1) >> shifts & 1).flatten(1)[:, :width].bool()


def _keep_budget(compiler: Compiler, guide: Guide, scores: torch.Tensor) -> None:
    """Allow the likeliest token only if the answer can still be closed after it; in place."""
    closing, bound = compiler.closing, guide.grammar.closing
    if guide.path is None:
        guide.path = closing(guide.matcher, bound)
    best = int(scores.argmax())
    if best == compiler.end_id:
        return
    ahead = guide.matcher.deep_copy()
    ahead.consume_token(best)
    path = closing(ahead, bound)
    if len(path) < guide.left:
        guide.path = path
        return
    forced = guide.path.pop(0)
    likelihood = scores[forced].clone()
    scores.fill_(-torch.inf)
    scores[forced] = likelihood


class Constraint(LogitsProcessor):  # type: ignore[misc]
    """Constrains a batch of answers in one call of transformers' ``generate`` to their grammars.

    Scores are those of the masked distribution: a token's probability is its share among the
    allowed ones, and a forced token has 1. See ``new_guides`` for the parameters and errors.
    """

    def __init__(self, compiler: Compiler, grammars: Sequence[Grammar], *, max_tokens: int) -> None:
        self._compiler = compiler
        self._live = dict(enumerate(new_guides(compiler, grammars, max_tokens=max_tokens)))
        self._started = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Mask the scores, shape (rows, width), of the next tokens."""
        if self._started:
            last = input_ids[:, -1].tolist()
            end = self._compiler.end_id
            self._live = {row: guide for row, guide in self._live.items() if last[row] != end}
            advance(self._compiler, list(self._live.values()), [last[row] for row in self._live])
        self._started = True
        rows = list(self._live)
        if rows:
            scores = scores.clone()
            scores[rows] = masked(self._compiler, list(self._live.values()), scores[rows])
        return scores


def check(matcher: LLMatcher) -> None:
    """Raise if a matcher has failed: it does not raise itself, but stops constraining.

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
