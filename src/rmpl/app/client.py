"""A typed client of the app's HTTP API, based on the standard library.

::

    from rmpl.app.client import Client

    client = Client("http://127.0.0.1:7860")
    found = client.extract("Police arrested Ana Reyes in Lima.", files=["lima.jpg"])
    for event in found.document.text_events:
        print(event.event_type, event.score)
"""

from __future__ import annotations

import base64
import contextlib
import http.client
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from rmpl.errors import RmplError
from rmpl.predictions.results import read_result
from rmpl.records import Document


class About(msgspec.Struct, frozen=True):
    """A server's models and schemas, the defaults first, its limits, and warnings by model."""

    version: str
    models: list[str]
    schemas: list[str]
    limits: dict[str, int]
    notices: dict[str, str] = {}


class Result(NamedTuple):
    """A document with its events, and the complete line from the server."""

    document: Document
    line: dict[str, Any]


class _Problem(msgspec.Struct):
    error: str = "no reason given"
    where: str | None = None
    remedy: str | None = None

    def as_error(self) -> RmplError:
        return RmplError(self.error, where=self.where, remedy=self.remedy)


class _BatchLine(msgspec.Struct):
    index: int
    result: msgspec.Raw = msgspec.Raw()
    problem: _Problem | None = None


_BATCH_LINE = msgspec.json.Decoder(_BatchLine)


class Client:
    """A client of a server started by ``rmpl app``.

    Parameters
    ----------
    url
        Base URL of the server.
    timeout
        Seconds to wait for a response.
    token
        Access token, if the server needs one.

    Raises
    ------
    RmplError
        If the URL is not HTTP, or the token has characters not allowed in a header.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:7860",
        *,
        timeout: float = 600.0,
        token: str | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise RmplError(
                f"{url!r} is not a URL", remedy="pass one such as http://127.0.0.1:7860"
            )
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        self._kind = kinds[parts.scheme]
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/")
        self._timeout = timeout
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            if not token.isascii() or not token.isprintable():
                raise RmplError("the token has characters that are not allowed in a header")
            self._headers["Authorization"] = f"Bearer {token}"

    def about(self) -> About:
        """Return the server's models, schemas and limits.

        Raises
        ------
        RmplError
            If the server does not respond.
        """
        return msgspec.json.decode(self._ask("GET", "/api"), type=About)

    def extract(
        self,
        text: str = "",
        files: Sequence[str | Path] = (),
        *,
        model: str | None = None,
        schema: str | None = None,
    ) -> Result:
        """Return the events of a text and of files (images or articles).

        Raises
        ------
        RmplError
            If a file cannot be read, or the server refuses or does not respond.
        """
        asked = {
            "text": text,
            "files": [_encoded(Path(one)) for one in files],
            "model": model,
            "schema": schema,
        }
        content = self._ask("POST", "/api/extract", msgspec.json.encode(asked))
        return Result(read_result(content, "the server's response"), msgspec.json.decode(content))

    def extract_batch(
        self,
        documents: Sequence[str | tuple[str, Sequence[str | Path]]],
        *,
        model: str | None = None,
        schema: str | None = None,
    ) -> Iterator[tuple[int, Result | RmplError]]:
        """Yield the results of several documents, each with its place, as they are done.

        One that cannot be read has an error as its result. All of them share the limits of one
        request.

        Parameters
        ----------
        documents
            Texts, or texts with files (images or articles).

        Raises
        ------
        RmplError
            If a file cannot be read, or the server refuses or does not respond.
        """
        given = [(one, ()) if isinstance(one, str) else one for one in documents]
        asked = {
            "documents": [
                {"text": text, "files": [_encoded(Path(one)) for one in files]}
                for text, files in given
            ],
            "model": model,
            "schema": schema,
        }
        for line in self._lines("POST", "/api/batch", msgspec.json.encode(asked)):
            answer = _BATCH_LINE.decode(line)
            if answer.problem is not None:
                yield answer.index, answer.problem.as_error()
                continue
            content = bytes(answer.result)
            found = read_result(content, "the server's response")
            yield answer.index, Result(found, msgspec.json.decode(content))

    def _lines(self, method: str, path: str, body: bytes) -> Iterator[bytes]:
        with self._answered(method, path, body) as response:
            yield from iter(response.readline, b"")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        with self._answered(method, path, body) as response:
            return response.read()

    @contextlib.contextmanager
    def _answered(
        self, method: str, path: str, body: bytes | None
    ) -> Iterator[http.client.HTTPResponse]:
        connection = self._kind(self._host, self._port, timeout=self._timeout)
        try:
            connection.request(method, self._path + path, body, self._headers)
            response = connection.getresponse()
            if response.status != http.HTTPStatus.OK:
                raise _refusal(response)
            yield response
        except (OSError, http.client.HTTPException) as error:
            raise RmplError(
                f"no response ({error})",
                where=f"{self._host}:{self._port}",
                remedy="start the server with 'rmpl app', or check the address",
            ) from error
        finally:
            connection.close()


def _refusal(response: http.client.HTTPResponse) -> RmplError:
    try:
        return msgspec.json.decode(response.read(), type=_Problem).as_error()
    except msgspec.DecodeError:
        return _Problem(f"status {response.status}").as_error()


def _encoded(path: Path) -> dict[str, str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RmplError(
            f"cannot be read ({error.strerror})", where=str(path), remedy="check the path"
        ) from error
    return {"name": path.name, "content": base64.b64encode(content).decode("ascii")}
