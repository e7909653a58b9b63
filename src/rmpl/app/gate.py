"""Limits applied to every request before and during its work.

Access is checked first, then the number of concurrent requests; only then is a body read, within
size and time limits. Work stops when its client disconnects, and at the time limit.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from rmpl.app.access import SAFE, Access, Headers, is_foreign, is_known_host
from rmpl.app.answers import FAILED, Refusal, busy, late
from rmpl.app.exchange import App, Exchange, Message, Receive, Send
from rmpl.app.limits import Budget, BusyError, Limits, Share
from rmpl.app.memory import Trimmer

JSON = "application/json"
SLOWEST = 500_000
"""Minimum bytes per second of a large body."""
FIRST_SECONDS = 10.0
"""Seconds allowed for a body in addition."""

LAST_SECONDS = 10.0
"""Seconds for which an answer that has begun is still sent after the time limit."""

_log = logging.getLogger("uvicorn.error")


class Gate:
    """An ASGI app that enforces access control and limits.

    Parameters
    ----------
    app
        The app to protect.
    hosts
        Host names of the server.
    bodies
        Maximum body size in bytes by path; other paths take no body.
    limits
        Limits of all requests.
    access
        Access control; ``None`` admits everybody.
    policy
        The Content-Security-Policy of all responses.
    """

    def __init__(
        self,
        app: App,
        *,
        hosts: Sequence[str],
        bodies: Mapping[str, int],
        limits: Limits,
        access: Access | None,
        policy: str,
    ) -> None:
        self.app = app
        self._hosts = hosts
        self._bodies = bodies
        self._limits = limits
        self._access = access
        self._policy = policy
        self._running = Counter[int]()  # by how much they may hold: logins keep out nobody else
        self._bytes = Budget(limits.running_bytes)
        self._trimmer = Trimmer()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        exchange = Exchange(headers, receive, send, self._policy)
        try:
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await exchange.refuse(refusal)
            elif scope["method"] in SAFE:
                await self.app(scope, exchange.receive, exchange.send)
            else:
                await self._admit(scope, headers, exchange)
        except BusyError as error:
            await exchange.refuse(busy(error.what))
        except asyncio.CancelledError:
            await exchange.refuse(busy("the server is shutting down"))
        except Exception as error:  # every error has the documented form
            _log.error("a request failed", exc_info=error)
            await exchange.refuse(FAILED)

    def _refusal(self, scope: Message, headers: Headers) -> Refusal | None:
        if not is_known_host(headers, self._hosts):
            remedy = "allow it with rmpl app --allow-host NAME"
            return Refusal(HTTPStatus.BAD_REQUEST, "unknown host name", "Host", remedy)
        if scope["method"] not in SAFE and is_foreign(headers):
            return Refusal(
                HTTPStatus.FORBIDDEN,
                "sent by a page of another site",
                remedy="use this server's own page or the HTTP API",
            )
        if self._access is None:
            return None
        address = (scope.get("client") or ("",))[0]
        return self._access.refusal(scope["path"], headers, address)

    async def _admit(self, scope: Message, headers: Headers, exchange: Exchange) -> None:
        most = self._bodies.get(scope["path"])
        if most is None or scope["method"] != "POST":
            await self.app(scope, _nothing, exchange.send)
            return
        refusal = _not_taken(headers, most)
        if refusal is None and self._running[most] >= self._limits.waiting:
            refusal = busy(f"{self._running[most]} requests are under way")
        if refusal is not None:
            await exchange.refuse(refusal)
            return
        self._running[most] += 1
        try:
            with Share(self._bytes, "bytes") as share:
                body = await self._read(headers, exchange, most, share)
                if isinstance(body, Refusal):
                    await exchange.refuse(body)
                elif body is not None:
                    await self._work(scope, exchange, body)
        finally:
            self._running[most] -= 1
            self._trimmer.soon()

    async def _read(
        self, headers: Headers, exchange: Exchange, most: int, share: Share
    ) -> bytes | Refusal | None:
        """Return a body, why reading it was stopped, or ``None`` if the client disconnected."""
        named = int(headers["content-length"][0]) if "content-length" in headers else None
        share.take(named or 0)
        expected = most if named is None else named
        seconds = min(self._limits.reading_seconds, FIRST_SECONDS + expected / SLOWEST)
        parts: list[bytes] = []
        read = 0
        try:
            async with asyncio.timeout(seconds):
                while True:
                    message = await exchange.receive()
                    if message["type"] == "http.disconnect":
                        return None
                    part = message.get("body", b"")
                    read += len(part)
                    if read > most:
                        return _too_large(most)
                    if named is None:
                        share.take(len(part))
                    parts.append(part)
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            said = f"the request was not received within {seconds:.0f} s"
            return Refusal(HTTPStatus.REQUEST_TIMEOUT, said, None, "send a smaller request")

    async def _work(self, scope: Message, exchange: Exchange, body: bytes) -> None:
        """Respond, unless the client disconnects or time runs out.

        Work that answers in lines tells itself what is not done at ``until``, of which all is the
        same moment: were it counted from when that work begins, a busy machine would cut it off.
        """
        until = asyncio.get_running_loop().time() + self._limits.seconds
        scope = {**scope, "state": {**scope.get("state", {}), "until": until}}
        work = asyncio.ensure_future(self.app(scope, _once(body), exchange.send))
        del body
        gone = asyncio.ensure_future(exchange.until_gone())
        try:
            await asyncio.wait(
                {work, gone},
                timeout=self._limits.seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if exchange.is_begun:
                await asyncio.wait(
                    {work, gone}, timeout=LAST_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
            is_late = not gone.done()
            if exchange.is_answered:
                await work
        finally:
            ended = work.done() and not work.cancelled()
            for one in (work, gone):
                one.cancel()
            await asyncio.wait({work, gone})
        if ended:
            work.result()
        elif is_late:
            await exchange.refuse(late(self._limits.seconds))


def _headers(scope: Message) -> Headers:
    headers: dict[str, list[str]] = defaultdict(list)
    for name, value in scope["headers"]:
        headers[name.decode("latin-1").lower()].append(value.decode("latin-1"))
    return dict(headers)


def _not_taken(headers: Headers, most: int) -> Refusal | None:
    kind = headers.get("content-type", ("",))[0].partition(";")[0].strip().lower()
    if kind != JSON:
        return Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not JSON", "Content-Type", f"send {JSON}"
        )
    if "content-encoding" in headers:
        return Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "a compressed body",
            "Content-Encoding",
            "send it uncompressed",
        )
    length = headers.get("content-length", ("0",))[0]
    if not (length.isascii() and length.isdigit()):
        return Refusal(HTTPStatus.BAD_REQUEST, "no length", "Content-Length")
    return _too_large(most) if len(length) > 12 or int(length) > most else None


def _too_large(most: int) -> Refusal:
    remedy = "send fewer or smaller files"
    return Refusal(413, f"request larger than {most:,} bytes", None, remedy)


def _once(body: bytes) -> Receive:
    """Return a receive function that yields a body once; waiting for more is cancelled."""
    left = [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await asyncio.Future()

    return receive


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
