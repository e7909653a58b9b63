"""Unconstrained answers: removing what chat models add around the requested answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rmpl.extraction.engines.base import Engine, Progress, Reply
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar

_FENCED = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)


def unfenced(answer: str) -> str:
    """Return the contents of the first code block, else the answer unchanged.

    Chat models tend to put JSON into code blocks. Nothing else is repaired: an answer that is still
    not JSON counts as unparseable.
    """
    found = _FENCED.search(answer)
    return answer if found is None else found[1]


class UnfencedEngine:
    """An engine that removes code fences from unconstrained answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answer(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        grammars: Sequence[Grammar] | None = None,
        progress: Progress | None = None,
    ) -> list[Reply]:
        """Answer every prompt; a fenced reply keeps its confidence but not its tokens' ends."""
        replies = self._engine.answer(
            prompts, max_tokens=max_tokens, grammars=grammars, progress=progress
        )
        texts = [unfenced(reply.text) for reply in replies]
        return [
            reply if text == reply.text else Reply(text, reply.confidence)
            for reply, text in zip(replies, texts, strict=True)
        ]
