"""``rmpl push``: upload a finished run to the Hugging Face hub."""

from __future__ import annotations

from typing import Annotated

import typer

from rmpl.cli.options import RunArgument


def command(
    run: RunArgument,
    repository: Annotated[str, typer.Argument(help="OWNER/NAME on the hub.")],
    message: Annotated[str, typer.Option(help="Commit message.")] = "Upload with rmpl push",
    *,
    public: Annotated[
        bool, typer.Option("--public", help="Make the repository public. Default: private.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the files to upload, without uploading.")
    ] = False,
) -> None:
    """Upload a run's weights, recipe, scores and card to the hub.

        rmpl push runs/tiny OWNER/NAME --dry-run

    Data and pickled files are never uploaded. Download it with `hf download`; the result is a run
    folder.
    """
    from rmpl.runs.hub import pack, send

    parcel = pack(run)
    for upload in parcel.uploads:
        typer.echo(f"{upload.size:>15,}  {upload.name}")
    total = sum(upload.size for upload in parcel.uploads)
    typer.echo(f"{total:>15,}  bytes in {len(parcel.uploads)} files")
    if parcel.left:
        first = ", ".join(parcel.left[:3])
        typer.echo(
            f"not uploaded: {len(parcel.left)} files ({first}{', ...' * (len(parcel.left) > 3)})"
        )
    for note in parcel.notes:
        typer.echo(f"note: {note}")
    if dry_run:
        kind = "public" if public else "private"
        typer.echo(f"nothing was uploaded; {repository} would be {kind}")
        return
    typer.echo(f"pushed: {send(parcel, repository, public=public, message=message)}")
