"""Connections that do not get on with it are closed: uvicorn waits for a request for ever.

This leans on uvicorn's own protocol class, which is no public interface; tests/app/
test_connections.py notices if that changes.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from rmpl.app.answers import Refusal

PATIENCE_SECONDS = 10.0
"""Until a request's head has come, from when the connection stands or the last answer is sent."""

FETCHES = 12
"""So many times that long may a client take to fetch an answer, if it fetches some each time."""

MOST = 256
"""Connections at once. Of those that ask nothing, the oldest makes room for a new one."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 whose idle and half-open connections end after ``PATIENCE_SECONDS``."""

    patience = PATIENCE_SECONDS
    most = MOST

    _idle: asyncio.TimerHandle | None = None
    _unsent = 0
    _fetches = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            since = {
                one: one._idle.when()
                for one in self.connections
                if isinstance(one, PatientProtocol) and one._idle is not None
            }
            oldest = min(since, key=since.__getitem__, default=self)
            oldest.transport.abort()
        self._look()

    def data_received(self, data: bytes) -> None:
        """Take what came; a part of a head does not prolong the wait."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Start to wait for another request, and for the client to fetch this answer."""
        super().on_response_complete()
        self._unsent, self._fetches = self.transport.get_write_buffer_size(), 0
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._rest()

    def send_400_response(self, msg: str) -> None:
        """Tell that this is no HTTP, in the form of all errors."""
        body = Refusal(400, msg).body
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        events = (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _look(self) -> None:
        is_asked = self.cycle is not None and not self.cycle.response_complete
        if is_asked:
            self._rest()
        elif self._idle is None:
            self._idle = self.loop.call_later(self.patience, self._give_up)

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _give_up(self) -> None:
        self._idle = None
        unsent = self.transport.get_write_buffer_size()
        if 0 < unsent < self._unsent and self._fetches < FETCHES:
            self._unsent = unsent
            self._fetches += 1
            self._look()
            return
        # Not closed but cut: closing would wait for a client that does not fetch its answer.
        self.transport.abort()
