"""Requests to the API, parsed from JSON within the limits.

Error messages never contain the content of a request.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

import msgspec

from rmpl.app.answers import MalformedError
from rmpl.app.limits import NAME_CHARACTERS, Limits

T = TypeVar("T")


class File(msgspec.Struct, forbid_unknown_fields=True):
    """An image or an article file; ``content`` is base64."""

    name: Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS)]
    content: bytes


class Asked(msgspec.Struct, forbid_unknown_fields=True, rename={"schema_": "schema"}):
    """A document to extract from; ``model`` and ``schema`` are names from ``GET /api``."""

    text: str = ""
    files: list[File] = []
    model: Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS)] | None = None
    schema_: Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS)] | None = None


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """A document of a batch."""

    text: str = ""
    files: list[File] = []


class Batch(msgspec.Struct, forbid_unknown_fields=True, rename={"schema_": "schema"}):
    """Documents to extract from; ``model`` and ``schema`` are names from ``GET /api``."""

    documents: list[Part]
    model: Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS)] | None = None
    schema_: Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS)] | None = None


class Login(msgspec.Struct, forbid_unknown_fields=True):
    """Body of a login."""

    token: str


_ASKED = msgspec.json.Decoder(Asked)
_BATCH = msgspec.json.Decoder(Batch)
_LOGIN = msgspec.json.Decoder(Login)
_PLACE = re.compile(r" - at `(\$[^`]*)`$")


def read_asked(body: bytes, limits: Limits) -> Asked:
    """Return the parsed body of an extraction request.

    Raises
    ------
    MalformedError
        If the body does not have the documented form.
    """
    _check_objects(body, limits)
    return _decoded(_ASKED, body)


def read_batch(body: bytes, limits: Limits) -> Batch:
    """Return the parsed body of a request for several documents.

    Raises
    ------
    MalformedError
        If the body does not have the documented form, or there are no documents or too many.
    """
    _check_objects(body, limits)
    batch = _decoded(_BATCH, body)
    if not 1 <= len(batch.documents) <= limits.documents:
        raise MalformedError(
            f"{len(batch.documents):,} documents", remedy=f"send 1 to {limits.documents}"
        )
    return batch


def _check_objects(body: bytes, limits: Limits) -> None:
    # Checked before parsing, which would create an object for each of millions of tiny files.
    if body.count(b"{") > limits.objects:
        raise MalformedError("too many objects", remedy=f"the limit is {limits.files} files")


def read_login(body: bytes) -> Login:
    """Return the token of a login.

    Raises
    ------
    MalformedError
        If the body is not a login.
    """
    return _decoded(_LOGIN, body)


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        said = str(error)
        place = _PLACE.search(said)
        what = said[: place.start()] if place else said
        if "unknown field" in what:
            what = "an unknown key"
        raise MalformedError(what, where=place[1] if place else None) from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        is_ours = isinstance(error, msgspec.DecodeError)
        raise MalformedError(str(error) if is_ours else "not valid UTF-8 JSON") from None
    except RecursionError:
        raise MalformedError("JSON that is nested too deeply") from None
