"""A line to a server: requests sent again while there is hope, and nothing sent elsewhere."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import Any

import httpx

from rmpl.errors import RmplError
from rmpl.extraction.engines.base import EngineError

PATIENCE = 6
"""So often is a request tried, waiting longer each time: half a minute in all."""
LONGEST_WAIT = 60.0

_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_REFUSED = frozenset({400, 422})


class RefusedError(RmplError):
    """The server does not take what was sent."""


class Connection:
    """Sends requests to one address, from several threads; open while entered.

    Redirects are refused; proxies and keys of the environment are not looked at.

    Parameters
    ----------
    url
        The address up to and with ``/v1``.
    key
        Sent as a bearer token, if given.
    at_once
        How many requests are under way at most.
    timeout
        Seconds to wait for one answer.

    Raises
    ------
    RmplError
        If the address is none.
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
        """Requests sent again: ``tried again``."""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._client.close()

    def stop(self) -> None:
        """Try nothing again from now on."""
        self._stopped.set()

    def owners(self) -> set[str]:
        """Return whose models the server says it has, as far as it says so."""
        try:
            models = self._client.get(f"{self._url}/models").json()["data"]
            return {str(model.get("owned_by")) for model in models}
        except (httpx.TransportError, ValueError, LookupError, TypeError, AttributeError):
            return set()

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send a request until it is answered; return the first choice.

        Raises
        ------
        RefusedError
            If the server does not take the request.
        EngineError
            If it does not answer, or not as a server of chat completions does.
        """
        said = ""
        for attempt in range(PATIENCE):
            wait = 0.0
            try:
                response = self._client.post(f"{self._url}/chat/completions", json=body)
            except httpx.TransportError as error:
                said = f"{type(error).__name__}: {error}"
            else:
                if response.status_code not in _BUSY:
                    return self._read(response)
                said = _said(response)
                wait = _asked_to_wait(response)
            pause = max(wait, 0.5 * 2**attempt * random.uniform(0.75, 1.25))
            if attempt + 1 == PATIENCE or self._stopped.wait(pause):
                break
            self.counts["tried again"] += 1
        raise EngineError(
            f"the server does not answer ({said})",
            where=self._url,
            remedy="see to the server and start again; fewer requests at once may help",
        )

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        if response.is_redirect:
            raise EngineError(
                f"the server points elsewhere, to {response.headers.get('location', '')}",
                where=self._url,
                remedy="name that address yourself if it is yours",
            )
        if response.status_code in _REFUSED:
            raise RefusedError(_said(response), where=self._url, remedy="see the server's log")
        if not response.is_success:
            raise EngineError(
                _said(response), where=self._url, remedy="check address, model and key"
            )
        try:
            found: dict[str, Any] = response.json()["choices"][0]
        except (ValueError, LookupError, TypeError) as error:
            raise EngineError(
                "no chat completion came back",
                where=self._url,
                remedy="is this the address of an OpenAI-compatible server, with /v1?",
            ) from error
        return found


def _said(response: httpx.Response) -> str:
    return f"the server says {response.status_code}: {response.text.strip()[:200]}"


def _asked_to_wait(response: httpx.Response) -> float:
    try:
        return min(float(response.headers.get("retry-after", "0")), LONGEST_WAIT)
    except ValueError:
        return 0.0
