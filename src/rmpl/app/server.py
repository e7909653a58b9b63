"""The app's web server; it listens on loopback by default."""

from __future__ import annotations

import contextlib
import ipaddress
import signal
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from types import FrameType

import fastapi
import uvicorn
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from rmpl.app.access import Access
from rmpl.app.answers import Refusal, on_error, on_failure, on_http, response
from rmpl.app.api import BATCH, DRAW, EXTRACT, add_api
from rmpl.app.asked import read_login
from rmpl.app.connections import PatientProtocol
from rmpl.app.examples import make_examples
from rmpl.app.folders import work_folder
from rmpl.app.gate import Gate
from rmpl.app.page import Asset, policy, read_assets
from rmpl.app.service import Service
from rmpl.errors import RmplError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
LOGIN_BYTES = 4096
END_SECONDS = 3
"""Time for running requests to finish at shutdown."""


def is_loopback(host: str) -> bool:
    """Return whether an address can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def build(
    service: Service,
    *,
    hosts: Sequence[str] = LOOPBACK,
    examples: int = 4,
    token: str | None = None,
) -> Gate:
    """Return the app, page and API.

    Parameters
    ----------
    hosts
        Host names of the app; requests to other names are refused (DNS rebinding).
    examples
        The number of example documents from the synthetic corpus.
    token
        Access token that clients need; by default none.
    """
    made = make_examples(examples, service.folder) if examples else []

    @contextlib.asynccontextmanager
    async def warming(_app: fastapi.FastAPI) -> AsyncIterator[None]:
        await service.warm()  # before the first connection is accepted
        yield

    app = fastapi.FastAPI(
        title="RMPL",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
        lifespan=warming,
    )
    for kind, handler in (
        (RmplError, on_error),
        (HTTPException, on_http),
        (RequestValidationError, _on_validation),
        (Exception, on_failure),
    ):
        app.add_exception_handler(kind, handler)
    add_api(app, service, made)
    assets = read_assets()
    _add_asset(app, "/", assets.pop("index.html"))
    _add_asset(app, "/api/docs", assets.pop("docs.html"))
    login = assets.pop("login.html")
    bodies = dict.fromkeys((EXTRACT, BATCH, DRAW), service.limits.body_bytes)
    access = None if token is None else Access(token)
    if access is not None:
        _add_login(app, access, login)
        bodies["/login"] = LOGIN_BYTES
    for name, asset in assets.items():
        _add_asset(app, f"/assets/{name}", asset)
    return Gate(
        app, hosts=hosts, bodies=bodies, limits=service.limits, access=access, policy=policy()
    )


async def _on_validation(_request: Request, _error: Exception) -> Response:
    return response(Refusal(422, "malformed URL"))


def _add_asset(app: fastapi.FastAPI, path: str, asset: Asset) -> None:
    async def answer() -> Response:
        return asset.response()

    app.add_api_route(path, answer, response_class=Response, include_in_schema=False)


def _add_login(app: fastapi.FastAPI, access: Access, page: Asset) -> None:
    _add_asset(app, "/login", page)

    @app.post("/login", include_in_schema=False)
    async def login(request: Request) -> Response:
        asked = read_login(await request.body())
        begun = access.login(asked.token, request.client.host if request.client else "")
        if isinstance(begun, Refusal):
            return response(begun)
        return Response(status_code=204, headers={"Set-Cookie": begun})


def serve(
    service: Service, *, host: str, port: int, hosts: Sequence[str], token: str | None = None
) -> None:
    """Serve until SIGINT or SIGTERM; uploads are removed.

    Raises
    ------
    RmplError
        If the server cannot listen on the address.
    """
    with _ended_by_signals(), work_folder() as folder:
        service.folder = folder
        try:
            app = build(service, hosts=hosts, token=token)
            uvicorn.Server(config(app, host=host, port=port)).run()
        except SystemExit as error:  # uvicorn has logged the reason
            raise RmplError(
                "cannot listen", where=f"{host}:{port}", remedy="choose another --host or --port"
            ) from error
        finally:
            service.close()


def config(app: Gate, *, host: str, port: int) -> uvicorn.Config:
    """Return the uvicorn server for an app."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=END_SECONDS,
    )


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """End the block in order on signals.

    Uvicorn shuts down on a signal and then raises it again: with the default handler of SIGTERM the
    process would end before its folder is removed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {one: signal.signal(one, leave) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
