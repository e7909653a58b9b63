"""Asking an engine task by task, with counts of what was asked and of what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from rmpl.extraction.engines.base import Engine, Reply
from rmpl.extraction.stopping import go_on
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar

Progress = Callable[[str, int, int], None]
"""Called with (step, prompts answered, prompts in all)."""


class Asker:
    """Passes prompts on to an engine.

    Parameters
    ----------
    engine
        Answers them.
    constrained
        Whether answers are kept to their tasks' grammars; then all of them can be read, and quote
        nothing but the sentence.
    """

    def __init__(self, engine: Engine, *, constrained: bool = True) -> None:
        self._engine = engine
        self._constrained = constrained
        self.failures: Counter[str] = Counter()
        """Answers that could not be read whole or that the engine gave up, by task."""
        self.asked: Counter[str] = Counter()
        """Prompts asked, by task."""

    def ask(
        self,
        task: str,
        prompts: Sequence[Prompt],
        grammars: Sequence[Grammar],
        max_tokens: int,
        progress: Progress | None,
    ) -> list[Reply]:
        """Have prompts of one task answered, in their order; count those that were given up.

        Raises
        ------
        StoppedError
            If nobody waits for the answers any more.
        """
        go_on()
        self.asked[task] += len(prompts)
        report = None if progress is None else lambda done, of: progress(task, done, of)
        replies = self._engine.answer(
            prompts,
            max_tokens=max_tokens,
            grammars=grammars if self._constrained else None,
            progress=report,
        )
        self.failures[task] += sum(reply.given_up for reply in replies)
        return replies

    def note(self, task: str, failure: str | None) -> None:
        """Count an answer that could not be read whole; ``None`` says that it could."""
        if failure is not None:
            self.failures[task] += 1
