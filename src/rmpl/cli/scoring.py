"""Shared by ``rmpl score`` and ``rmpl compare``: warnings, JSON, gold with its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import typer

from rmpl.corpora.gold import Gold
from rmpl.corpora.origin import SYNTHETIC, is_synthetic
from rmpl.errors import RmplError, one_line
from rmpl.io.files import replacing
from rmpl.io.read_report import ReadReport
from rmpl.ontology import load_ontology
from rmpl.predictions.file import STDIN
from rmpl.records import Document
from rmpl.runs.folder import RunFolder
from rmpl.scoring import SETTINGS, Scores
from rmpl.scoring.bounds import ScoreIntervals
from rmpl.scoring.protocols import MARK, find_protocol


def print_warnings(report: ReadReport, of: str = "") -> None:
    """Print each kind of warning once, with its count and first cases, to standard error.

    ``of`` says which file they are about, where there are several.
    """
    kind = f"warning, {of}" if of else "warning"
    for reason, count in report.warnings.items():
        cases = "; ".join(report.cases[reason])
        typer.echo(one_line(f"{kind}: {count:,} x {reason} (first: {cases})"), err=True)


def predictions_of(given: str | Path) -> str:
    """Return the prediction file of a run folder, or the file that was given.

    Raises
    ------
    RmplError
        If the folder has none.
    """
    if str(given) == STDIN or not Path(given).is_dir():
        return str(given)
    file = RunFolder(Path(given)).predictions
    if not file.is_file():
        raise RmplError(
            f"no {file.name} in this folder",
            where=str(given),
            remedy="name a run folder for which rmpl predict has written it, or a prediction file",
        )
    return str(file)


def schema_of(*predictions: str) -> str:
    """Return the schema of the run, or runs, in whose folders prediction files are; else m2e2.

    Raises
    ------
    RmplError
        If they are of different schemas.
    """
    places = [RunFolder(Path(one).parent) for one in predictions if one != STDIN]
    schemas = {place: place.read_recipe().ontology for place in places if place.is_run}
    read = [load_ontology(one) for one in schemas.values()]
    if any(one != read[0] for one in read):
        found = ", ".join(f"{place.path} on {one}" for place, one in schemas.items())
        raise RmplError(f"runs of different schemas ({found})", remedy="name one with --schema")
    return next(iter(schemas.values()), "m2e2")


def column_names(first: str, second: str) -> tuple[str, str]:
    """Return the shortest distinct names of two systems: of their runs, where they are known."""
    places = []
    for given in (first, second):
        path = Path(given) if given == STDIN else Path(given).resolve()
        known = path.name == RunFolder(path).predictions.name
        places.append(path.parent.parts if known else path.parts)
    for length in range(1, max(map(len, places)) + 1):
        left, right = ("/".join(parts[-length:]) for parts in places)
        if left != right:
            return left, right
    return f"1: {places[0][-1]}", f"2: {places[1][-1]}"


def require_documents(report: ReadReport, predictions: str | Path) -> None:
    """Refuse a prediction file without documents: an empty file is a mistake, not a score of 0.

    Raises
    ------
    RmplError
        If the file has no documents.
    """
    if not report.used["documents"]:
        raise RmplError(
            "no documents",
            where="standard input" if predictions == "-" else str(predictions),
            remedy="write one line per document, also for documents without events",
        )


def noting(documents: Iterable[Document], seen: set[str]) -> Iterator[Document]:
    """Yield documents, adding their ids to ``seen``."""
    for document in documents:
        seen.add(document.id)
        yield document


def warn_unanswered(report: ReadReport, gold: Iterable[Document], seen: set[str]) -> None:
    """Warn about gold documents without a prediction line; all their items count as missed."""
    for document in gold:
        if document.id not in seen:
            report.warn("gold document without a prediction line, all of it missed", document.id)


def split_settings(settings: Sequence[str] | None) -> list[str]:
    """Return the given settings, comma-separated or repeated; all settings if none is given."""
    if settings is None:
        return list(SETTINGS)
    named = [name.strip() for given in settings for name in given.split(",")]
    return list(dict.fromkeys(name for name in named if name))


def intervals_of(
    results: Mapping[str, Scores], resamples: int, seed: int
) -> dict[str, dict[str, ScoreIntervals]]:
    """Return bootstrap intervals by protocol and task."""
    from rmpl.scoring.bootstrap import intervals

    return {
        name: intervals(scores, resamples=resamples, seed=seed) for name, scores in results.items()
    }


def plain_scores(
    results: Mapping[str, Scores], bounds: Mapping[str, Mapping[str, ScoreIntervals]]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return ``{protocol: {task: {tp, n_pred, n_gold, p, r, f1}}}``, percentages unrounded.

    With intervals, ``p_ci``, ``r_ci`` and ``f1_ci`` are added as ``[low, high]``. Scores that use
    gold annotation have ``gold_given``, except those of the legacy protocol whose names end in
    ``restricted``.
    """
    plain: dict[str, dict[str, dict[str, Any]]] = {}
    for name, scores in results.items():
        given = find_protocol(name).gold_given
        plain[name] = {}
        for task, counts in scores.total().items():
            values: dict[str, Any] = dict(counts.to_dict())
            if name in bounds:
                interval = bounds[name][task]
                for key in ("p", "r", "f1"):
                    bound = getattr(interval, key)
                    values[f"{key}_ci"] = [bound.low, bound.high]
            if task in given and not task.endswith("_restricted"):
                values["gold_given"] = True
            plain[name][task] = values
    return plain


def gold_notes(results: Mapping[str, Scores]) -> list[str]:
    """Return one line per protocol that uses gold annotation."""
    notes = []
    for name, scores in results.items():
        used = find_protocol(name).gold_given & scores.total().keys()
        if used:
            notes.append(f"!! {MARK} in {name}: {', '.join(sorted(used))}")
    return notes


def write_json(path: Path, value: object) -> None:
    """Write a value as indented JSON; the file appears only when it is complete.

    Raises
    ------
    RmplError
        If the file cannot be written.
    """
    content = msgspec.json.format(msgspec.json.encode(value), indent=2)
    with replacing(path) as file:
        file.write(content + b"\n")


def not_run_notes(settings: Sequence[str]) -> list[str]:
    """Return a line on the settings that the prediction file says were not run, if any."""
    if not settings:
        return []
    return [f"{' and '.join(settings)}: not run (not the same as a score of zero)"]


def origin_notes(gold: Path) -> list[str]:
    """Return a note if the gold is the synthetic corpus, whichever format it is in."""
    return [f"{SYNTHETIC}, not news"] if is_synthetic(gold) else []


def print_doubts(gold: Path, found: Gold) -> list[str]:
    """Print and return a note if the gold may not be whole."""
    if not found.deviations:
        return []
    what = ", ".join(found.deviations)
    note = f"!! this gold may not be whole: {what} (rmpl check m2e2 {gold})"
    typer.echo(note)
    return [note]


def with_text(path: Path, gold: Gold) -> list[Document]:
    """Return the gold with its sentences and images, if it is a folder that has them."""
    if not path.is_dir():
        return gold.documents
    from rmpl.corpora.m2e2.reader import read_m2e2

    return list(read_m2e2(path))
