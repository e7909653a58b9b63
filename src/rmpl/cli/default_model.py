"""The models that commands use without --model: what the package contains, and the demo's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer

from rmpl.errors import RmplError

DEMO = Path("demo/run")
_SYNTHETIC = (
    f"{DEMO} is a very small model trained on the synthetic corpus; its output on real text and "
    "photographs is useless"
)


def warn_of(model: str | Path, inputs: Iterable[str | Path | None]) -> None:
    """Warn on stderr if the embedded model is to read anything but its synthetic corpus.

    Parameters
    ----------
    model
        A run's folder, a model folder or a hub id.
    inputs
        The files and folders that are read.
    """
    from rmpl.runs.notices import notice_of

    said = notice_of(model, [one for one in inputs if one is not None])
    if said is not None:
        typer.echo(f"warning: {said}", err=True)


def default_models() -> list[str]:
    """Return the models that are on this machine, the one to prefer first, with notes on stderr.

    Raises
    ------
    RmplError
        If there is none.
    """
    from rmpl.runs import shipped

    found = []
    if shipped.is_ready():
        found.append(shipped.NAME)
    else:
        typer.echo(
            f"{shipped.NAME}, which reads real text, needs a model that is not on this machine: "
            f"rmpl models get {shipped.base_of_shipped()}",
            err=True,
        )
    if DEMO.is_dir():
        found.append(str(DEMO))
        typer.echo(_SYNTHETIC, err=True)
    if not found:
        raise RmplError(
            "no --model, and none on this machine",
            remedy=f"rmpl models get {shipped.base_of_shipped()}, or pass --model",
        )
    return found


def default_model() -> str:
    """Return the model to prefer, and say which it is.

    Raises
    ------
    RmplError
        As ``default_models``.
    """
    from rmpl.runs import shipped

    if shipped.is_ready():
        typer.echo(f"no --model: using {shipped.NAME}, which reads text only", err=True)
        return shipped.NAME
    model = default_models()[0]
    typer.echo(f"no --model: using {model}", err=True)
    return model
