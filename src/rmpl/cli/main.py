"""The ``rmpl`` command: its sub-commands and its error handling."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable
from typing import Annotated, Any

import typer

from rmpl import __version__
from rmpl.cli.commands import (
    ablate,
    baseline,
    calibrate,
    check,
    compare,
    convert,
    export,
    extract,
    init,
    inspect,
    link,
    listing,
    models,
    plot,
    predict,
    pretrain,
    push,
    recipes,
    report,
    reproduce,
    score,
    stats,
    synthetic,
    table,
    train,
)
from rmpl.cli.commands import app as serving
from rmpl.cli.former_options import with_former_options
from rmpl.cli.help import Command, Group
from rmpl.cli.interpreter import (
    TERMINATED,
    in_suitable_python,
    print_any_name,
    terminate_like_interrupt,
    was_terminated,
)
from rmpl.errors import RmplError, one_line
from rmpl.plugins import PluginWarning
from rmpl.recipe.former_names import FormerNameWarning

TRAINING = frozenset(
    "torch transformers peft accelerate safetensors huggingface_hub llguidance tokenizers".split()
)
"""Packages that models need and the base install does not have."""

RESUMING = frozenset("train pretrain ablate reproduce models".split())
"""Commands that continue where they were interrupted."""
BAD_INPUT = 2
INTERRUPTED = 130


class Commands(Group):
    """The sub-commands, with errors reported in one line."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an input error is reported in one line, with exit code 2."""
        try:
            return super().invoke(ctx)
        except RmplError as error:
            if ctx.params.get("debug"):
                raise
            typer.echo(f"rmpl: {one_line(str(error))}", err=True)
            raise typer.Exit(BAD_INPUT) from error
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in TRAINING or ctx.params.get("debug"):
                raise
            typer.echo(f"rmpl: this needs {missing}; pip install 'rmpl[train]'", err=True)
            raise typer.Exit(BAD_INPUT) from error
        except (PermissionError, IsADirectoryError, NotADirectoryError) as error:
            if error.filename is None or ctx.params.get("debug"):
                raise
            name = os.fsdecode(error.filename)
            typer.echo(
                f"rmpl: {one_line(name)}: cannot be used ({error.strerror}); check its permissions "
                "and those of its folders, or name another one",
                err=True,
            )
            raise typer.Exit(BAD_INPUT) from error
        except UnicodeEncodeError as error:
            if "surrogates" not in error.reason or ctx.params.get("debug"):
                raise
            name = one_line(str(error.object)[:200])
            typer.echo(f"rmpl: a name that is not UTF-8 ({name}); rename it", err=True)
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt as error:
            kept = "finished work is kept, " if ctx.invoked_subcommand in RESUMING else ""
            again = "run the same command again" + (" to resume" if kept else "")
            typer.echo(f"\nrmpl: interrupted; {kept}{again}", err=True)
            raise typer.Exit(INTERRUPTED) from error


app = typer.Typer(
    name="rmpl",
    cls=Commands,
    help="Relation-aware multi-task progressive learning for multimedia event extraction.",
    epilog="rmpl COMMAND --help begins with an example. Documentation: docs/index.md.",
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


_PANELS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Try it": {"app": serving.command, "list": listing.command, "models": models.app},
    "Extract": {"extract": extract.command, "table": table.command, "link": link.command},
    "Data": {
        "synthetic": synthetic.command,
        "init": init.command,
        "check": check.command,
        "stats": stats.command,
        "convert": convert.command,
        "inspect": inspect.command,
    },
    "Train": {
        "recipes": recipes.command,
        "train": train.command,
        "calibrate": calibrate.command,
        "export": export.command,
        "push": push.command,
        "pretrain": pretrain.command,
    },
    "Evaluate": {
        "predict": predict.command,
        "score": score.command,
        "compare": compare.command,
        "report": report.command,
    },
    "Experiments": {
        "ablate": ablate.command,
        "reproduce": reproduce.command,
        "baseline": baseline.app,
        "plot": plot.command,
    },
}
"""Every command, in the groups and the order of the help."""
_FORMER = {
    "stats": {"--dataset": "--corpus"},
    "extract": {"--drawn": "--documents"},
    "calibrate": {"--documents": "--limit"},
}
"""Former names of options by command."""

for _panel, _commands in _PANELS.items():
    for _name, _command in _commands.items():
        if isinstance(_command, typer.Typer):
            app.add_typer(_command, name=_name, rich_help_panel=_panel)
        else:
            _class = with_former_options(_FORMER.get(_name, {}))
            app.command(_name, cls=_class, rich_help_panel=_panel)(_command)
app.command("world", cls=Command, hidden=True)(synthetic.command)  # its former name


_format = warnings.formatwarning
_OWN = (PluginWarning, FormerNameWarning)


def _own_in_one_line(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """Format a warning of rmpl as one line, any other warning as Python does."""
    if issubclass(category, _OWN):
        return f"rmpl: {one_line(str(message))}\n"
    return _format(message, category, filename, lineno, line)


def main() -> None:
    """Run the command line and exit."""
    try:
        in_suitable_python()
    except RmplError as error:
        typer.echo(f"rmpl: {error}", err=True)
        sys.exit(BAD_INPUT)
    print_any_name(sys.stdout)
    terminate_like_interrupt()
    # Importing torch and transformers makes objects that never die; searching them for garbage
    # again and again took a sixth of a command's start.
    gc.set_threshold(100_000, 20, 20)
    if not sys.warnoptions:  # warnings between libraries are of no use on the command line
        warnings.simplefilter("ignore", FutureWarning)
        warnings.formatwarning = _own_in_one_line
    try:
        app()
    except SystemExit as done:
        if was_terminated() and done.code == INTERRUPTED:
            sys.exit(TERMINATED)
        raise


if __name__ == "__main__":
    main()
