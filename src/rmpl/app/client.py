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
import http.client
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from rmpl.errors import RmplError
from rmpl.predictions.results import read_result
from rmpl.records import Document


class About(msgspec.Struct, frozen=True):
    """A server's models and schemas, the defaults first, and its limits."""

    version: str
    models: list[str]
    schemas: list[str]
    limits: dict[str, int]


class Result(NamedTuple):
    """A document with its events, and the complete line from the server."""

    document: Document
    line: dict[str, Any]


class _Problem(msgspec.Struct):
    error: str = "no reason given"
    where: str | None = None
    remedy: str | None = None


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

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = self._kind(self._host, self._port, timeout=self._timeout)
        try:
            connection.request(method, self._path + path, body, self._headers)
            response = connection.getresponse()
            content: bytes = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise RmplError(
                f"no response ({error})",
                where=f"{self._host}:{self._port}",
                remedy="start the server with 'rmpl app', or check the address",
            ) from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            try:
                problem = msgspec.json.decode(content, type=_Problem)
            except msgspec.DecodeError:
                problem = _Problem(f"status {response.status}")
            raise RmplError(problem.error, where=problem.where, remedy=problem.remedy)
        return content


def _encoded(path: Path) -> dict[str, str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RmplError(
            f"cannot be read ({error.strerror})", where=str(path), remedy="check the path"
        ) from error
    return {"name": path.name, "content": base64.b64encode(content).decode("ascii")}
