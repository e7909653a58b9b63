"""What ``rmpl extract`` says of its inputs: that there are none, and which are nearly the same."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from rmpl.errors import one_line

if TYPE_CHECKING:
    from rmpl.corpora.near_duplicates import NearDuplicates
    from rmpl.inputs.sources import Source
    from rmpl.io.read_report import ReadReport

NOTHING = 1
_MOST = 20
"""Pairs of documents that are named; the others are counted."""


def stop_without_sources(
    sources: Sequence[Source], inputs: Sequence[str], report: ReadReport
) -> None:
    """End the command, before a model is loaded, if nothing in the inputs can be read."""
    from rmpl.inputs.sources import ENDINGS, OTHER

    if sources:
        return
    others = report.left_out[OTHER]
    cases = ", ".join(report.cases.get(OTHER, ()))
    found = f": {others:,} x {OTHER} (e.g. {cases})" if others else ""
    typer.echo(
        one_line(f"rmpl: nothing to read in {', '.join(inputs)}{found}; use {ENDINGS}"), err=True
    )
    raise typer.Exit(NOTHING)


def say_near_duplicates(documents: NearDuplicates) -> None:
    """Name each document that is nearly an earlier one; both have been extracted from."""
    found = documents.find()
    for one in itertools.islice(found, _MOST):
        share = f"{one.share:.0%} of their three-word sequences are the same"
        typer.echo(
            one_line(f"{one.first} and {one.second} are nearly the same ({share})"), err=True
        )
    left = sum(1 for _ in found)
    if left:
        typer.echo(f"{left:,} more documents are nearly the same as an earlier one", err=True)
