"""RMPL: relation-aware multi-task progressive learning for multimedia event extraction.

What is named here stays as it is between minor versions (docs/api/index.md).
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from rmpl import _moved

__version__ = "0.2.0"
__all__ = [
    "Document",
    "DocumentView",
    "Extractor",
    "RmplError",
    "__version__",
    "load_ontology",
    "read_corpus",
    "score",
    "score_by_document",
    "view",
]

if TYPE_CHECKING:
    from rmpl.corpora.registry import read_corpus as read_corpus
    from rmpl.errors import RmplError as RmplError
    from rmpl.extraction.extractor import Extractor as Extractor
    from rmpl.ontology import load_ontology as load_ontology
    from rmpl.records import Document as Document
    from rmpl.scoring import score as score
    from rmpl.scoring import score_by_document as score_by_document
    from rmpl.views.documents import DocumentView as DocumentView
    from rmpl.views.documents import view as view

_HOMES = {
    "Document": "rmpl.records",
    "DocumentView": "rmpl.views.documents",
    "Extractor": "rmpl.extraction.extractor",
    "RmplError": "rmpl.errors",
    "load_ontology": "rmpl.ontology",
    "read_corpus": "rmpl.corpora.registry",
    "score": "rmpl.scoring",
    "score_by_document": "rmpl.scoring",
    "view": "rmpl.views.documents",
}
"""Where each name is; only the extractor needs torch."""

_moved.install()
# Read when torch is loaded: threads that wait for others then sleep instead of spinning, which on a
# busy machine is twenty times faster. A user's own value stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute may be anything
    """Load a name, and with it what it builds on, when it is first asked for."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the lazy names, too: shells complete them."""
    return sorted({*globals(), *__all__})
