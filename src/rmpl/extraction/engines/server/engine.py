"""The server engine: any endpoint that speaks OpenAI's chat completions answers the prompts.

Nothing is sent anywhere but to the address given.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any, Literal

from rmpl.errors import RmplError
from rmpl.extraction.engines.base import Progress, Reply
from rmpl.extraction.engines.server.connection import Connection, RefusedError
from rmpl.extraction.engines.server.messages import broken_up, message_of, put_together, reply_of
from rmpl.extraction.engines.server.validation import is_legal, nothing, repaired
from rmpl.extraction.stopping import StoppedError, go_on
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar

Guided = Literal["auto", "structured_outputs", "guided_grammar", "ebnf", "off"]
"""How a grammar is passed on: vLLM's field, its older one, SGLang's (with ``--grammar-backend
llguidance``), or not at all. ``auto`` is vLLM's where the server says that it is one."""

REASKED = "Answer again, in exactly the form that was asked for and with nothing around it."

LOOK_EVERY = 0.5
"""So often, in seconds, it is looked whether anybody still waits for the answers."""

_Key = tuple[Prompt, Grammar | None, int]


class ServerEngine:
    """Greedy decoding on a server.

    Answers to grammars are checked here, whether or not the server was told of them. One that is
    not legal is asked for once more; what is legal in it is kept; where nothing is, the least is
    said (an empty list, or no). ``counts`` tells how often.

    Probabilities are the server's: those of the model itself where it was not constrained, and
    1 where the server gives none.

    Parameters
    ----------
    url
        The address up to and with ``/v1``.
    model
        The model's name on the server.
    key
        Sent as a bearer token, if given.
    at_once
        How many requests are under way at most.
    guided
        How grammars are passed on.
    timeout
        Seconds to wait for one answer.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str | None = None,
        at_once: int = 16,
        guided: Guided = "auto",
        timeout: float = 300.0,
    ) -> None:
        self._connect = functools.partial(
            Connection, url, key=key, at_once=at_once, timeout=timeout
        )
        with self._connect():
            pass  # the address is one
        self._model = model
        self._at_once = at_once
        self._guided = guided
        self._gives_logs = True
        self._field: str | None = None
        self._is_known = False
        self._kept: dict[_Key, Reply] = {}
        self.counts: Counter[str] = Counter()
        """Answers asked for again (``asked again``), put right (``repaired``), given up (``given
        up``) and requests sent again (``tried again``)."""

    def answer(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        grammars: Sequence[Grammar] | None = None,
        progress: Progress | None = None,
    ) -> list[Reply]:
        """Answer every prompt.

        After a failure, what was answered is kept: the same call on the same engine goes on.

        Raises
        ------
        RmplError
            If a picture cannot be read, or the server refuses a request or stays away.
        StoppedError
            If nobody waits for the answers any more.
        """
        allowed = [None] * len(prompts) if grammars is None else list(grammars)
        keys = [(p, g, max_tokens) for p, g in zip(prompts, allowed, strict=True)]
        wanted = [key for key in dict.fromkeys(keys) if key not in self._kept]
        with self._connect() as line:
            if wanted:
                self._look_at_server(line)
            try:
                for done in self._answers(line, wanted):
                    if progress is not None:
                        progress(len(prompts) - len(wanted) + done, len(prompts))
            finally:
                self.counts.update(line.counts)
        replies = [self._kept[key] for key in keys]
        self._kept.clear()
        return replies

    def _answers(self, line: Connection, wanted: list[_Key]) -> Iterator[int]:
        """Answer and keep; yield how many are done. Stops at the first failure."""
        pool = ThreadPoolExecutor(self._at_once)
        futures = {pool.submit(self._answer, line, key): key for key in wanted}
        waits = True
        try:
            done, running = 0, set(futures)
            while running:
                go_on()
                ended, running = wait(running, LOOK_EVERY, return_when=FIRST_COMPLETED)
                for future in ended:
                    self._kept[futures[future]] = future.result()
                    done += 1
                    yield done
        except StoppedError:
            waits = False  # for answers that nobody waits for, either
            raise
        except RmplError as error:
            line.stop()
            pool.shutdown(cancel_futures=True)
            for future, key in futures.items():
                if not future.cancelled() and future.exception() is None:
                    self._kept[key] = future.result()
            count = sum(key in self._kept for key in wanted)
            raise type(error)(
                f"{error.what}; {count:,} of these {len(wanted):,} prompts are answered",
                where=error.where,
                remedy=error.remedy,
            ) from error
        finally:
            line.stop()
            pool.shutdown(wait=waits, cancel_futures=True)

    def _answer(self, line: Connection, key: _Key) -> Reply:
        prompt, grammar, max_tokens = key
        asked = [message_of(prompt)]
        reply = put_together(reply_of(self._ask(line, asked, grammar, max_tokens)), prompt.text)
        if grammar is None or is_legal(reply.text, grammar):
            return reply
        text = repaired(reply.text, grammar)
        if text is None:
            self.counts["asked again"] += 1
            asked += [
                {"role": "assistant", "content": broken_up(reply.text)},
                {"role": "user", "content": REASKED},
            ]
            reply = reply_of(self._ask(line, asked, grammar, max_tokens))
            reply = put_together(reply, prompt.text)
            text = repaired(reply.text, grammar)
        self.counts["given up" if text is None else "repaired"] += 1
        # Another text than the tokens': only the mean of their probabilities is left.
        if text is None:
            return Reply(nothing(grammar), reply.confidence, given_up=True)
        return Reply(text, reply.confidence)

    def _ask(
        self,
        line: Connection,
        messages: list[dict[str, Any]],
        grammar: Grammar | None,
        max_tokens: int,
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": messages,
            "max_tokens": max_tokens,
            "temperature": 0,
        }
        if grammar is not None and self._field is not None:
            is_nested = self._field == "structured_outputs"
            body[self._field] = {"grammar": grammar.text} if is_nested else grammar.text
        if not self._gives_logs:
            return line.complete(body)
        try:
            return line.complete({**body, "logprobs": True})
        except RefusedError as error:
            try:
                found = line.complete(body)
            except RefusedError:
                raise error from None
            self._gives_logs = False
            return found

    def _look_at_server(self, line: Connection) -> None:
        """Find out once how grammars are passed on."""
        if self._is_known:
            return
        self._is_known = True
        if self._guided == "auto":
            self._field = "structured_outputs" if "vllm" in line.owners() else None
        elif self._guided != "off":
            self._field = self._guided
