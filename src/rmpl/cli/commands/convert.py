"""``rmpl convert``: any corpus as documents in one neutral form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.outputs import hold, lets_go


@lets_go
def command(
    dataset: Annotated[str, typer.Argument(help="m2e2, ace, jmee, swig, mnre, rams, ...")],
    path: Annotated[Path, typer.Argument(help="The corpus's folder, or one of its files.")],
    out: Annotated[Path, typer.Option(help="A .jsonl, .jsonl.gz or .parquet file.")],
    split: Annotated[
        str | None, typer.Option(help="Only this split; by default all there.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of pictures; default beside the corpus.")
    ] = None,
    *,
    for_scoring: Annotated[
        bool,
        typer.Option(
            "--for-scoring",
            help="Write the events and links alone, as `rmpl score` takes gold and predictions.",
        ),
    ] = False,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Leave broken records out instead of stopping.")
    ] = False,
) -> None:
    """Convert a corpus into documents, all in one form; `documents` is that form's own name."""
    from rmpl.corpora.registry import find_corpus, read_corpus
    from rmpl.errors import RmplError
    from rmpl.io.documents import different, write_documents
    from rmpl.io.image_folders import with_absolute_paths
    from rmpl.io.read_report import ReadReport
    from rmpl.predictions.file import write_predictions

    corpus = find_corpus(dataset)
    if not corpus.whole:
        raise RmplError(
            f"{dataset} name sentences and pictures without holding them",
            where=str(path),
            remedy="`rmpl score` and `rmpl report` read them as they are, beside their corpus",
        )
    if for_scoring and not out.name.endswith((".jsonl", ".jsonl.gz")):
        raise RmplError(
            "what is scored is lines of JSON", where=str(out), remedy="use .jsonl or .jsonl.gz"
        )
    hold(out)
    report = ReadReport()
    splits = [split] if split is not None else corpus.present_splits(path)
    documents = (
        with_absolute_paths(document)
        for part in splits
        for document in read_corpus(
            dataset,
            path,
            split=part,
            images=images,
            on_error="count" if skip_broken else "raise",
            report=report,
        )
    )
    if for_scoring:
        count = write_predictions(different(documents), out)
    else:
        count = write_documents(documents, out)
    for line in report.lines():
        typer.echo(line)
    typer.echo(f"{out}: {count:,} documents")
