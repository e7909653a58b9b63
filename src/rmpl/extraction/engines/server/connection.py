"""A connection to a server: requests are retried while it is busy, redirects are refused."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import Any

import httpx

from rmpl.errors import RmplError
from rmpl.extraction.engines.base import EngineError

ATTEMPTS = 6
"""The number of attempts per request, with growing pauses: half a minute in total."""
LONGEST_WAIT = 60.0

_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_REFUSED = frozenset({400, 422})


class RefusedError(RmplError):
    """The server rejects a request as invalid."""


class Connection:
    """Sends requests to one address, from several threads, within its context.

    Redirects are refused; proxies and keys of the environment are ignored.

    Parameters
    ----------
    url
        The address, including ``/v1``.
    key
        Sent as a bearer token, if given.
    at_once
        Maximum number of concurrent requests.
    timeout
        Seconds to wait for one answer.

    Raises
    ------
    RmplError
        If the address is invalid.
    """

    def __init__(self, url: str, *, key: str | None, at_once: int, timeout: float) -> None:
        self._url = url.rstrip("/")
        if httpx.URL(self._url).scheme not in {"http", "https"}:
            raise RmplError("not the address of a server", where=url, remedy="http://host:port/v1")
        self._client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(timeout, connect=10.0),
            limits=httpx.Limits(max_connections=at_once),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )
        self._stopped = threading.Event()
        self.counts: Counter[str] = Counter()
        """The number of retried requests: ``tried again``."""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._client.close()

    def stop(self) -> None:
        """Retry no further requests."""
        self._stopped.set()

    def owners(self) -> set[str]:
        """Return the owners of the server's models, as far as it lists them."""
        try:
            models = self._client.get(f"{self._url}/models").json()["data"]
            return {str(model.get("owned_by")) for model in models}
        except (httpx.TransportError, ValueError, LookupError, TypeError, AttributeError):
            return set()

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send a request, with retries, and return the first choice of the answer.

        Raises
        ------
        RefusedError
            If the server rejects the request.
        EngineError
            If it does not answer, or its answer is not a chat completion.
        """
        reason = ""
        for attempt in range(ATTEMPTS):
            wait = 0.0
            try:
                response = self._client.post(f"{self._url}/chat/completions", json=body)
            except httpx.TransportError as error:
                reason = f"{type(error).__name__}: {error}"
            else:
                if response.status_code not in _BUSY:
                    return self._read(response)
                reason = _status(response)
                wait = _retry_after(response)
            pause = max(wait, 0.5 * 2**attempt * random.uniform(0.75, 1.25))
            if attempt + 1 == ATTEMPTS or self._stopped.wait(pause):
                break
            self.counts["tried again"] += 1
        raise EngineError(
            f"the server does not answer ({reason})",
            where=self._url,
            remedy="check the server and start again; fewer concurrent requests may help",
        )

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        if response.is_redirect:
            raise EngineError(
                f"the server redirects to {response.headers.get('location', '')}",
                where=self._url,
                remedy="give that address yourself if you trust it",
            )
        if response.status_code in _REFUSED:
            raise RefusedError(_status(response), where=self._url, remedy="see the server's log")
        if not response.is_success:
            raise EngineError(
                _status(response), where=self._url, remedy="check address, model and key"
            )
        try:
            found: dict[str, Any] = response.json()["choices"][0]
        except (ValueError, LookupError, TypeError) as error:
            raise EngineError(
                "the answer is not a chat completion",
                where=self._url,
                remedy="is this the address of an OpenAI-compatible server, with /v1?",
            ) from error
        return found


def is_vllm(url: str, key: str | None) -> bool:
    """Return whether the server at an address reports to be vLLM.

    Raises
    ------
    RmplError
        If the address is invalid.
    """
    with Connection(url, key=key, at_once=1, timeout=10.0) as connection:
        return "vllm" in connection.owners()


def _status(response: httpx.Response) -> str:
    return f"the server answers {response.status_code}: {response.text.strip()[:200]}"


def _retry_after(response: httpx.Response) -> float:
    try:
        return min(float(response.headers.get("retry-after", "0")), LONGEST_WAIT)
    except ValueError:
        return 0.0
