"""Reading gold for scoring: M2E2's files or a JSONL file, only as far as scoring needs it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rmpl.corpora.m2e2.gold import read_m2e2_gold
from rmpl.errors import RmplError
from rmpl.io.files import collector_paused
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.predictions.file import read_predictions
from rmpl.predictions.validity import Candidates
from rmpl.records import Document


class Gold(msgspec.Struct, frozen=True):
    """Gold documents, and the documents, sentences and images of the benchmark.

    Sentences, if any, have an id and gold entities but no text. ``candidates`` is ``None`` for
    JSONL gold, which does not list them.
    """

    documents: list[Document]
    candidates: Candidates | None
    report: ReadReport = msgspec.field(default_factory=ReadReport)
    """Counts what is suspicious of the gold itself."""
    deviations: list[str] = []
    """What speaks against the whole of M2E2's files being there, see ``read_m2e2_gold``."""


def read_gold(
    path: str | Path,
    *,
    entities: bool = False,
    ontology: Ontology | None = None,
) -> Gold:
    """Read gold for scoring.

    Parameters
    ----------
    path
        The folder of M2E2's files (or of a corpus in its format), or a JSONL file in the format of
        prediction files.
    entities
        Whether to read M2E2's gold entity mentions, which one relaxation needs.
    ontology
        The schema of JSONL gold; M2E2's by default.

    Raises
    ------
    RmplError
        If files are missing, malformed or empty, or a link names an unknown event.
    """
    path = Path(path)
    if not path.is_dir():
        report = ReadReport()
        documents = list(read_predictions(path, ontology=ontology, report=report))
        if not documents:
            raise RmplError("no gold documents", where=str(path), remedy="check the file")
        return Gold(documents, None, report)
    with collector_paused():
        report = ReadReport()
        found, candidates, deviations = read_m2e2_gold(path, entities=entities, report=report)
        return Gold(found, candidates, report, deviations)
