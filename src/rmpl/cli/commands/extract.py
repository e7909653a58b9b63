"""``rmpl extract``: events from a user's own articles, pages and images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rmpl.cli.default_model import warn_of
from rmpl.cli.event_files import (
    MinScore,
    check_new,
    interruptible,
    output_of,
    remedy_of,
    say_counts,
    write_exports,
)
from rmpl.cli.options import AutoBatch, ModelSchema, Unconstrained
from rmpl.cli.outputs import hold, refuse_inputs, releases_locks
from rmpl.cli.own_inputs import say_near_duplicates, stop_without_sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rmpl.extraction.extractor import Extractor
    from rmpl.extraction.ray.extractor import RayExtractor
    from rmpl.inputs.files import OnUnreadable
    from rmpl.inputs.reading import Item
    from rmpl.inputs.sources import Source
    from rmpl.io.read_report import ReadReport
    from rmpl.predictions.results import ResultsFile
    from rmpl.predictions.selection import EventCounts

SKIPPED = 1
UNREAD = "images are not read by this model"
SERVER_KEY = "RMPL_SERVER_KEY"
"""Environment variable with the API key of the server, if it needs one."""


@releases_locks
def command(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Files (.txt, .md, .html, .docx, .pdf, .eml, .csv, .json, .jsonl, .parquet, "
            "images; .gz and .zip of them), folders, or - for standard input.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Output file: .jsonl or .jsonl.gz, a table (.csv, .xlsx, .parquet), a graph "
            "(.graphml, .jsonld), or - for JSON Lines on stdout."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            help="Run folder, real-text, model folder or hub id. Default: real-text, for texts, if "
            "its model is on this machine (rmpl models get smollm2-135m), else demo/run."
        ),
    ] = None,
    adapter: Annotated[
        list[Path] | None, typer.Option(help="Adapter folder to load on top; repeatable.")
    ] = None,
    schema: ModelSchema = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Also write an HTML page with the documents drawn."),
    ] = None,
    documents: Annotated[
        int, typer.Option(help="Documents with events to draw in --html.", min=1, max=100)
    ] = 50,
    min_score: MinScore = None,
    batch: AutoBatch = None,
    server: Annotated[
        str | None,
        typer.Option(help="Base URL (up to /v1) of an OpenAI-compatible server (docs/engines.md)."),
    ] = None,
    served_as: Annotated[
        str | None, typer.Option(help="The model's name on the server. Default: that of --model.")
    ] = None,
    ray_workers: Annotated[
        int | None,
        typer.Option(
            help="The number of worker processes, each with the model, on this machine or on the "
            "cluster of RAY_ADDRESS (docs/engines.md).",
            min=1,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an interrupted output file.")
    ] = False,
    unconstrained: Unconstrained = False,
) -> None:
    """Extract events from your own articles and images.

        rmpl extract examples/news --out news.csv

    The suffix of --out decides the form. A table or a graph is made at the end of a file of JSON
    Lines beside it, which stays, so that an interrupted command can be resumed. In a folder, an
    article and the images beside it are one document (docs/extraction.md). Unreadable inputs are
    reported and skipped; the exit code is then 1. The last line is the number of events by type.
    """
    from rmpl.errors import RmplError, one_line
    from rmpl.extraction.about import score_bound
    from rmpl.inputs.sources import find_sources
    from rmpl.io.read_report import ReadReport
    from rmpl.predictions.results import ResultsFile, is_stream
    from rmpl.predictions.selection import EventCounts, counted

    output = output_of(out)
    refuse_inputs((output.lines, *output.exports, html), inputs)
    check_new(output, resume=resume)
    if html is not None and is_stream(out):
        raise RmplError("--html with standard output", remedy="write the events to a file")
    hold(*output.exports, html)
    report, counts = ReadReport(), EventCounts(min_score)
    skipped: list[str] = []

    def report_skipped(error: RmplError) -> None:
        skipped.append(error.what)
        typer.echo(one_line(f"skipped: {error}"), err=True)

    own = (*output.files, *([html] if html else []))
    sources = find_sources(inputs, report, report_skipped, ignored=own)
    stop_without_sources(sources, inputs, report)
    if model is not None:  # without, the choice of the default model says it
        warn_of(model, inputs)
    served = (server, served_as) if server is not None else None
    settings = {"adapters": adapter or [], "schema": schema, "batch": batch}
    extractor = _extractor(model, served, ray_workers, constrained=not unconstrained, **settings)
    about = {**extractor.about, **score_bound(min_score or 0.0)}
    results = ResultsFile(output.lines, about, resume=resume)
    for types in results.types:
        counts.add(types)
    before = len(results.done)
    with interruptible(results):
        _extract(extractor, results, sources, counts, report, report_skipped)
    kept = f", {before:,} of them from earlier runs" if before else ""
    done = counted(len(results.done), "document")
    with interruptible(results, remedy_of(output)):
        typer.echo(f"events: {output.lines}, {done}{kept}", err=is_stream(out))
        write_exports(output, report)
        _print_report(extractor, report, len(skipped))
        if html is not None:
            typer.echo(f"page: {_draw(html, output.lines, documents)}")
        say_counts(counts, err=is_stream(out))
    if skipped:
        raise typer.Exit(SKIPPED)


def _extractor(
    model: str | None,
    served: tuple[str, str | None] | None,
    workers: int | None,
    *,
    constrained: bool,
    **settings: Any,
) -> Extractor | RayExtractor:
    """Load the model, or connect to a server, given by its address and the model's name there.

    Raises
    ------
    RmplError
        If options contradict each other, or the model cannot be used.
    """
    from rmpl.errors import RmplError

    if served is None:
        return _load(model, workers, constrained=constrained, **settings)
    if workers is not None:
        raise RmplError(
            "--server with --ray-workers",
            remedy="leave out --ray-workers: the server does the work",
        )
    if settings["adapters"]:
        raise RmplError(
            "--server with --adapter",
            remedy="the server has the adapter: pass its run with --model",
        )
    address, name = served
    schema = settings["schema"]
    return _connect(address, name or model or "", model, schema, constrained=constrained)


def _load(model: str | None, workers: int | None, **settings: Any) -> Extractor | RayExtractor:
    from rmpl.cli.default_model import default_model

    model = default_model() if model is None else model
    if workers is None:
        from rmpl.extraction.extractor import Extractor

        return Extractor.from_pretrained(model, **settings)
    from rmpl.extraction.ray.extractor import RayExtractor

    return RayExtractor.from_pretrained(model, workers=workers, **settings)


def _connect(
    server: str, served: str, model: str | None, schema: str | None, *, constrained: bool
) -> Extractor:
    import os

    from rmpl.errors import RmplError
    from rmpl.extraction.extractor import Extractor

    if model is None:
        raise RmplError(
            "--server without --model",
            remedy="pass the served model with --model: it determines the prompt format",
        )
    return Extractor.from_server(
        server,
        served,
        model=model,
        schema=schema,
        key=os.environ.get(SERVER_KEY),
        constrained=constrained,
    )


def _extract(
    extractor: Extractor | RayExtractor,
    results: ResultsFile,
    sources: Sequence[Source],
    counts: EventCounts,
    report: ReadReport,
    on_skip: OnUnreadable,
) -> None:
    """Read, extract and write, chunk by chunk."""
    from rmpl.cli.progress import Bars
    from rmpl.corpora.near_duplicates import NearDuplicates
    from rmpl.errors import RmplError
    from rmpl.extraction.extractor import Extractor
    from rmpl.inputs.sources import count_documents
    from rmpl.predictions.results import result_line

    total = count_documents(sources)
    failed = 0
    unread = False
    documents = NearDuplicates()
    with Bars() as bars:

        def show(task: str = "", answered: int = 0, of: int = 0) -> None:
            note = f"{task} {answered}/{of}" if task else ""
            bars.update("documents", min(len(results.done) + failed, total), total, note)

        if isinstance(extractor, Extractor):
            stream = extractor.stream(_new(sources, results.done, report, on_skip), show)
        else:
            stream = extractor.stream(sources, report, on_skip, done=results.done)
        for item, found in stream:
            documents.add(item.document)
            if isinstance(found, RmplError):
                failed += 1
                on_skip(RmplError(found.what, where=item.document.id, remedy=found.remedy))
            else:
                unread |= bool(item.document.images) and "image" not in extractor.media
                results.append(result_line(counts.select(found), item, extractor.media))
                results.done.add(found.id)
            show()
        bars.update("documents", total, total)
    if unread:
        typer.echo(UNREAD, err=True)
    say_near_duplicates(documents)


def _new(
    sources: Sequence[Source], done: set[str], report: ReadReport, on_skip: OnUnreadable
) -> Iterator[Item]:
    """Yield the documents that are not in the output yet."""
    from rmpl.inputs.reading import Reader

    items = Reader(report, on_skip).read(sources)
    return (item for item in items if item.document.id not in done)


def _print_report(extractor: Extractor | RayExtractor, report: ReadReport, skipped: int) -> None:
    """Print what was skipped, warnings, and the number of unparseable answers."""
    for line in report.lines():
        if not line.startswith("used"):
            typer.echo(line, err=True)
    for task, count in extractor.failures.items():
        if count:
            asked = f" of {extractor.asked[task]:,}" if extractor.asked[task] else ""
            typer.echo(f"{task}: {count:,}{asked} unparseable answers", err=True)
    if skipped:
        typer.echo(f"skipped: {skipped:,}, listed above", err=True)


def _draw(page: Path, results: Path, most: int) -> Path:
    """Draw the first documents with events."""
    import itertools

    from rmpl.cli.page_warnings import page_warnings
    from rmpl.predictions.results import read_results
    from rmpl.viewer.extraction import write_extraction

    having = (d for d in read_results(results) if d.text_events or d.image_events)
    documents = list(itertools.islice(having, most))
    return write_extraction(
        page,
        title=f"Events in {results.name}",
        documents=documents,
        warnings=page_warnings(results, documents),
        rule=f"The first {len(documents)} documents with events." if documents else "",
    )
