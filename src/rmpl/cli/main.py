"""The ``rmpl`` command: its sub-commands, and how errors end."""

from __future__ import annotations

import sys
from typing import Annotated

import click
import typer

from rmpl import __version__
from rmpl.cli import predict, pretrain, train, world
from rmpl.errors import RmplError

BAD_INPUT = 2
INTERRUPTED = 130

app = typer.Typer(
    name="rmpl",
    help="Relation-aware multi-task progressive learning for multimedia event extraction.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,  # noqa: ARG001
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Relation-aware multi-task progressive learning for multimedia event extraction."""
    if version:
        typer.echo(f"rmpl {__version__}")
        raise typer.Exit


app.command("world")(world.command)
app.command("train")(train.command)
app.command("predict")(predict.command)
app.command("pretrain")(pretrain.command)


def main() -> None:
    """Run the command line and exit.

    A mistake in the input ends with one line and exit code 2; Ctrl-C with how to go on.
    """
    debug = "--debug" in sys.argv
    try:
        # Typer's own parser returns the exit code here instead of exiting.
        code = app(standalone_mode=False)
    except RmplError as error:
        if debug:
            raise
        typer.echo(f"rmpl: {error}", err=True)
        sys.exit(BAD_INPUT)
    except click.ClickException as error:
        error.show()
        sys.exit(BAD_INPUT)
    except (KeyboardInterrupt, click.Abort):
        if debug:
            raise
        typer.echo(
            "\nrmpl: stopped; what is finished is kept, and the same command goes on from there",
            err=True,
        )
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
