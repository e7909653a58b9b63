"""Who may ask: hosts' names, other sites' pages, and the token."""

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
"""So many wrong tokens may an address give within ``FAILURE_SECONDS``; then it has to wait."""
FAILURE_SECONDS = 60.0
ADDRESSES = 1000

SAFE = frozenset({"GET", "HEAD"})
"""What changes nothing and starts no work."""
_OPEN = frozenset({"/login", "/assets/login.js", "/assets/app.css", "/assets/icon.svg"})

Headers = Mapping[str, Sequence[str]]
"""Of a request: names in small letters, each with the values it came with."""


def is_known_host(headers: Headers, hosts: Sequence[str]) -> bool:
    """Return whether a request asks for one of these names: ``*.example.org`` is all below it."""
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
    """Return whether a page of another site sent a request, as far as its browser says so."""
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
    """Lets in who has the token, or a session that was begun with it.

    Parameters
    ----------
    token
        Compared in constant time.
    clock
        Seconds.
    """

    def __init__(self, token: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token.encode()
        self._clock = clock
        self._sessions: OrderedDict[str, float] = OrderedDict()
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def refusal(self, path: str, headers: Headers, address: str) -> Refusal | None:
        """Return why a request is not let in, ``None`` if it is."""
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
        """Begin a session; return the cookie that names it, or why there is none."""
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
        return _unknown("not the token of this server", "see who started it")

    def _has_session(self, headers: Headers) -> bool:
        for line in headers.get("cookie", ()):
            for part in line.split(";"):
                name, _, value = part.strip().partition("=")
                # Looking up random names in a table tells nothing about others that are in it.
                until = self._sessions.get(value) if name == COOKIE else None
                if until is not None and self._clock() < until:
                    return True
        return False


def _unknown(error: str, remedy: str) -> Refusal:
    headers = {"WWW-Authenticate": "Bearer"}
    return Refusal(HTTPStatus.UNAUTHORIZED, error, None, remedy, headers)
