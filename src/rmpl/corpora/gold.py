"""The gold of a score: M2E2's files or a JSONL file, read for what scoring needs and no more."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rmpl.corpora.m2e2.gold import read_m2e2_gold
from rmpl.errors import RmplError
from rmpl.io.files import collector_paused
from rmpl.ontology import Ontology
from rmpl.predictions.file import read_predictions
from rmpl.predictions.validity import Candidates
from rmpl.records import Document


class Gold(msgspec.Struct, frozen=True):
    """Gold documents, and what the benchmark covers besides them.

    Sentences, where there are any, have an id and gold entities but no text. ``candidates`` is
    ``None`` for a JSONL gold, which does not say what it covers.
    """

    documents: list[Document]
    candidates: Candidates | None


def read_gold(
    path: str | Path, *, entities: bool = False, ontology: Ontology | None = None
) -> Gold:
    """Read the gold of a score.

    Parameters
    ----------
    path
        The folder of M2E2's files (or of a corpus in its format), or a JSONL file in the shape of a
        prediction file.
    entities
        Read M2E2's gold entity mentions too; one relaxation needs them.
    ontology
        The inventory that a JSONL gold's types must be from; M2E2's if not given.

    Raises
    ------
    RmplError
        If files are missing, malformed or empty, or a link names what is not there.
    """
    path = Path(path)
    if not path.is_dir():
        documents = list(read_predictions(path, ontology=ontology))
        if not documents:
            raise RmplError("no gold document", where=str(path), remedy="check the file")
        return Gold(documents, None)
    with collector_paused():
        return Gold(*read_m2e2_gold(path, entities=entities))
