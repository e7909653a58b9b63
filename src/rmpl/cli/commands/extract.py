"""``rmpl extract``: events from a user's own articles, pages and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rmpl.cli.outputs import hold, lets_go

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rmpl.extraction.extractor import Extractor
    from rmpl.extraction.ray.extractor import RayExtractor
    from rmpl.inputs.files import Tell
    from rmpl.inputs.reading import Item
    from rmpl.inputs.sources import Source
    from rmpl.io.read_report import ReadReport
    from rmpl.predictions.results import ResultsFile

SKIPPED = 1
INTERRUPTED = 130
DEMO = Path("demo/run")
SERVER_KEY = "RMPL_SERVER_KEY"
"""The environment's name of the key that a server wants, if it wants one."""


@lets_go
def command(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Files (.txt, .md, .html, .json, .jsonl, .parquet, pictures), folders, or - "
            "for standard input.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="The .jsonl file to write.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="A run's folder, a model's, or a hub id; default demo/run if it is here."
        ),
    ] = None,
    adapter: Annotated[
        list[Path] | None, typer.Option(help="Folder of an adapter to put on it; may be repeated.")
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option(help="Event types and roles, a YAML file; default what was trained on."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also draw the documents on this page.")
    ] = None,
    drawn: Annotated[
        int, typer.Option(help="Documents to draw, those with events.", min=1, max=100)
    ] = 50,
    batch: Annotated[
        int | None, typer.Option(help="Prompts answered together; 64 on a CPU, else 32.", min=1)
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            help="An OpenAI-compatible address, up to /v1, that serves the model (docs/engines.md)."
        ),
    ] = None,
    served_as: Annotated[
        str | None, typer.Option(help="The model's name on the server; default that of --model.")
    ] = None,
    ray_workers: Annotated[
        int | None,
        typer.Option(
            help="Share the work among so many processes, each with the model, here or on the "
            "cluster that RAY_ADDRESS names (docs/engines.md).",
            min=1,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a file that was interrupted.")
    ] = False,
    unconstrained: Annotated[
        bool, typer.Option("--unconstrained", help="Let the model write anything, legal or not.")
    ] = False,
) -> None:
    """Extract events from your own documents, a line each, with offsets, boxes and confidences.

    In a folder, an article and the pictures beside it are a document (docs/extraction.md). What
    cannot be read is told of, skipped and counted; the exit code is then 1.
    """
    from rmpl.errors import RmplError, one_line
    from rmpl.inputs.sources import count_documents, find_sources
    from rmpl.io.read_report import ReadReport
    from rmpl.predictions.results import ResultsFile

    hold(html)
    report = ReadReport()
    skipped: list[str] = []

    def tell(error: RmplError) -> None:
        skipped.append(error.what)
        typer.echo(one_line(f"skipped: {error}"), err=True)

    sources = find_sources(inputs, report, tell)
    extractor: Extractor | RayExtractor
    if server is not None:
        if ray_workers is not None:
            raise RmplError(
                "--server beside --ray-workers",
                remedy="leave --ray-workers out: the server does the work, one process can ask it",
            )
        served = served_as or model or ""
        extractor = _connect(server, served, model, schema, constrained=not unconstrained)
    else:
        told = {"adapters": adapter or [], "schema": schema, "batch": batch}
        extractor = _load(model, ray_workers, constrained=not unconstrained, **told)
    results = ResultsFile(out, extractor.about, resume=resume)
    before = len(results.done)
    try:
        _extract(extractor, results, sources, count_documents(sources), report, tell)
    except KeyboardInterrupt as error:
        held = f"{len(results.done):,} documents are in {out}"
        typer.echo(f"\nrmpl: stopped; {held}, the same command with --resume goes on", err=True)
        raise typer.Exit(INTERRUPTED) from error
    finally:
        results.close()
    _say(extractor, report)
    kept = f", {before:,} of them from before" if before else ""
    typer.echo(f"events: {out}, {len(results.done):,} documents{kept}")
    if html is not None:
        typer.echo(f"page: {_draw(html, out, drawn)}")
    if skipped:
        typer.echo(f"skipped: {len(skipped):,}, each named above", err=True)
        raise typer.Exit(SKIPPED)


def _load(model: str | None, workers: int | None, **told: Any) -> Extractor | RayExtractor:
    from rmpl.errors import RmplError

    if model is None:
        if not DEMO.is_dir():
            raise RmplError(
                "no model is given, and none that extracts events comes with the package",
                remedy="name one with --model; 'make demo' trains a small one in ten minutes and "
                "leaves it in demo/run",
            )
        model = str(DEMO)
        typer.echo(
            f"no --model: {DEMO}, a very small model that knows the generated world only; what it "
            "says of other texts and of photographs is of no use",
            err=True,
        )
    if workers is None:
        from rmpl.extraction.extractor import Extractor

        return Extractor.from_pretrained(model, **told)
    from rmpl.extraction.ray.extractor import RayExtractor

    return RayExtractor.from_pretrained(model, workers=workers, **told)


def _connect(
    server: str, served: str, model: str | None, schema: str | None, *, constrained: bool
) -> Extractor:
    import os

    from rmpl.errors import RmplError
    from rmpl.extraction.extractor import Extractor

    if model is None:
        raise RmplError(
            "--server without --model",
            remedy="name what is served with --model: it says how prompts are worded",
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
    total: int,
    report: ReadReport,
    tell: Tell,
) -> None:
    """Read, extract and write, a chunk at a time."""
    from rmpl.cli.progress import Bars
    from rmpl.errors import RmplError
    from rmpl.extraction.extractor import Extractor
    from rmpl.predictions.results import result_line

    failed = 0
    with Bars() as bars:

        def show(task: str = "", answered: int = 0, of: int = 0) -> None:
            note = f"{task} {answered}/{of}" if task else ""
            bars.update("documents", min(len(results.done) + failed, total), total, note)

        if isinstance(extractor, Extractor):
            stream = extractor.stream(_new(sources, results.done, report, tell), show)
        else:
            stream = extractor.stream(sources, report, tell, done=results.done)
        for item, found in stream:
            if isinstance(found, RmplError):
                failed += 1
                tell(RmplError(found.what, where=item.document.id, remedy=found.remedy))
            else:
                results.append(result_line(found, item))
                results.done.add(found.id)
            show()
        bars.update("documents", total, total)


def _new(
    sources: Sequence[Source], done: set[str], report: ReadReport, tell: Tell
) -> Iterator[Item]:
    """Yield what is not done yet."""
    from rmpl.inputs.reading import Reader

    items = Reader(report, tell).read(sources)
    return (item for item in items if item.document.id not in done)


def _say(extractor: Extractor | RayExtractor, report: ReadReport) -> None:
    """Print what was left out, what looked odd, and what could not be understood."""
    for line in report.lines():
        if not line.startswith("used"):
            typer.echo(line, err=True)
    for task, count in extractor.failures.items():
        if count:
            asked = f" of {extractor.asked[task]:,}" if extractor.asked[task] else ""
            typer.echo(f"{task}: {count:,}{asked} answers not readable whole", err=True)


def _draw(page: Path, results: Path, most: int) -> Path:
    """Draw the first documents that have events."""
    import itertools

    from rmpl.predictions.results import read_results
    from rmpl.viewer.extraction import write_extraction

    having = (d for d in read_results(results) if d.text_events or d.image_events)
    documents = list(itertools.islice(having, most))
    return write_extraction(
        page,
        title=f"Events in {results.name}",
        documents=documents,
        rule=f"The first {len(documents)} documents with events." if documents else "",
    )
