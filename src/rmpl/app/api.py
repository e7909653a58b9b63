"""The HTTP API: one document in, its events out; ``rmpl.app.client`` is its client.

``GET /api`` lists models, schemas and limits; ``POST /api/extract`` takes a text and files and
returns a line as written by ``rmpl extract`` (docs/extraction.md); ``POST /api/draw`` adds what the
page shows. ``GET /api/openapi.json`` describes the API.
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
from rmpl.app.reading import ARTICLES, IMAGES, Upload
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
    """Models and schemas, the default first, and the limits."""

    version: str
    models: list[str]
    schemas: list[str]
    limits: dict[str, int]
    articles: list[str]
    pictures: list[str]


class Sample(pydantic.BaseModel):
    """An example document; its images are at ``/api/examples/N/pictures/M``, both from 1."""

    name: str
    text: str
    pictures: list[str]


class Drawn(pydantic.BaseModel):
    """What the page shows: the line of ``/api/extract``, a table and a drawing."""

    line: dict[str, Any]
    columns: list[str]
    rows: list[list[str]]
    drawing: str


class Problem(pydantic.BaseModel):
    """An error: what, where, and how to fix it."""

    error: str
    where: str | None = None
    remedy: str | None = None


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 403, 408, 413, 415, 422, 500, 503)
}


def add_api(app: fastapi.FastAPI, service: Service, examples: Sequence[Example]) -> None:
    """Add the API's routes to an app."""
    images = {
        (str(number), str(place)): image.content
        for number, example in enumerate(examples, 1)
        for place, image in enumerate(example.images, 1)
    }

    async def found_by(request: Request, *, draw: bool) -> Found:
        asked = read_asked(await request.body(), service.limits)
        files = [Upload(one.name, one.content) for one in asked.files]
        return await service.extract(
            asked.text, files, model=asked.model, schema=asked.schema_, draw=draw
        )

    @app.get("/api")
    async def about() -> About:
        """Return models, schemas and limits."""
        limits = msgspec.structs.asdict(service.limits)
        return About(
            version=__version__,
            models=service.models,
            schemas=service.schemas,
            limits={name: int(value) for name, value in limits.items()},
            articles=list(ARTICLES),
            pictures=list(IMAGES),
        )

    @app.get("/api/examples")
    async def samples() -> list[Sample]:
        """Return example documents."""
        return [
            Sample(name=one.name, text=one.text, pictures=[shown.name for shown in one.images])
            for one in examples
        ]

    @app.get("/api/examples/{number}/pictures/{place}", response_class=Response)
    async def image(number: str, place: str) -> Response:
        """Return an image of an example document."""
        if (number, place) not in images:
            raise HTTPException(404)
        return Response(images[number, place], media_type="image/jpeg")

    @app.post(EXTRACT, responses=_PROBLEMS, openapi_extra=_BODY)
    async def extract(request: Request) -> Response:
        """Extract the events of one document."""
        found = await found_by(request, draw=False)
        return Response(found.line, media_type="application/json")

    @app.post(DRAW, responses={200: {"model": Drawn}, **_PROBLEMS}, openapi_extra=_BODY)
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
