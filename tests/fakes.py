"""Engines without a model, for tests of everything around one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from rmpl.extraction.engines.base import Reply
from rmpl.extraction.stopping import raise_if_stopped
from rmpl.records import Document
from rmpl.tasks import Context, Prompt, Sample, make_task

Answer = str | Reply | None
Rule = Callable[[Prompt], Answer]


class FakeEngine:
    """Answers every prompt by a rule; ``batches`` has the texts of the prompts it answered.

    Parameters
    ----------
    rule
        Returns the answer to a prompt, the whole reply, or ``None`` where no grammatical answer
        could be had; or raises.
    confidence
        The model's confidence in every answer.
    before
        Called with a batch of prompts before any is answered; may wait or raise.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        confidence: float = 0.9,
        before: Callable[[Sequence[Prompt]], object] = lambda _: None,
    ) -> None:
        self._rule, self._confidence, self._before = rule, confidence, before
        self.batches: list[list[str]] = []

    def answer(self, prompts, *, max_tokens, grammars=None, progress=None) -> list[Reply]:
        self._before(prompts)
        replies = [self._reply(self._rule(prompt)) for prompt in prompts]
        self.batches.append([prompt.text for prompt in prompts])
        return replies

    def _reply(self, answer: Answer) -> Reply:
        if answer is None:
            return Reply("[]", self._confidence, given_up=True)
        return Reply(answer, self._confidence) if isinstance(answer, str) else answer


def task_of(prompt: Prompt) -> str:
    """The name of the task that a prompt in the brief style begins with."""
    return prompt.text.partition(":")[0]


def by_task(answers: dict[str, str | None]) -> Rule:
    """One answer to all prompts of a task (brief style)."""
    return lambda prompt: answers[task_of(prompt)]


def nothing(_: Prompt) -> str:
    """A rule that finds no event anywhere."""
    return "[]"


def gold_rule(samples: Iterable[Sample], otherwise: Rule | None = None) -> Rule:
    """The targets of samples, as a rule; a prompt that is none of theirs goes to ``otherwise``."""
    targets = {_key(sample.prompt): sample.target for sample in samples}

    def rule(prompt: Prompt) -> Answer:
        if otherwise is not None and _key(prompt) not in targets:
            return otherwise(prompt)
        return targets[_key(prompt)]

    return rule


def gold_samples(documents: Sequence[Document], context: Context) -> list[Sample]:
    """What an engine that knows all events of documents answers, link comparisons excepted."""
    names = ("text-emi", "image-emi", "text-are", "image-are")
    return [sample for name in names for sample in make_task(name, context).samples(documents)]


def _key(prompt: Prompt) -> tuple[str, str | None]:
    return prompt.text, prompt.image.path if prompt.image else None


def wait_until(ready: Callable[[], bool], *, stopped: Callable[[], object] = lambda: None) -> None:
    """Be a model at work until ``ready``; call ``stopped`` if the work is given up before."""
    try:
        while not ready():
            raise_if_stopped()
            time.sleep(0.005)
    except BaseException:
        stopped()
        raise
