"""``rmpl check``: count a corpus and report problems in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from rmpl.cli.options import (
    AllSplits,
    AsJson,
    CorpusArgument,
    CorpusPath,
    Images,
    LabelMapping,
    SchemaOfData,
    Types,
    Verbose,
)

if TYPE_CHECKING:
    from collections import Counter

    from rmpl.corpora.contamination import ContaminationCheck
    from rmpl.corpora.release import ReleaseReport
    from rmpl.corpora.summary import Summary
    from rmpl.io.read_report import ReadReport

BROKEN = 1
IMSITU_MAP = "imsitu_map"


class Found(NamedTuple):
    """The contents of a corpus split, and what reading it reported."""

    summary: Summary
    reading: ReadReport


class Asked(NamedTuple):
    """What is to be read."""

    corpus: str
    path: Path
    split: str | None
    images: Path | None
    types: Literal["mapped", "all"]
    mapping: Path | None
    schema: str


def command(
    corpus: CorpusArgument,
    path: CorpusPath,
    split: AllSplits = None,
    images: Images = None,
    against: Annotated[
        Path | None, typer.Option(help="M2E2 folder for the contamination check.")
    ] = None,
    types: Types = "mapped",
    mapping: LabelMapping = None,
    schema: SchemaOfData = None,
    *,
    decode: Annotated[
        bool, typer.Option(help="Decode every image, which finds truncated files.")
    ] = True,
    cases: Annotated[int, typer.Option(help="Locations to list per finding.")] = 3,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Count a corpus by type and role, and report what is left out.

        rmpl check m2e2 world/m2e2

    M2E2 is also compared with its release, and `imsitu_map`, the published mapping of imSitu's
    verbs (ace_sr_mapping.txt), with ours, row by row. Exit code 1 if records are broken, missing,
    in the test data or different from the release, or if there are no documents; 2 if the corpus
    cannot be read at all.
    """
    from rmpl.corpora.imsitu_map import check_imsitu_map
    from rmpl.corpora.m2e2.release import check_m2e2, is_named_like_m2e2
    from rmpl.corpora.origin import SYNTHETIC, is_synthetic
    from rmpl.corpora.registry import find_corpus

    found: dict[str, Found] = {}
    release: ReleaseReport | None = None
    if corpus == IMSITU_MAP:
        release = check_imsitu_map(path)
    else:
        parts = [split] if split is not None else find_corpus(corpus).present_splits(path)
        check = None if against is None else _contamination_check(against)
        for part in parts:
            asked = Asked(corpus, path, part, images, types, mapping, schema or "m2e2")
            found[part or "all"] = _read(asked, check, decode, cases)
    notes: list[str] = []
    if corpus == "m2e2" and is_named_like_m2e2(path):
        release = check_m2e2(path)
    elif corpus == "m2e2":
        what = SYNTHETIC if is_synthetic(path) else "another corpus"
        notes = [f"{path}: {what} in M2E2's format, not compared with the release"]
    if release is not None:
        notes = release.lines()
    if as_json:
        typer.echo(json.dumps(_as_dict(corpus, path, found, notes), ensure_ascii=False, indent=1))
    else:
        _print(found, notes, verbose=verbose)
    deviates = release is not None and not release.is_release
    if deviates or any(map(_is_bad, found.values())):
        raise typer.Exit(BROKEN)


def _contamination_check(folder: Path) -> ContaminationCheck:
    from rmpl.corpora.contamination import ContaminationCheck
    from rmpl.corpora.registry import read_corpus

    return ContaminationCheck(read_corpus("m2e2", folder))


def _read(asked: Asked, check: ContaminationCheck | None, decode: bool, cases: int) -> Found:
    from rmpl.corpora.contamination import OVERLAP
    from rmpl.corpora.registry import read_corpus
    from rmpl.corpora.summary import Summary, check_images
    from rmpl.io.read_report import ReadReport
    from rmpl.ontology import load_ontology

    found = Found(Summary(cases), ReadReport(cases))
    done: set[str] = set()
    for document in read_corpus(
        asked.corpus,
        asked.path,
        split=asked.split,
        images=asked.images,
        types=asked.types,
        mapping=asked.mapping,
        ontology=load_ontology(asked.schema),
        on_error="count",
        report=found.reading,
    ):
        found.summary.add(document)
        if decode:
            check_images(document, found.reading, done)
        reason = None if check is None else check.overlap(document)
        if reason is not None:
            found.reading.warn(OVERLAP, f"{document.id}: {reason}")
    return found


def _is_bad(found: Found) -> bool:
    from rmpl.corpora.contamination import OVERLAP
    from rmpl.io.image_folders import MISSING

    reading = found.reading
    empty = not found.summary.counts["documents"]
    return bool(empty or reading.refused or reading.warnings[MISSING] or reading.warnings[OVERLAP])


def _as_dict(corpus: str, path: Path, found: dict[str, Found], notes: list[str]) -> dict[str, Any]:
    return {
        "dataset": corpus,
        "path": str(path),
        "notes": notes,
        "splits": {
            name: {**summary.as_dict(), "reading": reading.as_dict()}
            for name, (summary, reading) in found.items()
        },
    }


def _print(found: dict[str, Found], notes: list[str], *, verbose: bool) -> None:
    from rmpl.cli.tables import print_counts
    from rmpl.errors import one_line

    def columns(attribute: str) -> dict[str, Counter[Any]]:
        return {name: getattr(summary, attribute) for name, (summary, _) in found.items()}

    print_counts("what", columns("counts"), ordered=False)
    print_counts("text event type", columns("text_types"))
    print_counts("text role", columns("text_roles"))
    print_counts("image event type", columns("image_types"))
    print_counts("image role", columns("image_roles"))
    print_counts("relation", columns("labels"))
    for name, (summary, reading) in found.items():
        if not summary.counts["documents"]:
            typer.echo(f"{name}: no documents")
        for line in [*reading.lines(verbose=verbose), *summary.oddities.lines()]:
            if not any(line.endswith(f" {what}") for what in summary.counts):
                typer.echo(f"{name}: {line}")
    for note in notes:
        typer.echo(one_line(note))
