"""The HTTP API: one document in, its events out; ``rmpl.app.client`` speaks it.

``GET /api`` says what there is to choose from and the limits; ``POST /api/extract`` takes a text
and files and answers with a line of ``rmpl extract`` (docs/extraction.md);
``GET /api/openapi.json`` describes both.
"""

from __future__ import annotations

from typing import Annotated

import pydantic
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from rmpl import __version__
from rmpl.app.service import BusyError, Service, Upload
from rmpl.errors import RmplError


class File(pydantic.BaseModel):
    """A picture, or an article as a file; ``content`` is base 64."""

    model_config = pydantic.ConfigDict(extra="forbid")

    name: Annotated[str, pydantic.Field(max_length=255)]
    content: pydantic.Base64Bytes


class Asked(pydantic.BaseModel):
    """A document to extract from; ``model`` and ``schema`` are names that ``GET /api`` lists."""

    model_config = pydantic.ConfigDict(extra="forbid", populate_by_name=True)

    text: str = ""
    files: list[File] = []
    model: str | None = None
    schema_: Annotated[str | None, pydantic.Field(alias="schema")] = None


class About(pydantic.BaseModel):
    """What there is to choose from, the default first, and the limits."""

    version: str
    models: list[str]
    schemas: list[str]
    limits: dict[str, int]


class Told(pydantic.BaseModel):
    """What is wrong, where, and what to do."""

    error: str
    where: str | None = None
    remedy: str | None = None


def router(service: Service) -> APIRouter:
    """Return the API's routes."""
    api = APIRouter(prefix="/api")

    @api.get("")
    async def about() -> About:
        """Say what there is to choose from."""
        limits = service.limits
        return About(
            version=__version__,
            models=service.models,
            schemas=service.schemas,
            limits={
                "characters": limits.characters,
                "files": limits.files,
                "file_bytes": limits.file_bytes,
            },
        )

    @api.post("/extract", responses={400: {"model": Told}, 503: {"model": Told}})
    async def extract(asked: Asked) -> Response:
        """Extract the events of one document."""
        files = [Upload(one.name, one.content) for one in asked.files]
        found = await service.extract(asked.text, files, model=asked.model, schema=asked.schema_)
        return Response(found.line, media_type="application/json")

    return api


async def on_error(_request: Request, error: Exception) -> Response:
    """Tell a mistake in the input as JSON."""
    if not isinstance(error, RmplError):
        raise error
    told = Told(error=error.what, where=error.where, remedy=error.remedy)
    busy = isinstance(error, BusyError)
    headers = {"Retry-After": "5"} if busy else None
    return JSONResponse(told.model_dump(), status_code=503 if busy else 400, headers=headers)


async def on_malformed(_request: Request, error: Exception) -> Response:
    """Tell a request of another form as JSON, without repeating what it held."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    told = Told(error=str(first["msg"]), where=".".join(map(str, first["loc"])))
    return JSONResponse(told.model_dump(), status_code=422)
