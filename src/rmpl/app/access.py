"""Access control: host names, cross-site requests, and the token."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from rmpl.app.answers import Refusal

COOKIE = "rmpl-session"
SESSION_SECONDS = 12 * 3600
SESSIONS = 1000
FAILURES = 10
"""Wrong tokens an address may send within ``FAILURE_SECONDS`` before it has to wait."""
FAILURE_SECONDS = 60.0
ADDRESSES = 1000

SAFE = frozenset({"GET", "HEAD"})
"""HTTP methods that change nothing and start no work."""
_OPEN = frozenset({"/login", "/assets/login.js", "/assets/app.css", "/assets/icon.svg"})

Headers = Mapping[str, Sequence[str]]
"""Headers of a request: lower-case name -> values."""


def is_known_host(headers: Headers, hosts: Sequence[str]) -> bool:
    """Return whether a request's host is allowed: ``*.example.org`` allows every subdomain."""
    given = headers.get("host", ())
    if len(given) != 1:
        return False
    name = given[0].lower()
    if not name.endswith("]"):
        before, colon, port = name.rpartition(":")
        name = before if colon and port.isdigit() else name
    return any(
        pattern in {"*", name} or (pattern.startswith("*.") and name.endswith(pattern[1:]))
        for pattern in map(str.lower, hosts)
    )


def is_foreign(headers: Headers) -> bool:
    """Return whether a request is cross-site, according to the headers of its browser."""
    sites = headers.get("sec-fetch-site", ())
    if any(site not in {"same-origin", "none"} for site in sites):
        return True
    (host,) = headers.get("host", ("",))
    return any(_place(origin) != host.lower() for origin in headers.get("origin", ()))


def _place(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


class Access:
    """Admits requests with the token, or with a session created by it.

    Parameters
    ----------
    token
        Compared in constant time.
    clock
        Returns the time in seconds.
    """

    def __init__(self, token: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token.encode()
        self._clock = clock
        self._sessions: OrderedDict[str, float] = OrderedDict()
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def refusal(self, path: str, headers: Headers, address: str) -> Refusal | None:
        """Return why a request is refused, ``None`` if it is admitted."""
        if path in _OPEN or self._has_session(headers):
            return None
        given = headers.get("authorization", ())
        if not given:
            if path == "/":
                return Refusal(HTTPStatus.SEE_OTHER, "log in", headers={"Location": "/login"})
            return _unknown("a token is needed", "log in at /login, or send it as a bearer token")
        scheme, _, token = given[0].partition(" ")
        if scheme.lower() != "bearer":
            return _unknown("a bearer token is needed", "Authorization: Bearer TOKEN")
        return self._check(token.strip(), address)

    def login(self, token: str, address: str) -> Refusal | str:
        """Create a session; return its cookie, or why the login is refused."""
        refusal = self._check(token, address)
        if refusal is not None:
            return refusal
        session = secrets.token_urlsafe(32)
        self._sessions[session] = self._clock() + SESSION_SECONDS
        while len(self._sessions) > SESSIONS:
            self._sessions.popitem(last=False)
        return f"{COOKIE}={session}; Path=/; Max-Age={SESSION_SECONDS}; HttpOnly; SameSite=Strict"

    def _check(self, token: str, address: str) -> Refusal | None:
        now = self._clock()
        failed = self._failed.get(address, deque())
        while failed and now - failed[0] > FAILURE_SECONDS:
            failed.popleft()
        if len(failed) >= FAILURES:
            wait = {"Retry-After": str(int(FAILURE_SECONDS))}
            return Refusal(
                HTTPStatus.TOO_MANY_REQUESTS, "too many wrong tokens", None, "wait a minute", wait
            )
        if secrets.compare_digest(token.encode("utf-8", "surrogatepass"), self._token):
            return None
        failed.append(now)
        self._failed[address] = failed
        self._failed.move_to_end(address)
        while len(self._failed) > ADDRESSES:
            self._failed.popitem(last=False)
        return _unknown("wrong token", "ask whoever started the server for it")

    def _has_session(self, headers: Headers) -> bool:
        for line in headers.get("cookie", ()):
            for part in line.split(";"):
                name, _, value = part.strip().partition("=")
                # Names are random: the time of a look-up reveals nothing about other sessions.
                until = self._sessions.get(value) if name == COOKIE else None
                if until is not None and self._clock() < until:
                    return True
        return False


def _unknown(error: str, remedy: str) -> Refusal:
    headers = {"WWW-Authenticate": "Bearer"}
    return Refusal(HTTPStatus.UNAUTHORIZED, error, None, remedy, headers)
