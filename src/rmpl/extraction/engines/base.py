"""Engines answer prompts; a reply says how sure the model was of every part of it."""

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
        The natural logarithm of each token's probability, the end token's included: as the model
        gives it, renormalised over the tokens that the grammar allows there. Where only one is
        allowed, it is 0; without a grammar all tokens are allowed. Empty where an engine has none.
    ends
        Where each token ends: characters of ``text`` written by then. A token that leaves a
        character unfinished ends before it; the end token ends where the text does.
    given_up
        Whether nothing legal could be had. ``text`` then is the answer that says least, and says
        nothing about the question.
    """

    text: str
    confidence: float
    logs: tuple[float, ...] = ()
    ends: tuple[int, ...] = ()
    given_up: bool = False

    def probability(self, start: int, end: int) -> float:
        """Return the probability of ``text[start:end]`` after what stands before it.

        It is the product over the tokens that have a part in those characters; ``confidence``
        where no tokens are known.
        """
        if not self.logs:
            return self.confidence
        begins = (0, *self.ends)
        total = sum(
            log
            for log, first, last in zip(self.logs, begins, self.ends, strict=False)
            # A token of no whole character belongs to the character that it begins.
            if first < end and (last > start or first == last >= start)
        )
        return math.exp(total)


class EngineError(RmplError):
    """An engine does not work at all: no prompt is at fault, and the next would fare no better."""


class Engine(Protocol):
    """Whatever answers prompts, in their order."""

    def answer(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        grammars: Sequence[Grammar] | None = None,
        progress: Progress | None = None,
    ) -> list[Reply]:
        """Answer every prompt with at most ``max_tokens`` tokens.

        With ``grammars``, one a prompt, every answer is a whole sentence of its grammar.

        Raises
        ------
        EngineError
            If no prompt can be answered.
        RmplError
            If one of them cannot.
        """
        ...
