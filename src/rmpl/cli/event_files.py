"""Files of events that ``rmpl extract`` and ``rmpl table`` write: lines, tables and graphs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rmpl.errors import RmplError

if TYPE_CHECKING:
    from rmpl.io.read_report import ReadReport
    from rmpl.predictions.results import ResultsFile
    from rmpl.predictions.selection import EventCounts

INTERRUPTED = 130

MinScore = Annotated[
    float | None,
    typer.Option(help="Leave out events with a lower score, from 0 to 1 (docs/extraction.md)."),
]


class Output(NamedTuple):
    """What ``--out`` of ``rmpl extract`` makes.

    Parameters
    ----------
    out
        The file that was asked for.
    lines
        The JSON Lines that results are appended to: ``out`` itself, or a file beside it.
    exports
        The tables or the graph that are made of them at the end.
    """

    out: Path
    lines: Path
    exports: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that it makes."""
        from rmpl.predictions.results import ABOUT

        return self.lines, self.lines.with_name(self.lines.name + ABOUT), *self.exports


def output_of(out: Path) -> Output:
    """Return what an output makes, by its suffix.

    Raises
    ------
    RmplError
        If the suffix is unknown, or a library is missing.
    """
    from rmpl.io.locks import is_special
    from rmpl.predictions.exports import export_files, lines_file
    from rmpl.predictions.results import is_stream

    if is_stream(out) or is_special(out) or out.is_dir():  # as before any suffix: check_output
        return Output(out, out)
    lines = lines_file(out)
    return Output(out, lines) if lines == out else Output(out, lines, tuple(export_files(out)))


def refuse_made(predictions: Path) -> None:
    """Refuse a folder, a table or a graph in place of a prediction file.

    Raises
    ------
    RmplError
        If it is one.
    """
    from rmpl.predictions.exports import FORMS

    if predictions.is_dir():
        remedy = "name the .jsonl file in it, of a run predictions.jsonl"
        raise RmplError("is a folder", where=str(predictions), remedy=remedy)
    if predictions.suffix.lower() in FORMS:
        remedy = f"name the file that it was made of, such as {predictions.with_suffix('.jsonl')}"
        raise RmplError(
            "a table or graph, which is not read", where=str(predictions), remedy=remedy
        )


def check_new(output: Output, *, resume: bool) -> None:
    """Refuse to overwrite what is not to be continued.

    Raises
    ------
    RmplError
        If there is such a file, or the output cannot be written.
    """
    from rmpl.predictions.results import check_output

    if output.exports and output.lines.exists() and not resume:
        raise RmplError(
            f"already exists, and is where the events of {output.out} are written first",
            where=str(output.lines),
            remedy=f"make the file of it ({_again(output)}), continue it with --resume, or choose "
            "another name",
        )
    check_output(output.lines, resume=resume)
    for file in output.exports:
        if file.exists() and not (resume and output.lines.exists()):
            raise RmplError(
                "already exists", where=str(file), remedy="choose another name, or remove it"
            )


@contextlib.contextmanager
def interruptible(
    results: ResultsFile, remedy: str = "run the same command with --resume to continue"
) -> Iterator[None]:
    """Close a file of results at the end; if interrupted, say what is finished, and end.

    ``remedy`` says how to go on from a file; standard output cannot be continued.
    """
    from rmpl.predictions.results import is_stream
    from rmpl.predictions.selection import counted

    try:
        yield
    except KeyboardInterrupt as error:
        held = f"{counted(len(results.done), 'document')} finished"
        if is_stream(results.path):
            held += "; to continue later, write to a file"
        else:
            held += f", in {results.path}; {remedy}"
        typer.echo(f"\nrmpl: interrupted; {held}", err=True)
        raise typer.Exit(INTERRUPTED) from error
    finally:
        results.close()


def remedy_of(output: Output) -> str:
    """Return how to go on once the lines of an output are complete."""
    again = f"make the file of it: {_again(output)}; or " if output.exports else ""
    return f"{again}run the same command with --resume for what is missing"


def write_exports(output: Output, report: ReadReport) -> None:
    """Make the table or the graph of the finished lines, and say where it is.

    Raises
    ------
    RmplError
        If it cannot be written; the events are then in the lines.
    """
    from rmpl.predictions.exports import export
    from rmpl.predictions.results import read_results

    if not output.exports:
        return
    try:
        say_files(export(read_results(output.lines), output.out, report))
    except RmplError as error:
        remedy = f"the events are in {output.lines}: {_again(output)}"
        raise RmplError(error.what, where=error.where, remedy=remedy) from error


def say_files(files: list[Path]) -> None:
    """Print the names of tables, or of a graph."""
    for file in files:
        kind = "graph" if file.suffix.lower() in {".graphml", ".jsonld"} else "table"
        typer.echo(f"{kind}: {file}")


def say_counts(counts: EventCounts, *, err: bool = False) -> None:
    """Print what was left out and, as the last line, the number of events by type."""
    from rmpl.errors import one_line

    for line in counts.lines():
        typer.echo(one_line(line), err=err)


def _again(output: Output) -> str:
    return f"rmpl table {output.lines} --out {output.out}"
