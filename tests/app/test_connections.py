"""Slow and silent clients, over real sockets; this notices if uvicorn's inside changes."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from app.conftest import running, service
from rmpl import __version__
from rmpl.app.connections import PatientProtocol
from rmpl.app.server import build


class Impatient(PatientProtocol):
    patience = 0.6
    most = 5


@pytest.fixture(scope="module")
def place():
    with running(build(service(), examples=0), Impatient) as address:
        parts = urlsplit(address)
        yield parts.hostname, parts.port


def connected(place) -> socket.socket:
    made = socket.create_connection(place, timeout=30)
    made.settimeout(30)
    return made


def read_to_end(made: socket.socket) -> bytes:
    """Return all that comes until the server ends the connection."""
    parts = []
    try:
        while part := made.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n"])
def test_half_open_connections_are_closed(place, sent):
    with connected(place) as made:
        made.sendall(sent)
        assert read_to_end(made) == b""


def test_bits_of_a_head_do_not_prolong_the_wait(place):
    with connected(place) as made:
        made.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(OSError):  # a reset or a broken pipe
            for _ in range(1000):
                made.sendall(b"X: y\r\n")
                time.sleep(0.02)


def test_after_an_answer_the_wait_begins_again(place):
    with connected(place) as made:
        for _ in range(2):
            made.sendall(b"GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = http.client.HTTPResponse(made)
            answer.begin()
            assert (answer.status, json.loads(answer.read())["version"]) == (200, __version__)
        made.sendall(b"GET /api HTT")
        assert read_to_end(made) == b""


def test_many_silent_connections_keep_nobody_out(place):
    silent = [connected(place) for _ in range(20)]
    try:
        with connected(place) as made:
            made.sendall(b"GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert b"200 OK" in read_to_end(made)
    finally:
        for one in silent:
            one.close()


def test_answers_that_are_not_fetched_keep_nobody_out(place):
    silent = []
    try:
        for _ in range(Impatient.most + 1):
            made = socket.socket()
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            made.connect(place)
            made.sendall(b"GET /assets/app.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1300)
            silent.append(made)
        request = b"GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = b""
        for _ in range(60):  # until their buffers are full, and the patience is over
            with connected(place) as made, contextlib.suppress(ConnectionError):
                made.sendall(request)
                answer = read_to_end(made)
            if b"200 OK" in answer:
                break
            time.sleep(0.5)
        assert b"200 OK" in answer
    finally:
        for one in silent:
            one.close()


def test_no_http_is_told_in_the_one_form(place):
    with connected(place) as made:
        made.sendall(b"\x16\x03\x01 not HTTP\r\n\r\n")
        head, _, body = read_to_end(made).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert set(json.loads(body)) == {"error", "where", "remedy"}


def test_a_refusal_reaches_a_client_that_still_sends(place):
    with connected(place) as made:
        length = 40_000_000
        made.sendall(
            b"POST /api/extract HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % length + b" " * 5_000_000
        )
        assert b"HTTP/1.1 413" in made.recv(65536)


def test_a_websocket_is_no_door(place):
    with connected(place) as made:
        made.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b"101" not in read_to_end(made).partition(b"\r\n")[0]
