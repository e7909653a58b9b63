"""``rmpl app``: extraction in a browser and over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

VARIABLE = "RMPL_APP_TOKEN"
MIN_LENGTH, MAX_LENGTH = 16, 4096
MAKE_ONE = 'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


def command(
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Run folder, real-text, model folder or hub id; repeatable. Default: real-text, "
            "if its model is on this machine, and demo/run, if it exists."
        ),
    ] = None,
    schema: Annotated[
        list[str] | None,
        typer.Option(help="Further schema to offer, a name or a YAML file; repeatable."),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on; any but loopback can be reached from other machines."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65_535)] = 7860,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="Host name of the app, required if it does not listen on loopback; repeatable."
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help=f"File with the access token (or set {VARIABLE}); required if the app does not "
            "listen on loopback."
        ),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(help="Seconds after which a request is stopped.", min=1)
    ] = 120.0,
) -> None:
    """Serve a web page that extracts events, and an HTTP API.

        rmpl app --model real-text

    By default only this machine can reach it. With another --host, clients need a token. The app
    speaks plain HTTP: between machines, put an HTTPS proxy in front of it.
    """
    from rmpl.cli.default_model import default_models
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

    models = model or default_models()
    for name in schema or []:
        load_ontology(name)
    token = read_token(token_file)
    names = [*LOOPBACK, *(allow_host or [])]
    if not is_loopback(host):
        if not allow_host:
            raise RmplError(
                f"{host} can be reached from other machines, and no host name is allowed",
                remedy="pass the app's host names with --allow-host, or leave out --host",
            )
        if token is None:
            raise RmplError(
                f"{host} can be reached from other machines, and no token is set",
                remedy=f'export {VARIABLE}="$({MAKE_ONE})"',
            )
    service = Service(models, schema or [], limits=Limits(seconds=time_limit))
    for label, notice in service.notices.items() if model else ():  # of defaults it is said before
        typer.echo(f"{label}: {notice}", err=True)
    name = "127.0.0.1" if is_loopback(host) else names[-1]
    typer.echo(f"app: http://{name}:{port}")
    serve(service, host=host, port=port, hosts=names, token=token)


def read_token(file: Path | None) -> str | None:
    """Return the token from a file or the environment, ``None`` without either.

    Raises
    ------
    RmplError
        If the file cannot be read, or the token is too short or not valid in a header.
    """
    from rmpl.errors import RmplError
    from rmpl.io import regular

    if file is None and VARIABLE not in os.environ:
        return None
    where = VARIABLE if file is None else str(file)
    try:
        token = os.environ[VARIABLE] if file is None else regular.read_text(file, MAX_LENGTH)
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "not text"
        raise RmplError(f"the token cannot be read ({said})", where=where) from error
    token = token.strip()
    if len(token) < MIN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        raise RmplError(
            f"a token needs at least {MIN_LENGTH} printable ASCII characters and no blanks",
            where=where,
            remedy=f"create one with {MAKE_ONE}",
        )
    return token
