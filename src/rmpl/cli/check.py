"""``rmpl check``: what is in a corpus, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections import Counter

    from rmpl.corpora.report import ReadReport
    from rmpl.corpora.summary import Summary

BROKEN = 1


def command(
    dataset: Annotated[str, typer.Argument(help="m2e2, ace, jmee, swig, mnre, rams, ...")],
    path: Annotated[Path, typer.Argument(help="The corpus's folder, or one of its files.")],
    split: Annotated[
        str | None, typer.Option(help="Only this split; by default all there.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of pictures; default beside the corpus.")
    ] = None,
    *,
    decode: Annotated[
        bool, typer.Option(help="Decode every picture, which finds truncated ones.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count a corpus by type, role, label and split, and say what is left out and why.

    M2E2 is also compared with its release, check by check. Exit code 1 if something is broken or
    deviates from the release, 2 if it cannot be read at all.
    """
    from rmpl.corpora.m2e2_release import check_m2e2
    from rmpl.corpora.registry import find_corpus, read_corpus
    from rmpl.corpora.report import ReadReport
    from rmpl.corpora.summary import Summary, check_pictures

    corpus = find_corpus(dataset)
    found: dict[str, tuple[Summary, ReadReport]] = {}
    for part in [split] if split is not None else corpus.present_splits(path):
        summary, report = Summary(), ReadReport()
        for document in read_corpus(
            dataset, path, split=part, images=images, on_error="count", report=report
        ):
            summary.add(document)
            if decode:
                check_pictures(document, report)
        found[part or "all"] = summary, report
    release = check_m2e2(path) if dataset == "m2e2" else None
    notes = release.lines() if release is not None else []
    if as_json:
        typer.echo(json.dumps(_as_dict(dataset, path, found, notes), ensure_ascii=False, indent=1))
    else:
        _print(found, notes)
    deviates = release is not None and not release.is_release
    if deviates or any(report.refused for _, report in found.values()):
        raise typer.Exit(BROKEN)


def _as_dict(
    dataset: str, path: Path, found: dict[str, tuple[Summary, ReadReport]], notes: list[str]
) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "path": str(path),
        "notes": notes,
        "splits": {
            name: {**summary.as_dict(), "reading": report.as_dict()}
            for name, (summary, report) in found.items()
        },
    }


def _print(found: dict[str, tuple[Summary, ReadReport]], notes: list[str]) -> None:
    from rmpl.cli.tables import print_counts

    summaries = {name: summary for name, (summary, _) in found.items()}

    def columns(attribute: str) -> dict[str, Counter[Any]]:
        return {name: getattr(summary, attribute) for name, summary in summaries.items()}

    print_counts("what", columns("counts"), ordered=False)
    print_counts("text event type", columns("text_types"))
    print_counts("text role", columns("text_roles"))
    print_counts("image event type", columns("image_types"))
    print_counts("image role", columns("image_roles"))
    print_counts("relation", columns("labels"))
    for name, (summary, report) in found.items():
        for line in [*report.lines(), *summary.oddities.lines()]:
            if not any(line.endswith(f" {what}") for what in summary.counts):
                typer.echo(f"{name}: {line}")
    for note in notes:
        typer.echo(note)
