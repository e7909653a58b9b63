"""``rmpl app``: extraction in a browser, and over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

VARIABLE = "RMPL_APP_TOKEN"
LEAST = 16
MAKE_ONE = 'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


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
    token_file: Annotated[
        Path | None,
        typer.Option(
            help=f"A file with the token that who asks must have, or set {VARIABLE}; needed where "
            "it is not only on loopback."
        ),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(help="Seconds until work on a request is stopped.", min=1)
    ] = 120.0,
) -> None:
    """Serve a page to extract from pasted or uploaded text and pictures, and an HTTP API.

    Only this machine reaches it unless --host says otherwise; then whoever asks must have a token.
    It is sent as it is: between machines, put something in front that speaks HTTPS.
    """
    from rmpl.cli.commands.extract import DEMO
    from rmpl.errors import RmplError
    from rmpl.ontology import load_ontology

    try:
        from rmpl.app.server import LOOPBACK, is_loopback, serve
    except ImportError as error:
        raise RmplError(
            f"the app needs {error.name}", remedy="pip install 'rmpl[serve]'"
        ) from error
    from rmpl.app.limits import Limits
    from rmpl.app.service import Service

    models = model or ([str(DEMO)] if DEMO.is_dir() else [])
    if not models:
        raise RmplError(
            "no model is given, and demo/run is not here",
            remedy="name one with --model; 'make demo' trains a small one in ten minutes",
        )
    for name in schema or []:
        load_ontology(name)
    token = read_token(token_file)
    names = [*LOOPBACK, *(allow_host or [])]
    if not is_loopback(host):
        if not allow_host:
            raise RmplError(
                f"{host} is reachable from other machines, by names that are not told",
                remedy="name them with --allow-host, or leave --host out",
            )
        if token is None:
            raise RmplError(
                f"{host} is reachable from other machines, and there is no token",
                remedy=f'export {VARIABLE}="$({MAKE_ONE})"',
            )
    service = Service(models, schema or [], limits=Limits(seconds=time_limit))
    name = "127.0.0.1" if is_loopback(host) else names[-1]
    typer.echo(f"app: http://{name}:{port}")
    serve(service, host=host, port=port, hosts=names, token=token)


def read_token(file: Path | None) -> str | None:
    """Return the token of a file, else of the environment, ``None`` if there is none.

    Raises
    ------
    RmplError
        If the file cannot be read, or the token is too short or holds what no header can.
    """
    from rmpl.errors import RmplError

    if file is None and VARIABLE not in os.environ:
        return None
    where = VARIABLE if file is None else str(file)
    try:
        token = os.environ[VARIABLE] if file is None else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "no text"
        raise RmplError(f"the token cannot be read ({said})", where=where) from error
    token = token.strip()
    if len(token) < LEAST or not token.isascii() or not token.isprintable() or " " in token:
        raise RmplError(
            f"a token has at least {LEAST} letters, digits and signs, and no blank",
            where=where,
            remedy=f"make one with {MAKE_ONE}",
        )
    return token
