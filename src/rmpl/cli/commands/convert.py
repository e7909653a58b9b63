"""``rmpl convert``: any corpus as documents in one common format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmpl.cli.options import (
    AllSplits,
    CorpusArgument,
    CorpusPath,
    Images,
    LabelMapping,
    SchemaOfData,
    Types,
    Verbose,
)
from rmpl.cli.outputs import hold, hold_new_folder, releases_locks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rmpl.io.read_report import ReadReport
    from rmpl.records import Document

DOCUMENTS, TOOLS = "documents", "brat, label_studio, coco"


@releases_locks
def command(
    corpus: CorpusArgument,
    path: CorpusPath,
    out: Annotated[
        Path,
        typer.Option(
            help="Output file: .jsonl, .jsonl.gz or .parquet; with --to a tool, a new folder."
        ),
    ],
    split: AllSplits = None,
    images: Images = None,
    types: Types = "mapped",
    mapping: LabelMapping = None,
    schema: SchemaOfData = None,
    to: Annotated[
        str,
        typer.Option(help=f"Write documents, or the files of an annotation tool: {TOOLS}."),
    ] = DOCUMENTS,
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
    """Convert a corpus to the common document format, or for a tool.

        rmpl convert swig world/swig --out swig.jsonl

    The format's own name is `documents`. --to brat, label_studio or coco writes files of that
    annotation tool, which are read again by its name (docs/annotations.md).
    """
    from rmpl.corpora.registry import find_corpus, read_corpus
    from rmpl.errors import RmplError
    from rmpl.io.documents import different, write_documents
    from rmpl.io.image_folders import with_absolute_paths
    from rmpl.io.read_report import ReadReport
    from rmpl.ontology import load_ontology
    from rmpl.predictions.file import write_predictions
    from rmpl.predictions.results import is_extracted

    if corpus == "predictions" and path.is_file() and is_extracted(path):
        corpus = "documents"  # lines of rmpl extract contain what their events are in
    known = find_corpus(corpus)
    if not known.whole and path.exists():  # one that is not there is refused below
        raise RmplError(
            f"{corpus} refer to sentences and images without containing them",
            where=str(path),
            remedy="pass them to `rmpl score` or `rmpl report` as they are, with their corpus",
        )
    if to != DOCUMENTS:
        _check_tool(to, out, for_scoring)
    elif for_scoring and not out.name.endswith((".jsonl", ".jsonl.gz")):
        raise RmplError(
            "--for-scoring writes JSON lines", where=str(out), remedy="use .jsonl or .jsonl.gz"
        )
    reads = (path, images, mapping)
    if to != DOCUMENTS:
        hold_new_folder(out, reads)
    else:
        hold(out, reads=reads)
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
            mapping=mapping,
            ontology=None if schema is None else load_ontology(schema),
            on_error="count" if skip_broken else "raise",
            report=report,
        )
    )
    if to != DOCUMENTS:
        count = _write_for_tool(documents, to, out, schema, report)
    elif for_scoring:
        count = write_predictions(different(documents), out)
    else:
        count = write_documents(documents, out)
    for line in report.lines(verbose=verbose):
        typer.echo(line)
    typer.echo(f"{out}: {count:,} documents")


def _check_tool(tool: str, folder: Path, for_scoring: bool) -> None:
    from rmpl.annotations.writers import WRITERS, check_folder
    from rmpl.errors import RmplError

    if tool not in WRITERS:
        raise RmplError(f"--to {tool} is unknown", remedy=f"use {DOCUMENTS}, {', '.join(WRITERS)}")
    if for_scoring:
        raise RmplError("--for-scoring writes no files of a tool", remedy="leave out --to")
    check_folder(folder)


def _write_for_tool(
    documents: Iterable[Document], tool: str, folder: Path, schema: str | None, report: ReadReport
) -> int:
    from rmpl.annotations.writers import write_annotations
    from rmpl.ontology import load_ontology

    return write_annotations(documents, tool, folder, load_ontology(schema or "m2e2"), report)
