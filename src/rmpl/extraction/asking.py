"""Asking an engine task by task, with counts of prompts and of unparseable answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rmpl.extraction.engines.base import Engine, Reply
from rmpl.extraction.stopping import raise_if_stopped
from rmpl.tasks import Task
from rmpl.tasks.base import Question

Progress = Callable[[str, int, int], None]
"""Called with (step, prompts answered, prompts in all)."""


def to_all(listeners: Iterable[Progress | None]) -> Progress:
    """Return what calls all listeners that there are."""
    present = [one for one in listeners if one is not None]

    def tell(step: str, answered: int, of: int) -> None:
        for one in present:
            one(step, answered, of)

    return tell


class Asker:
    """Asks an engine questions.

    Parameters
    ----------
    engine
        Answers the prompts.
    constrained
        Whether decoding is constrained to the tasks' grammars; then all answers are parseable and
        quote only the sentence.
    """

    def __init__(self, engine: Engine, *, constrained: bool = True) -> None:
        self._engine = engine
        self._constrained = constrained
        self.failures: Counter[str] = Counter()
        """Unparseable answers, and prompts that the engine gave up, by task."""
        self.asked: Counter[str] = Counter()
        """The number of prompts asked, by task."""

    def ask(
        self,
        task: Task[Question, Any],
        questions: Sequence[Question],
        progress: Progress | None,
    ) -> list[Reply]:
        """Return the replies to questions of one task, in order; count those that were given up.

        Raises
        ------
        StoppedError
            If nobody waits for the answers any more.
        """
        raise_if_stopped()
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
        """Count an unparseable answer; ``failure`` is ``None`` for a parseable one."""
        if failure is not None:
            self.failures[task] += 1
