"""``rmpl export``: copy a finished run into a folder of its own, or write what others serve."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from rmpl.errors import RmplError


def command(
    run: Annotated[Path, typer.Argument(help="Run folder, or real-text.")],
    out: Annotated[
        Path | None, typer.Argument(help="New folder; a run folder again.", show_default=False)
    ] = None,
    *,
    merged: Annotated[
        Path | None,
        typer.Option(
            help="New folder for the whole model, adapters merged, with processor and chat "
            "template: for vLLM, SGLang, transformers."
        ),
    ] = None,
    adapter: Annotated[
        Path | None, typer.Option(help="New folder for one plain PEFT adapter of the base.")
    ] = None,
    rank: Annotated[
        int | None,
        typer.Option(help="Reduce adapters to this rank, keeping the largest components.", min=1),
    ] = None,
    bf16: Annotated[
        bool,
        typer.Option("--bf16", help="Store adapters, or the merged model, in bf16: half the size."),
    ] = False,
) -> None:
    """Copy a run's weights, recipe, scores and card to a folder.

        rmpl export runs/tiny shared/tiny --bf16

    Data is never copied. These are the files that `rmpl push` uploads. The folder can be used
    wherever a run can. With --merged or --adapter, write what programs without rmpl load.
    """
    folders = [one for one in (out, merged, adapter) if one is not None]
    if len(folders) != 1:
        raise RmplError(
            "one new folder is needed" if not folders else "more than one new folder",
            remedy="give a folder after RUN, or --merged FOLDER, or --adapter FOLDER",
        )
    if merged is not None:
        _merge(run, merged, rank, bf16=bf16)
    elif adapter is not None:
        _adapter(run, adapter, rank, bf16=bf16)
    else:
        _copy(run, folders[0], rank, bf16=bf16)
    typer.echo(f"exported: {folders[0]}")


def _copy(run: Path, out: Path, rank: int | None, *, bf16: bool) -> None:
    from rmpl.runs.export import export

    found = export(run, out, rank=rank, bf16=bf16)
    _list(found.sizes)
    for name, share in found.kept.items():
        if share < 1.0:
            typer.echo(f"{name}: rank {rank} keeps {share:.1%} of its squared singular values")


def _merge(run: Path, out: Path, rank: int | None, *, bf16: bool) -> None:
    from rmpl.runs.serving import merge

    if rank is not None:
        raise RmplError(
            "--rank with --merged: a merged model has no rank",
            remedy="export the run with --rank first, and merge that",
        )
    _list(merge(run, out, bf16=bf16))


def _adapter(run: Path, out: Path, rank: int | None, *, bf16: bool) -> None:
    from rmpl.runs.serving import plain_adapter

    sizes, notes = plain_adapter(run, out, rank=rank, bf16=bf16)
    _list(sizes)
    for note in notes:
        typer.echo(note)


def _list(sizes: Mapping[str, int]) -> None:
    for name, size in sizes.items():
        typer.echo(f"{size:>15,}  {name}")
    typer.echo(f"{sum(sizes.values()):>15,}  bytes in {len(sizes)} files")
