"""``rmpl init``: the files to begin with, for data of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.outputs import hold_new_folder, releases_locks


@releases_locks
def command(
    folder: Annotated[Path, typer.Argument(help="New folder, or an empty one.")],
) -> None:
    """Write a starter for data of your own.

        rmpl init my_project

    It has a schema, two documents with text, images and a link, and a recipe. Prints the commands
    to run next: all of them work as they are, with the embedded model.
    """
    import shlex

    from rmpl.annotations.writers import check_folder
    from rmpl.cli.starter import COMMANDS, write_starter
    from rmpl.errors import RmplError
    from rmpl.io.folders import appearing_folder

    check_folder(folder)
    hold_new_folder(folder)
    try:
        with appearing_folder(folder, flushed=False) as unfinished:
            write_starter(unfinished)
    except OSError as error:
        raise RmplError(
            f"cannot be written ({error.strerror or error})", where=str(folder)
        ) from error
    typer.echo(f"{folder}: schema.yaml, documents.jsonl, images/, recipe.yaml\n\nNext:\n")
    there = [] if folder.samefile(Path()) else [f"cd {shlex.quote(str(folder))}"]
    for line in (*there, *COMMANDS):
        typer.echo(f"    {line}")
