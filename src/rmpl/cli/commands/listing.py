"""``rmpl list``: what recipes and commands can name."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """What can be listed."""

    CORPORA = "corpora"
    TASKS = "tasks"
    SCHEMAS = "schemas"
    PROTOCOLS = "protocols"
    FAMILIES = "families"
    RECIPES = "recipes"


def command(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="What to list: corpora, tasks, schemas, protocols, families or recipes.",
            show_default=False,
        ),
    ],
) -> None:
    """List corpora, tasks, schemas, protocols, families or recipes.

        rmpl list corpora

    Those of other installed packages are included (docs/extending.md). Models are listed by
    rmpl models list; rmpl score --list-protocols says more about protocols.
    """
    from rmpl.cli.listings import LISTINGS, lines

    typer.echo("\n".join(lines(LISTINGS[kind.value]())))
