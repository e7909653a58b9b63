"""``rmpl app``: extraction in a browser, and over HTTP."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer


def command(
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A run's folder, a model's, or a hub id; may be repeated. Default demo/run."
        ),
    ] = None,
    schema: Annotated[
        list[str] | None,
        typer.Option(help="Event types and roles to choose besides the model's; may be repeated."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="The address to listen on; others than loopback are reachable.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port.", min=1, max=65_535)] = 7860,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A name that the app answers to, where it is not only on loopback."),
    ] = None,
) -> None:
    """Serve a page to extract from pasted or uploaded text and pictures, and an HTTP API.

    Only this machine reaches it unless --host says otherwise. There is no password: put it behind
    something that asks for one before others can reach it.
    """
    from rmpl.cli.extract import DEMO
    from rmpl.errors import RmplError
    from rmpl.ontology import load_ontology

    try:
        from rmpl.app.server import LOOPBACK, is_loopback, serve
    except ImportError as error:
        raise RmplError(
            f"the app needs {error.name}", remedy="pip install 'rmpl[serve]'"
        ) from error
    from rmpl.app.service import Service

    models = model or ([str(DEMO)] if DEMO.is_dir() else [])
    if not models:
        raise RmplError(
            "no model is given, and demo/run is not here",
            remedy="name one with --model; 'make demo' trains a small one in ten minutes",
        )
    for name in schema or []:
        load_ontology(name)
    names = [*LOOPBACK, *(allow_host or [])]
    if not is_loopback(host):
        if not allow_host:
            raise RmplError(
                f"{host} is reachable from other machines, by names that are not told",
                remedy="name them with --allow-host, or leave --host out",
            )
        typer.echo(
            f"warning: {host} is reachable from other machines, without a password", err=True
        )
    service = Service(models, schema or [])
    name = "127.0.0.1" if is_loopback(host) else names[-1]
    typer.echo(f"app: http://{name}:{port}")
    with contextlib.suppress(KeyboardInterrupt):
        serve(service, host=host, port=port, hosts=names)
