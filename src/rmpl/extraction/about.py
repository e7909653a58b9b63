"""What results of a model depend on besides the documents, known without loading its weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rmpl.extraction.calibration import read_calibration
from rmpl.ontology import Ontology, load_ontology
from rmpl.predictions.min_score import check_min_score


def about_pretrained(
    model: str | Path,
    *,
    adapters: Sequence[str | Path],
    schema: str | Path | Ontology | None,
    constrained: bool,
    min_score: float = 0.0,
) -> dict[str, Any]:
    """Return ``about`` of ``Extractor.from_pretrained`` without loading weights.

    Raises
    ------
    RmplError
        If the model or the schema is not known.
    """
    from rmpl.runs.trained import context_of_any  # noqa: PLC0415 - torch only when it is used

    make_context, folder = context_of_any(str(model), [Path(one) for one in adapters])
    return {
        **named(model, adapters),
        "schema": make_context(schema_of(schema, folder)).ontology,
        "constrained": constrained,
        "calibration": None if folder is None else read_calibration(folder),
        **score_bound(min_score),
    }


def score_bound(min_score: float) -> dict[str, Any]:
    """Return what results say of the lowest score: ``None`` if all scores are wanted.

    An output of earlier versions, which says nothing, can so be resumed.

    Raises
    ------
    RmplError
        If it is no probability.
    """
    check_min_score(min_score)
    return {"min_score": min_score or None}


def named(model: str | Path, adapters: Sequence[str | Path]) -> dict[str, Any]:
    """Return what results say of the model."""
    return {"model": str(model), "adapters": [str(one) for one in adapters]}


def schema_of(schema: str | Path | Ontology | None, folder: Path | None) -> Ontology:
    """Return the requested schema, by default that of the run in ``folder``."""
    from rmpl.runs.trained import ontology_of  # noqa: PLC0415 - torch only when it is used

    if isinstance(schema, Ontology):
        return schema
    if schema is not None:
        return load_ontology(schema)
    return load_ontology() if folder is None else ontology_of(folder)
