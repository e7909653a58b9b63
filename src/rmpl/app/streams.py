"""Answers in lines of JSON: what is under way, then what was found."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from fastapi.responses import StreamingResponse

from rmpl.app.answers import FAILED, Refusal, busy, late
from rmpl.app.limits import BusyError
from rmpl.errors import RmplError

NDJSON = "application/x-ndjson"
_log = logging.getLogger("uvicorn.error")

Tell = Callable[[Any], None]
"""Sends an object as a line; called in the event loop."""


def streamed(work: Callable[[Tell], Awaitable[None]]) -> StreamingResponse:
    """Return a response of the lines that ``work`` tells; its work ends with the client."""
    return StreamingResponse(_lines(work), media_type=NDJSON)


async def _lines(work: Callable[[Tell], Awaitable[None]]) -> AsyncIterator[bytes]:
    told: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def working() -> None:
        try:
            await work(lambda one: told.put_nowait(msgspec.json.encode(one) + b"\n"))
        finally:
            told.put_nowait(None)

    task = asyncio.ensure_future(working())
    try:
        while (line := await told.get()) is not None:
            yield line
        await task
    finally:
        task.cancel()
        await asyncio.wait({task})


def problem_of(error: Exception, seconds: float) -> dict[str, str | None]:
    """Return an error as it is told within a response that has begun.

    ``seconds`` is the time limit, which a ``TimeoutError`` means.
    """
    if isinstance(error, TimeoutError):
        refusal = late(seconds)
    elif isinstance(error, BusyError):
        refusal = busy(error.what, error.remedy or "")
    elif isinstance(error, RmplError):
        refusal = Refusal(400, error.what, error.where, error.remedy)
    else:  # every error has the documented form
        _log.error("a request failed", exc_info=error)
        refusal = FAILED
    return {"error": refusal.error, "where": refusal.where, "remedy": refusal.remedy}
