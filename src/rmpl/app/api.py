"""The HTTP API: documents in, their events out; ``rmpl.app.client`` is its client.

``GET /api`` lists models, schemas and limits; ``POST /api/extract`` takes a text and files and
returns a line as written by ``rmpl extract`` (docs/extraction.md); ``POST /api/batch`` takes
several such documents and returns a line for each as soon as it is done; ``POST /api/draw`` tells
the page what is under way and then what it shows. ``rmpl.app.description`` describes the API.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import fastapi
import msgspec
import pydantic
from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from rmpl import __version__
from rmpl.app.asked import Asked, File, read_asked, read_batch
from rmpl.app.description import BATCH_DOCS, DRAW_DOCS, EXTRACT_DOCS, HEALTH_DOCS, describe
from rmpl.app.examples import Example
from rmpl.app.limits import BusyError, Totals
from rmpl.app.reading import ARTICLES, IMAGES, Upload
from rmpl.app.service import Found, Service
from rmpl.app.streams import Tell, problem_of, streamed

EXTRACT, BATCH, DRAW = "/api/extract", "/api/batch", "/api/draw"


class About(pydantic.BaseModel):
    """Models and schemas, the default first, warnings about models by name, and the limits."""

    version: str
    models: list[str]
    schemas: list[str]
    notices: dict[str, str]
    limits: dict[str, int]
    articles: list[str]
    pictures: list[str]


class Sample(pydantic.BaseModel):
    """An example document; its images are at ``/api/examples/N/pictures/M``, both from 1."""

    name: str
    text: str
    pictures: list[str]


class Health(pydantic.BaseModel):
    """Whether the app can answer, and the models that are in memory."""

    status: str
    version: str
    loaded: list[str]


def add_api(app: fastapi.FastAPI, service: Service, examples: Sequence[Example]) -> None:
    """Add the API's routes to an app."""
    _add_questions(app, service, examples)

    @app.post(EXTRACT, **EXTRACT_DOCS)
    async def extract(request: Request) -> Response:
        """Extract the events of one document."""
        asked = read_asked(await request.body(), service.limits)
        files = _uploads(asked.files)
        found = await service.extract(asked.text, files, model=asked.model, schema=asked.schema_)
        return Response(found.line, media_type="application/json")

    @app.post(BATCH, **BATCH_DOCS)
    async def batch(request: Request) -> Response:
        """Extract the events of several documents, which share the limits of one request."""
        asked = read_batch(await request.body(), service.limits)
        documents = [(one.text, _uploads(one.files)) for one in asked.documents]
        model, schema = asked.model, asked.schema_
        service.check(*documents, model=model, schema=schema)
        totals = Totals(service.limits)

        async def work(tell: Tell) -> None:
            async def one(index: int, text: str, files: list[Upload]) -> None:
                try:
                    async with asyncio.timeout_at(until):
                        found = await service.extract(
                            text, files, model=model, schema=schema, totals=totals
                        )
                except Exception as error:  # the other documents are answered
                    tell({"index": index, "problem": problem_of(error, service.limits.seconds)})
                else:
                    tell({"index": index, "result": msgspec.Raw(found.line.rstrip())})

            until = request.state.until
            await asyncio.gather(*(one(at, *given) for at, given in enumerate(documents)))

        return streamed(work)

    @app.post(DRAW, **DRAW_DOCS)
    async def draw(request: Request) -> Response:
        """Extract the events of one document, tell how far that is, and draw them."""
        asked = read_asked(await request.body(), service.limits)
        files = _uploads(asked.files)
        service.check((asked.text, files), model=asked.model, schema=asked.schema_)

        async def work(tell: Tell) -> None:
            try:
                async with asyncio.timeout_at(request.state.until):
                    found = await _drawn(service, asked, files, tell, examples)
            except Exception as error:
                tell({"problem": problem_of(error, service.limits.seconds)})
            else:
                tell({"result": {"line": msgspec.Raw(found.line.rstrip()), "drawing": found.page}})

        return streamed(work)

    app.openapi = lambda: describe(app)  # type: ignore[method-assign]


async def _drawn(
    service: Service,
    asked: Asked,
    files: Sequence[Upload],
    tell: Tell,
    examples: Sequence[Example],
) -> Found:
    """Extract and draw one document; ``tell`` gets the progress."""
    loop = asyncio.get_running_loop()

    def progress(step: str, done: int, of: int) -> None:
        said = {"progress": {"step": step, "done": done, "of": of}}
        loop.call_soon_threadsafe(tell, said)

    return await service.extract(
        asked.text,
        files,
        model=asked.model,
        schema=asked.schema_,
        draw=True,
        is_example=_is_example(asked, examples),
        progress=progress,
    )


def _is_example(asked: Asked, examples: Sequence[Example]) -> bool:
    """Return whether a document is one of the synthetic corpus, which every model may read."""
    return any(
        asked.text == one.text
        and {file.content for file in asked.files} <= {image.content for image in one.images}
        for one in examples
    )


def _uploads(files: Sequence[File]) -> list[Upload]:
    return [Upload(one.name, one.content) for one in files]


def _add_questions(app: fastapi.FastAPI, service: Service, examples: Sequence[Example]) -> None:
    """Add the routes that start no work."""
    images = {
        (str(number), str(place)): image.content
        for number, example in enumerate(examples, 1)
        for place, image in enumerate(example.images, 1)
    }

    @app.get("/health", **HEALTH_DOCS)
    async def health() -> Health:
        """Return whether the default model could be loaded."""
        if service.broken is not None:
            raise BusyError("the default model cannot be loaded", remedy=service.broken.remedy)
        return Health(status="ok", version=__version__, loaded=service.loaded)

    @app.get("/api")
    async def about() -> About:
        """Return models, schemas and limits."""
        limits = msgspec.structs.asdict(service.limits)
        return About(
            version=__version__,
            models=service.models,
            schemas=service.schemas,
            notices=service.notices,
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

    jpeg: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}

    @app.get("/api/examples/{number}/pictures/{place}", response_class=Response, responses=jpeg)
    async def image(number: str, place: str) -> Response:
        """Return an image of an example document."""
        if (number, place) not in images:
            raise HTTPException(404)
        return Response(images[number, place], media_type="image/jpeg")
