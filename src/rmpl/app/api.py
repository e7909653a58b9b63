"""The HTTP API: one document in, its events out; ``rmpl.app.client`` speaks it.

``GET /api`` says what there is to choose from and the limits; ``POST /api/extract`` takes a text
and files and answers with a line of ``rmpl extract`` (docs/extraction.md); ``POST /api/draw`` adds
what the page shows. ``GET /api/openapi.json`` describes all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import fastapi
import msgspec
import pydantic
from fastapi import Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from rmpl import __version__
from rmpl.app.asked import Asked, read_asked
from rmpl.app.examples import Example
from rmpl.app.page import COLUMNS, table
from rmpl.app.reading import ARTICLES, PICTURES, Upload
from rmpl.app.service import Found, Service

EXTRACT, DRAW = "/api/extract", "/api/draw"
_REF = "#/components/schemas/{name}"
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": _REF.format(name="Asked")}}},
    }
}


class About(pydantic.BaseModel):
    """What there is to choose from, the default first, and the limits."""

    version: str
    models: list[str]
    schemas: list[str]
    limits: dict[str, int]
    articles: list[str]
    pictures: list[str]


class Sample(pydantic.BaseModel):
    """A document to try; its pictures are at ``/api/examples/N/pictures/M``, both from 1."""

    name: str
    text: str
    pictures: list[str]


class Drawn(pydantic.BaseModel):
    """What the page shows: the line of ``/api/extract``, a table of it, and a page of its own."""

    line: dict[str, Any]
    columns: list[str]
    rows: list[list[str]]
    drawing: str


class Told(pydantic.BaseModel):
    """What is wrong, where, and what to do."""

    error: str
    where: str | None = None
    remedy: str | None = None


_TOLD: dict[int | str, dict[str, Any]] = {
    status: {"model": Told} for status in (400, 401, 403, 408, 413, 415, 422, 500, 503)
}


def add_api(app: fastapi.FastAPI, service: Service, examples: Sequence[Example]) -> None:
    """Add the API's routes to an app."""
    pictures = {
        (str(number), str(place)): picture.content
        for number, example in enumerate(examples, 1)
        for place, picture in enumerate(example.pictures, 1)
    }

    async def found_by(request: Request, *, draw: bool) -> Found:
        asked = read_asked(await request.body(), service.limits)
        files = [Upload(one.name, one.content) for one in asked.files]
        return await service.extract(
            asked.text, files, model=asked.model, schema=asked.schema_, draw=draw
        )

    @app.get("/api")
    async def about() -> About:
        """Say what there is to choose from."""
        limits = msgspec.structs.asdict(service.limits)
        return About(
            version=__version__,
            models=service.models,
            schemas=service.schemas,
            limits={name: int(value) for name, value in limits.items()},
            articles=list(ARTICLES),
            pictures=list(PICTURES),
        )

    @app.get("/api/examples")
    async def samples() -> list[Sample]:
        """Return documents to try."""
        return [
            Sample(name=one.name, text=one.text, pictures=[shown.name for shown in one.pictures])
            for one in examples
        ]

    @app.get("/api/examples/{number}/pictures/{place}", response_class=Response)
    async def picture(number: str, place: str) -> Response:
        """Return a picture of such a document."""
        if (number, place) not in pictures:
            raise HTTPException(404)
        return Response(pictures[number, place], media_type="image/jpeg")

    @app.post(EXTRACT, responses=_TOLD, openapi_extra=_BODY)
    async def extract(request: Request) -> Response:
        """Extract the events of one document."""
        found = await found_by(request, draw=False)
        return Response(found.line, media_type="application/json")

    @app.post(DRAW, responses={200: {"model": Drawn}, **_TOLD}, openapi_extra=_BODY)
    async def draw(request: Request) -> Response:
        """Extract the events of one document, and draw them."""
        found = await found_by(request, draw=True)
        drawn = {
            "line": msgspec.Raw(found.line),
            "columns": COLUMNS,
            "rows": table(found.document),
            "drawing": found.page,
        }
        return Response(msgspec.json.encode(drawn), media_type="application/json")

    def described() -> dict[str, Any]:
        if not app.openapi_schema:
            said = get_openapi(title=app.title, version=__version__, routes=app.routes)
            _, parts = msgspec.json.schema_components([Asked], ref_template=_REF)
            said["components"]["schemas"].update(parts)
            app.openapi_schema = said
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
