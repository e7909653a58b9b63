"""``rmpl convert``: any corpus as documents in one common format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.options import AllSplits, CorpusArgument, CorpusPath, Images, Types, Verbose
from rmpl.cli.outputs import hold, releases_locks


@releases_locks
def command(
    corpus: CorpusArgument,
    path: CorpusPath,
    out: Annotated[Path, typer.Option(help="Output file: .jsonl, .jsonl.gz or .parquet.")],
    split: AllSplits = None,
    images: Images = None,
    types: Types = "mapped",
    *,
    for_scoring: Annotated[
        bool,
        typer.Option(
            "--for-scoring",
            help="Write events and links only, as a gold or prediction file for `rmpl score`.",
        ),
    ] = False,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Skip broken records instead of stopping.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Convert a corpus to the common document format.

    rmpl convert swig world/swig --out swig.jsonl
    """
    from rmpl.corpora.registry import find_corpus, read_corpus
    from rmpl.errors import RmplError
    from rmpl.io.documents import different, write_documents
    from rmpl.io.image_folders import with_absolute_paths
    from rmpl.io.read_report import ReadReport
    from rmpl.predictions.file import write_predictions
    from rmpl.predictions.results import is_extracted

    if corpus == "predictions" and path.is_file() and is_extracted(path):
        corpus = "documents"  # lines of rmpl extract contain what their events are in
    known = find_corpus(corpus)
    if not known.whole:
        raise RmplError(
            f"{corpus} refer to sentences and images without containing them",
            where=str(path),
            remedy="pass them to `rmpl score` or `rmpl report` as they are, with their corpus",
        )
    if for_scoring and not out.name.endswith((".jsonl", ".jsonl.gz")):
        raise RmplError(
            "--for-scoring writes JSON lines", where=str(out), remedy="use .jsonl or .jsonl.gz"
        )
    hold(out, reads=(path, images))
    report = ReadReport()
    splits = [split] if split is not None else known.present_splits(path)
    documents = (
        with_absolute_paths(document)
        for part in splits
        for document in read_corpus(
            corpus,
            path,
            split=part,
            images=images,
            types=types,
            on_error="count" if skip_broken else "raise",
            report=report,
        )
    )
    if for_scoring:
        count = write_predictions(different(documents), out)
    else:
        count = write_documents(documents, out)
    for line in report.lines(verbose=verbose):
        typer.echo(line)
    typer.echo(f"{out}: {count:,} documents")
