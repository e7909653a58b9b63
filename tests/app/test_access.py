"""The token: for programs, and for the page."""

from __future__ import annotations

import contextlib
import http.cookies
import socket
import time
from urllib.parse import urlsplit

import pytest

from app.conftest import ask, running, service
from rmpl.app.access import FAILURE_SECONDS, FAILURES, SESSION_SECONDS, Access
from rmpl.app.client import Client
from rmpl.app.server import build
from rmpl.errors import RmplError

TOKEN = "a-token-of-some-length"  # noqa: S105
TEXT = b'{"text": "Police arrested Ana."}'


@pytest.fixture
def app():
    return build(service(), examples=0, token=TOKEN)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api"),
        ("GET", "/api/examples"),
        ("GET", "/api/openapi.json"),
        ("GET", "/api/docs"),
        ("GET", "/health"),
        ("GET", "/assets/app.js"),
        ("GET", "/nothing"),
        ("POST", "/api/extract"),
        ("POST", "/api/draw"),
        ("POST", "/api/batch"),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("a-token-of-some-lengtH"),
        bearer(""),
        {"authorization": f"Basic {TOKEN}"},
        {"cookie": f"rmpl-session={TOKEN}"},
        {"cookie": "rmpl-session="},
    ],
)
def test_nothing_is_answered_without_the_token(app, method, path, headers):
    answer = ask(app, method, path, TEXT, **headers)
    assert (answer.status, answer.parts) == (401, 0)
    assert set(answer.told) == {"error", "where", "remedy"}


def test_slow_logins_of_strangers_keep_nobody_out():
    app = build(service(), examples=0, token=TOKEN)
    with running(app) as address:
        place = urlsplit(address)
        head = (
            f"POST /login HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 99\r\n"
            "Content-Type: application/json\r\n\r\n"
        ).encode()
        with contextlib.ExitStack() as open_ones:
            for _ in range(20):
                made = socket.create_connection((place.hostname, place.port), timeout=30)
                open_ones.enter_context(made).sendall(head)
            time.sleep(0.5)
            assert Client(address, token=TOKEN).extract("Police arrested Ana.").line


def test_a_program_sends_it_as_a_bearer_token(app):
    assert ask(app, "POST", "/api/extract", TEXT, **bearer(TOKEN)).status == 200


def test_the_client_sends_it():
    with running(build(service(), examples=0, token=TOKEN)) as address:
        assert Client(address, token=TOKEN).about().models == ["first", "second"]
        with pytest.raises(RmplError, match="token is needed"):
            Client(address).about()
    with pytest.raises(RmplError, match="not allowed in a header"):
        Client(token="a\r\nX: b")  # noqa: S106


def test_the_page_asks_for_it_once(app):
    answer = ask(app, "GET", "/")
    assert (answer.status, answer.headers["location"]) == (303, "/login")
    assert b'type="password"' in ask(app, "GET", "/login").body
    begun = ask(app, "POST", "/login", b'{"token": "%s"}' % TOKEN.encode())
    assert begun.status == 204
    cookie = http.cookies.SimpleCookie(begun.headers["set-cookie"])["rmpl-session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert TOKEN not in cookie.value
    session = {"cookie": f"other=1; rmpl-session={cookie.value}"}
    assert ask(app, "GET", "/", **session).status == 200
    assert ask(app, "POST", "/api/extract", TEXT, **session).status == 200
    foreign = {"origin": "http://evil.example"}
    assert ask(app, "POST", "/api/extract", TEXT, **session, **foreign).status == 403


def test_wrong_tokens_are_counted_by_address():
    now = [0.0]
    access = Access(TOKEN, clock=lambda: now[0])
    for _ in range(FAILURES):
        assert access.login("wrong", "a").status == 401
    assert access.login(TOKEN, "a").status == 429
    assert access.refusal("/api", {"authorization": [f"Bearer {TOKEN}"]}, "a").status == 429
    assert isinstance(access.login(TOKEN, "b"), str)
    now[0] += FAILURE_SECONDS + 1
    assert isinstance(access.login(TOKEN, "a"), str)
    assert access.login("\ud800\u00e9", "a").status == 401


def test_a_session_ends():
    now = [0.0]
    access = Access(TOKEN, clock=lambda: now[0])
    cookie = access.login(TOKEN, "a").partition(";")[0]
    assert access.refusal("/api", {"cookie": [cookie]}, "a") is None
    now[0] += SESSION_SECONDS
    assert access.refusal("/api", {"cookie": [cookie]}, "a").status == 401
