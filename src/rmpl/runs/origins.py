"""What a run is trained and scored on: published corpora or the synthetic one in their formats."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rmpl.corpora.origin import SYNTHETIC, is_synthetic
from rmpl.corpora.registry import find_corpus
from rmpl.errors import RmplError
from rmpl.recipe.recipe import CorpusRecipe
from rmpl.runs.folder import RunFolder

ORIGINS = "origins"
SCORED = "scored"

_NO_NEWS = "Such a score shows that the method and the code work; it says nothing about real news."


def record_scored(folder: Path, gold: Path) -> None:
    """Note in a run's ``run.json`` what its ``metrics.json`` was scored against.

    Nothing happens where ``folder`` is not a run's, or its ``run.json`` cannot be written.

    Raises
    ------
    RmplError
        If ``run.json`` is damaged, or of a newer version.
    """
    place = RunFolder(folder)
    if not place.record.is_file():
        return
    run = place.read_record()
    run[SCORED] = {"gold": gold.name, "synthetic": is_synthetic(gold)}
    with contextlib.suppress(OSError):
        place.write_record(run)


def is_all_synthetic(run: Mapping[str, Any]) -> bool:
    """Return whether a run is known to have read nothing but the synthetic corpora."""
    read = run.get(ORIGINS, {}).values()
    return bool(read) and all(one["synthetic"] for one in read)


def data_line(run: Mapping[str, Any]) -> str | None:
    """Return which of the corpora that a run read are synthetic, in a sentence."""
    names = [name for name, one in run.get(ORIGINS, {}).items() if one["synthetic"]]
    if not names:
        return None
    if is_all_synthetic(run):
        return f"All of it is {SYNTHETIC}, written in the formats of these readers."
    return f"{', '.join(names)}: {SYNTHETIC}, in the format of the reader."


def scored_line(run: Mapping[str, Any]) -> str | None:
    """Return what a run's scores were measured on, if that is known."""
    if SCORED not in run:
        return None
    if run[SCORED]["synthetic"]:
        return f"Measured on {SYNTHETIC}, in M2E2's format. {_NO_NEWS}"
    return f"Measured against {run[SCORED]['gold']}."


def licence_lines(run: Mapping[str, Any], corpora: Mapping[str, CorpusRecipe]) -> Iterator[str]:
    """Yield the licence terms of each corpus that a run read."""
    origins = run.get(ORIGINS, {})
    for name, corpus in corpora.items():
        if name not in origins:  # written by version 0.1, which did not look
            yield f"{name}: {_terms(corpus.reader)}, if it is the published corpus"
        elif origins[name]["synthetic"]:
            yield f"{name}: {SYNTHETIC}; no other corpus's terms apply"
        else:
            yield f"{name}: {origins[name]['terms']}"


def _terms(reader: str) -> str:
    try:
        return find_corpus(reader).terms
    except RmplError:  # of a package that is not installed here
        return "see its authors"
