"""Engines answer prompts; replies hold the probability of each of their tokens."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from rmpl.errors import RmplError
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar

Progress = Callable[[int, int], None]
"""Called with (prompts answered, prompts in all)."""


class Reply(msgspec.Struct, frozen=True):
    """An answer with the probabilities of its tokens.

    Parameters
    ----------
    text
        The answer.
    confidence
        The geometric mean of the tokens' probabilities, 0 to 1.
    logs
        The natural logarithm of each token's probability, including the end token's, renormalised
        over the tokens that the grammar allows there (0 where only one is allowed; without a
        grammar all tokens are). Empty if the engine does not report it.
    ends
        The end of each token in characters of ``text``. A token that leaves a character unfinished
        ends before it; the end token ends where the text does.
    given_up
        Whether no grammatical answer was obtained. ``text`` is then an empty answer, which does not
        depend on the question.
    """

    text: str
    confidence: float
    logs: tuple[float, ...] = ()
    ends: tuple[int, ...] = ()
    given_up: bool = False

    def probability(self, start: int, end: int) -> float:
        """Return the probability of ``text[start:end]`` given the text before it.

        It is the product over the tokens that overlap those characters, or ``confidence`` if
        tokens are not known.
        """
        if not self.logs:
            return self.confidence
        starts = (0, *self.ends)
        total = sum(
            log
            for log, first, last in zip(self.logs, starts, self.ends, strict=False)
            # A token without a whole character belongs to the character that it starts.
            if first < end and (last > start or first == last >= start)
        )
        return math.exp(total)


class EngineError(RmplError):
    """An engine fails independently of the prompt, so that further prompts would fail, too."""


class Engine(Protocol):
    """Answers prompts."""

    def answer(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        grammars: Sequence[Grammar] | None = None,
        progress: Progress | None = None,
    ) -> list[Reply]:
        """Return replies of at most ``max_tokens`` tokens, in the order of the prompts.

        With ``grammars``, one per prompt, every answer is a complete sentence of its grammar.

        Raises
        ------
        EngineError
            If no prompt can be answered.
        RmplError
            If one of them cannot.
        """
        ...
