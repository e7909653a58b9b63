"""Closes idle and half-open connections, for which uvicorn has no time limit.

It subclasses uvicorn's protocol class, which is not a public interface; changes are detected by
tests/app/test_connections.py.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from rmpl.app.answers import Refusal

PATIENCE_SECONDS = 10.0
"""Time for the head of a request, from connecting or from the last response."""

FETCHES = 12
"""Periods of that length a client may take to fetch a response, if it makes progress in each."""

MOST = 256
"""Limit of open connections; the oldest idle one is closed for a new one."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 whose idle and half-open connections end after ``PATIENCE_SECONDS``."""

    patience = PATIENCE_SECONDS
    most = MOST

    idle: asyncio.TimerHandle | None = None
    """When a connection without an open request is ended."""
    _is_full = False
    _unsent = 0
    _fetches = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer for a request."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            since = {
                one: one.idle.when()
                for one in self.connections
                if isinstance(one, PatientProtocol) and one.idle is not None
            }
            oldest = min(since, key=since.__getitem__, default=self)
            oldest.transport.abort()
        self._look()

    def data_received(self, data: bytes) -> None:
        """Handle received bytes; part of a head does not extend the time."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Start the timers for the next request and for fetching this response."""
        super().on_response_complete()
        self._unsent, self._fetches = self.transport.get_write_buffer_size(), 0
        self._look()

    def pause_writing(self) -> None:
        """Start to wait for the client to fetch what is sent, even if it has asked for more."""
        super().pause_writing()
        self._is_full = True
        self._unsent, self._fetches = self.transport.get_write_buffer_size(), 0
        self._look()

    def resume_writing(self) -> None:
        """Go on with what it has asked for."""
        super().resume_writing()
        self._is_full = False
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        super().connection_lost(exc)
        self._rest()

    def send_400_response(self, msg: str) -> None:
        """Report invalid HTTP, in the form of all errors."""
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
        if is_asked and not self._is_full:
            self._rest()
        elif self.idle is None:
            self.idle = self.loop.call_later(self.patience, self._give_up)

    def _rest(self) -> None:
        if self.idle is not None:
            self.idle.cancel()
            self.idle = None

    def _give_up(self) -> None:
        self.idle = None
        unsent = self.transport.get_write_buffer_size()
        if 0 < unsent < self._unsent and self._fetches < FETCHES:
            self._unsent = unsent
            self._fetches += 1
            self._look()
            return
        # Aborted, not closed: closing would wait for a client that does not fetch its response.
        self.transport.abort()
