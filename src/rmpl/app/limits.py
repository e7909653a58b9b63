"""Limits on what a request may hold, kept while it is read, and what every answer is told."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio's page has inline scripts and makes functions of its components' templates.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
"""Nothing is fetched from elsewhere. A drawing is a page of its own in a frame, under its own,
stricter policy, and without a way out of the frame."""

_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Guarded:
    """An app whose requests are no longer than so many bytes, and whose answers carry the policy.

    A length that is named is refused at once; where none is named, reading stops at the limit.
    """

    def __init__(self, app: App, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        named = dict(scope["headers"]).get(b"content-length", b"0")
        if not named.isdigit() or int(named) > self._most:
            await self._refuse(send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                # To the app it is as if the sender had gone.
                return {"type": "http.disconnect"}
            return message

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self._app(scope, counted, told)

    async def _refuse(self, send: Send) -> None:
        body = json.dumps({"error": f"a request of more than {self._most:,} bytes"}).encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *_HEADERS]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})
