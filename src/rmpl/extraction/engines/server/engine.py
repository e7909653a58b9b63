"""The server engine: prompts are answered by an endpoint for OpenAI's chat completions.

Nothing is sent to any other address than the given one.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Literal

from rmpl.errors import RmplError
from rmpl.extraction.engines.base import Progress, Reply
from rmpl.extraction.engines.server.connection import Connection, RefusedError
from rmpl.extraction.engines.server.messages import (
    escape_control_tokens,
    message_of,
    reply_of,
    unescape_control_tokens,
)
from rmpl.extraction.engines.server.validation import empty_answer, is_grammatical, repaired
from rmpl.extraction.stopping import StoppedError, raise_if_stopped
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar

if TYPE_CHECKING:  # it needs torch, which answers of a server do not
    from rmpl.backbones.served_images import ServedImages

Guided = Literal["auto", "structured_outputs", "guided_grammar", "ebnf", "off"]
"""The request field for grammars: vLLM's, its older one, SGLang's (with ``--grammar-backend
llguidance``), or none. ``auto`` uses vLLM's if the server reports to be vLLM."""

RETRY_PROMPT = "Answer again, in exactly the form that was asked for and with nothing around it."

POLL_SECONDS = 0.5
"""The interval between checks for cancellation."""

_Key = tuple[Prompt, Grammar | None, int]


class ServerEngine:
    """Greedy decoding on a server.

    Answers are checked against their grammars here, whether or not the server received them. An
    ungrammatical answer is repaired (its grammatical parts are kept); if that is impossible, the
    prompt is asked once more; if that fails, too, the answer is empty (an empty list, or no).
    ``counts`` holds how often.

    Probabilities are the server's, unconstrained if it does not constrain, and 1 if it reports
    none.

    Parameters
    ----------
    url
        The address, including ``/v1``.
    model
        The model's name on the server.
    key
        Sent as a bearer token, if given.
    at_once
        Maximum number of concurrent requests.
    guided
        How grammars are sent.
    timeout
        Seconds to wait for one answer.
    images
        How images are sent; by default as they are.
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
        images: ServedImages | None = None,
    ) -> None:
        self._connect = functools.partial(
            Connection, url, key=key, at_once=at_once, timeout=timeout
        )
        with self._connect():
            pass  # raises if the address is invalid
        self._model = model
        self._at_once = at_once
        self._guided = guided
        self._images = images
        self._gives_logs = True
        self._field: str | None = None
        self._is_known = False
        self._answered: dict[_Key, Reply] = {}
        self.counts: Counter[str] = Counter()
        """The number of answers asked for again (``asked again``), repaired (``repaired``)
        or given up (``given up``), and of retried requests (``tried again``)."""

    def answer(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        grammars: Sequence[Grammar] | None = None,
        progress: Progress | None = None,
    ) -> list[Reply]:
        """Answer every prompt.

        After a failure, finished answers are cached: the same call on the same engine continues.

        Raises
        ------
        RmplError
            If an image cannot be read, or the server refuses a request or is unreachable.
        StoppedError
            If nobody waits for the answers any more.
        """
        allowed = [None] * len(prompts) if grammars is None else list(grammars)
        keys = [(p, g, max_tokens) for p, g in zip(prompts, allowed, strict=True)]
        wanted = [key for key in dict.fromkeys(keys) if key not in self._answered]
        with self._connect() as connection:
            if wanted:
                self._detect_server(connection)
            try:
                for done in self._answers(connection, wanted):
                    if progress is not None:
                        progress(len(prompts) - len(wanted) + done, len(prompts))
            finally:
                self.counts.update(connection.counts)
        replies = [self._answered[key] for key in keys]
        self._answered.clear()
        return replies

    def _answers(self, connection: Connection, wanted: list[_Key]) -> Iterator[int]:
        """Answer prompts, store the replies, yield the number done. Stops at the first failure."""
        pool = ThreadPoolExecutor(self._at_once)
        futures = {pool.submit(self._answer, connection, key): key for key in wanted}
        waits = True
        try:
            done, running = 0, set(futures)
            while running:
                raise_if_stopped()
                ended, running = wait(running, POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in ended:
                    self._answered[futures[future]] = future.result()
                    done += 1
                    yield done
        except StoppedError:
            waits = False  # nobody needs the answers under way
            raise
        except RmplError as error:
            connection.stop()
            pool.shutdown(cancel_futures=True)
            for future, key in futures.items():
                if not future.cancelled() and future.exception() is None:
                    self._answered[key] = future.result()
            count = sum(key in self._answered for key in wanted)
            raise type(error)(
                f"{error.what}; {count:,} of these {len(wanted):,} prompts are answered",
                where=error.where,
                remedy=error.remedy,
            ) from error
        finally:
            connection.stop()
            pool.shutdown(wait=waits, cancel_futures=True)

    def _answer(self, connection: Connection, key: _Key) -> Reply:
        prompt, grammar, max_tokens = key
        asked = [message_of(prompt, None if self._images is None else self._images.prepared)]
        reply = reply_of(self._ask(connection, asked, grammar, max_tokens))
        reply = unescape_control_tokens(reply, prompt.text)
        if grammar is None or is_grammatical(reply.text, grammar):
            return reply
        text = repaired(reply.text, grammar)
        if text is None:
            self.counts["asked again"] += 1
            asked += [
                {"role": "assistant", "content": escape_control_tokens(reply.text)},
                {"role": "user", "content": RETRY_PROMPT},
            ]
            reply = reply_of(self._ask(connection, asked, grammar, max_tokens))
            reply = unescape_control_tokens(reply, prompt.text)
            text = repaired(reply.text, grammar)
        self.counts["given up" if text is None else "repaired"] += 1
        # The text differs from the tokens, so only the mean of their probabilities is kept.
        if text is None:
            return Reply(empty_answer(grammar), reply.confidence, given_up=True)
        return Reply(text, reply.confidence)

    def _ask(
        self,
        connection: Connection,
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
        shows_image = len(messages[0]["content"]) > 1
        if shows_image and self._images is not None and self._images.options:
            body["mm_processor_kwargs"] = self._images.options
        if grammar is not None and self._field is not None:
            is_nested = self._field == "structured_outputs"
            body[self._field] = {"grammar": grammar.text} if is_nested else grammar.text
        if not self._gives_logs:
            return connection.complete(body)
        try:
            return connection.complete({**body, "logprobs": True})
        except RefusedError as error:
            try:
                found = connection.complete(body)
            except RefusedError:
                raise error from None
            self._gives_logs = False
            return found

    def _detect_server(self, connection: Connection) -> None:
        """Determine once how grammars are sent."""
        if self._is_known:
            return
        self._is_known = True
        if self._guided == "auto":
            self._field = "structured_outputs" if "vllm" in connection.owners() else None
        elif self._guided != "off":
            self._field = self._guided
