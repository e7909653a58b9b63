"""Asking an engine task by task, with counts of what was asked and of what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from rmpl.extraction.engines.base import Engine, Reply
from rmpl.extraction.stopping import go_on
from rmpl.tasks import Task
from rmpl.tasks.base import Question

Progress = Callable[[str, int, int], None]
"""Called with (step, prompts answered, prompts in all)."""


class Asker:
    """Passes questions on to an engine.

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
        task: Task[Question, Any],
        questions: Sequence[Question],
        progress: Progress | None,
    ) -> list[Reply]:
        """Have questions of one task answered, in their order; count those that were given up.

        Raises
        ------
        StoppedError
            If nobody waits for the answers any more.
        """
        go_on()
        name = task.name
        self.asked[name] += len(questions)
        report = None if progress is None else lambda done, of: progress(name, done, of)
        replies = self._engine.answer(
            [task.ask(question) for question in questions],
            max_tokens=task.max_tokens,
            grammars=[task.grammar(one) for one in questions] if self._constrained else None,
            progress=report,
        )
        self.failures[name] += sum(reply.given_up for reply in replies)
        return replies

    def note(self, task: str, failure: str | None) -> None:
        """Count an answer that could not be read whole; ``None`` says that it could."""
        if failure is not None:
            self.failures[task] += 1
