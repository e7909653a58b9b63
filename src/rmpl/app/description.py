"""The API's description as OpenAPI; ``/api/docs`` shows it."""

from __future__ import annotations

from typing import Any

import fastapi
import msgspec
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

from rmpl import __version__
from rmpl.app.answer_shapes import BatchLine, DrawnLine, Extracted, Problem
from rmpl.app.asked import Asked, Batch
from rmpl.app.streams import NDJSON

_REF = "#/components/schemas/{name}"
_JSON = "application/json"
_SHAPES = (Asked, Batch, Extracted, BatchLine, DrawnLine, Problem)


def _content(shape: type, kind: str = _JSON) -> dict[str, Any]:
    return {"content": {kind: {"schema": {"$ref": _REF.format(name=shape.__name__)}}}}


def _answer(description: str, shape: type, kind: str = _JSON) -> dict[str, Any]:
    return {"description": description, **_content(shape, kind)}


_REASONS = {
    400: "a limit is exceeded, a file cannot be read, or there is no input",
    401: "missing or wrong token",
    403: "sent by a page of another site",
    408: "not received in time",
    413: "too large",
    415: "not JSON",
    422: "JSON that does not fit the description",
    500: "internal error",
    503: "too busy, or the time limit was reached",
}
_PROBLEMS = {status: _answer(reason, Problem) for status, reason in _REASONS.items()}


def _docs(asked: type, answer: dict[str, Any]) -> dict[str, Any]:
    body = {"requestBody": {"required": True, **_content(asked)}}
    return {
        "response_class": Response,  # whose kind of content is that of the answer
        "responses": {200: answer, **_PROBLEMS},
        "openapi_extra": body,
    }


EXTRACT_DOCS = _docs(Asked, _answer("the document with its events", Extracted))
BATCH_DOCS = _docs(
    Batch, _answer("one line for each document, as soon as it is done", BatchLine, NDJSON)
)
DRAW_DOCS = _docs(
    Asked, _answer("lines of progress, then one with the result or a problem", DrawnLine, NDJSON)
)
HEALTH_DOCS: dict[str, Any] = {
    "responses": {503: _answer("the default model cannot be loaded", Problem)}
}


def describe(app: fastapi.FastAPI) -> dict[str, Any]:
    """Return the description, made once."""
    if not app.openapi_schema:
        said = get_openapi(title=app.title, version=__version__, routes=app.routes)
        _, parts = msgspec.json.schema_components(_SHAPES, ref_template=_REF)
        said.setdefault("components", {}).setdefault("schemas", {}).update(parts)
        for operations in said["paths"].values():
            for operation in operations.values():
                # Without FastAPI's own form of validation errors, which the app does not answer.
                if "requestBody" not in operation:
                    operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            said["components"]["schemas"].pop(name, None)
        app.openapi_schema = said
    return app.openapi_schema
