"""One request and its response: common headers, and early responses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from rmpl.app.access import Headers
from rmpl.app.answers import Refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LINGER_SECONDS = 1.0
"""Time for which the rest of a refused body is read and discarded: a client that is still sending
when the connection is cut may never see the response."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Exchange:
    """A request and its response.

    Parameters
    ----------
    policy
        The Content-Security-Policy of the response.
    """

    def __init__(self, headers: Headers, receive: Receive, send: Send, policy: str) -> None:
        self._receive = receive
        self._send = send
        self._headers = [*_HEADERS, (b"content-security-policy", policy.encode())]
        length = headers.get("content-length", ("0",))[0]
        self._is_read = length == "0" and "transfer-encoding" not in headers
        self.is_begun = False
        """Whether a part of the response was sent."""
        self.is_answered = False
        """Whether the response is complete."""

    async def receive(self) -> Message:
        """Return the next part of the request."""
        message = await self._receive()
        if not message.get("more_body", False):
            self._is_read = True
        return message

    async def until_gone(self) -> None:
        """Wait until the client has disconnected or has its response."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def send(self, message: Message) -> None:
        """Send a part of the response."""
        if message["type"] == "http.response.start":
            self.is_begun = True
            headers = [*message.get("headers", []), *self._headers]
            if not self._is_read:
                headers.append((b"connection", b"close"))
            await self._send({**message, "headers": headers})
            return
        if message.get("more_body", False):
            await self._send(message)
            return
        if not self._is_read:
            await self._send({**message, "more_body": True})
            await self._throw_away()
            message = {**message, "body": b""}
        self.is_answered = True
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Send a refusal, unless a response has started."""
        if self.is_begun:
            return
        body = refusal.body
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in refusal.headers.items()),
        ]
        status = int(refusal.status)
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def _throw_away(self) -> None:
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while not self._is_read:
                    await self.receive()
        except TimeoutError:
            pass
