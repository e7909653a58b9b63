"""What readers of a page of extracted documents must know about the model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rmpl.predictions.results import ABOUT
from rmpl.records import Document
from rmpl.runs.notices import notice_of


def page_warnings(results: Path, documents: Sequence[Document]) -> list[str]:
    """Return the warnings about the model that the settings beside a file of results name."""
    try:
        about = json.loads(results.with_name(results.name + ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    # Of the synthetic corpus only images are files that can be named.
    images = [image.path for document in documents for image in document.images if image.path]
    has_text = any(document.sentences for document in documents)
    said = notice_of(about.get("model", ""), [] if has_text else images)
    return [] if said is None else [said]
