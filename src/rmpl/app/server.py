"""The web server of the app: loopback unless told otherwise, and nothing served but its own."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import fastapi
import uvicorn
from fastapi.exceptions import RequestValidationError
from starlette.middleware.trustedhost import TrustedHostMiddleware

from rmpl.app.api import on_error, on_malformed, router
from rmpl.app.examples import make_examples
from rmpl.app.limits import App, Guarded
from rmpl.app.service import Service
from rmpl.errors import RmplError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def build(
    service: Service, folder: Path, *, hosts: Sequence[str] = LOOPBACK, examples: int = 4
) -> App:
    """Return the app, page and API.

    Parameters
    ----------
    folder
        What is uploaded to the page, and the examples, are kept there.
    hosts
        The names that the app answers to. A page of another site that has its name point here gets
        nothing.
    examples
        How many documents of the generated world to offer.
    """
    os.environ["GRADIO_TEMP_DIR"] = str(folder / "uploads")
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr  # noqa: PLC0415 - reads the environment

    from rmpl.app.page import CSS, build_page  # noqa: PLC0415

    made = make_examples(folder, examples) if examples else []
    app = fastapi.FastAPI(
        title="RMPL", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.add_exception_handler(RmplError, on_error)
    app.add_exception_handler(RequestValidationError, on_malformed)
    app.include_router(router(service))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    mounted = gr.mount_gradio_app(
        app,
        build_page(service, made),
        path="",
        footer_links=[],
        allowed_paths=[],
        blocked_paths=[str(Path.cwd()), str(Path.home())],
        max_file_size=service.limits.file_bytes,
        show_error=True,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
        css=CSS,
    )
    return Guarded(mounted, service.limits.body_bytes)


def serve(service: Service, *, host: str, port: int, hosts: Sequence[str]) -> None:
    """Serve until it is interrupted; what was uploaded goes with the server."""
    with tempfile.TemporaryDirectory(prefix="rmpl-app-") as folder:
        asyncio.run(_serve(service, Path(folder), host, port, hosts))


async def _serve(
    service: Service, folder: Path, host: str, port: int, hosts: Sequence[str]
) -> None:
    # Gradio makes a loop of its own where none runs, and locks that belong to it.
    app = build(service, folder, hosts=hosts)
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", server_header=False)
    await uvicorn.Server(config).serve()
