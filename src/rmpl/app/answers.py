"""Errors as HTTP responses, all of the form ``{"error": ..., "where": ..., "remedy": ...}``."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from rmpl.app.limits import BusyError
from rmpl.errors import RmplError

RETRY_AFTER = {"Retry-After": "5"}


class MalformedError(RmplError):
    """A request that does not have the documented form."""


class Refusal(NamedTuple):
    """Why a request is refused before any work is done."""

    status: int
    error: str
    where: str | None = None
    remedy: str | None = None
    headers: Mapping[str, str] = {}

    @property
    def body(self) -> bytes:
        """Return the response body."""
        return msgspec.json.encode(
            {"error": self.error, "where": self.where, "remedy": self.remedy}
        )


def response(refusal: Refusal) -> Response:
    """Return a refusal as an HTTP response."""
    return Response(
        refusal.body,
        status_code=refusal.status,
        media_type="application/json",
        headers=dict(refusal.headers),
    )


def busy(error: str, remedy: str = "try again later") -> Refusal:
    """Return a refusal with Retry-After."""
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, error, remedy=remedy, headers=RETRY_AFTER)


def late(seconds: float) -> Refusal:
    """Return the refusal of work that took too long."""
    said = f"stopped after the time limit of {seconds:.0f} s"
    return busy(said, "send less, or raise --time-limit")


FAILED = Refusal(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal error",
    remedy="see the server's log",
)


async def on_error(_request: Request, error: Exception) -> Response:
    """Report an input error."""
    if not isinstance(error, RmplError):
        raise error
    if isinstance(error, BusyError):
        return response(busy(error.what, error.remedy or ""))
    is_malformed = isinstance(error, MalformedError)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_malformed else HTTPStatus.BAD_REQUEST
    return response(Refusal(status, error.what, error.where, error.remedy))


async def on_http(_request: Request, error: Exception) -> Response:
    """Report an unknown route or method."""
    if not isinstance(error, HTTPException):
        raise error
    said = HTTPStatus(error.status_code).phrase.lower()
    remedy = "docs/app.md lists the routes"
    return response(Refusal(error.status_code, said, None, remedy, error.headers or {}))


async def on_failure(_request: Request, _error: Exception) -> Response:
    """Report an internal error without details."""
    return response(FAILED)
