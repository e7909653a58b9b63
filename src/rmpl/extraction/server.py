"""The server engine: any endpoint that speaks OpenAI's chat completions answers the prompts.

Nothing is sent anywhere but to the address given: redirects are refused, proxies and keys of the
environment are not looked at.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Literal

import httpx

from rmpl.errors import RmplError
from rmpl.extraction.engine import Progress, Reply
from rmpl.extraction.legal import is_legal, nothing, repaired
from rmpl.extraction.messages import message_of, reply_of
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar

Guided = Literal["auto", "structured_outputs", "guided_grammar", "ebnf", "off"]
"""How a grammar is passed on: vLLM's field, its older one, SGLang's (with ``--grammar-backend
llguidance``), or not at all. ``auto`` is vLLM's where the server says that it is one."""

PATIENCE = 6
"""So often is a request tried, waiting longer each time: half a minute in all."""
LONGEST_WAIT = 60.0
REASKED = "Answer again, in exactly the form that was asked for and with nothing around it."

_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_REFUSED = frozenset({400, 422})
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
        self._url = url.rstrip("/")
        if httpx.URL(self._url).scheme not in {"http", "https"}:
            raise RmplError("not the address of a server", where=url, remedy="http://host:port/v1")
        self._model = model
        self._at_once = at_once
        self._guided = guided
        self._client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(timeout, connect=10.0),
            limits=httpx.Limits(max_connections=at_once),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )
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
        """
        allowed = [None] * len(prompts) if grammars is None else list(grammars)
        keys = [(p, g, max_tokens) for p, g in zip(prompts, allowed, strict=True)]
        wanted = [key for key in dict.fromkeys(keys) if key not in self._kept]
        if wanted:
            self._look_at_server()
        for done in self._answers(wanted):
            if progress is not None:
                progress(len(prompts) - len(wanted) + done, len(prompts))
        replies = [self._kept[key] for key in keys]
        self._kept.clear()
        return replies

    def _answers(self, wanted: list[_Key]) -> Iterator[int]:
        """Answer and keep; yield how many are done. Stops at the first failure."""
        stop = threading.Event()
        pool = ThreadPoolExecutor(self._at_once)
        try:
            futures = {pool.submit(self._answer, key, stop): key for key in wanted}
            for done, future in enumerate(as_completed(futures), start=1):
                self._kept[futures[future]] = future.result()
                yield done
        except RmplError as error:
            stop.set()
            pool.shutdown(cancel_futures=True)
            for future, key in futures.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    self._kept[key] = future.result()
            raise RmplError(
                f"{error.what}; {len(self._kept):,} of these {len(wanted):,} prompts are answered",
                where=error.where,
                remedy=error.remedy,
            ) from error
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)

    def _answer(self, key: _Key, stop: threading.Event) -> Reply:
        prompt, grammar, max_tokens = key
        asked = [message_of(prompt)]
        reply = reply_of(self._ask(asked, grammar, max_tokens, stop))
        if grammar is None or is_legal(reply.text, grammar):
            return reply
        text = repaired(reply.text, grammar)
        if text is None:
            self.counts["asked again"] += 1
            asked += [
                {"role": "assistant", "content": reply.text},
                {"role": "user", "content": REASKED},
            ]
            reply = reply_of(self._ask(asked, grammar, max_tokens, stop))
            text = repaired(reply.text, grammar)
        self.counts["given up" if text is None else "repaired"] += 1
        # Another text than the tokens': only the mean of their probabilities is left.
        return Reply(nothing(grammar) if text is None else text, reply.confidence)

    def _ask(
        self,
        messages: list[dict[str, Any]],
        grammar: Grammar | None,
        max_tokens: int,
        stop: threading.Event,
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
            return self._send(body, stop)
        try:
            return self._send({**body, "logprobs": True}, stop)
        except _RefusedError as error:
            try:
                found = self._send(body, stop)
            except _RefusedError:
                raise error from None
            self._gives_logs = False
            return found

    def _send(self, body: dict[str, Any], stop: threading.Event) -> dict[str, Any]:
        """Send a request until it is answered or there is no more hope."""
        said = ""
        for attempt in range(PATIENCE):
            wait = 0.0
            try:
                response = self._client.post(f"{self._url}/chat/completions", json=body)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                said = f"{type(error).__name__}: {error}"
            else:
                if response.status_code not in _BUSY:
                    return self._read(response)
                said = _said(response)
                wait = _asked_to_wait(response)
            self.counts["tried again"] += 1
            pause = max(wait, 0.5 * 2**attempt * random.uniform(0.75, 1.25))
            if attempt + 1 == PATIENCE or stop.wait(pause):
                break
        raise RmplError(
            f"the server does not answer ({said})",
            where=self._url,
            remedy="see to the server and start again; fewer requests at once may help",
        )

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        if response.is_redirect:
            raise RmplError(
                f"the server points elsewhere, to {response.headers.get('location', '')}",
                where=self._url,
                remedy="name that address yourself if it is yours",
            )
        if response.status_code in _REFUSED:
            raise _RefusedError(_said(response), where=self._url, remedy="see the server's log")
        if not response.is_success:
            raise RmplError(_said(response), where=self._url, remedy="check address, model and key")
        try:
            found: dict[str, Any] = response.json()["choices"][0]
        except (ValueError, LookupError, TypeError) as error:
            raise RmplError(
                "no chat completion came back",
                where=self._url,
                remedy="is this the address of an OpenAI-compatible server, with /v1?",
            ) from error
        return found

    def _look_at_server(self) -> None:
        """Find out once how grammars are passed on."""
        if self._is_known:
            return
        self._is_known = True
        if self._guided != "auto":
            self._field = None if self._guided == "off" else self._guided
            return
        try:
            models = self._client.get(f"{self._url}/models").json()["data"]
            owners = {model.get("owned_by") for model in models}
        except (httpx.TransportError, ValueError, LookupError, TypeError, AttributeError):
            return
        self._field = "structured_outputs" if "vllm" in owners else None


class _RefusedError(RmplError):
    """The server does not take what was sent."""


def _said(response: httpx.Response) -> str:
    return f"the server says {response.status_code}: {response.text.strip()[:200]}"


def _asked_to_wait(response: httpx.Response) -> float:
    try:
        return min(float(response.headers.get("retry-after", "0")), LONGEST_WAIT)
    except ValueError:
        return 0.0
