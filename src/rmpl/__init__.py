"""RMPL: relation-aware multi-task progressive learning for multimedia event extraction."""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Extractor", "__version__"]

if TYPE_CHECKING:
    from rmpl.extraction.extractor import Extractor as Extractor


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute may be anything
    """Load the extractor, and with it what it builds on, when it is first asked for."""
    if name == "Extractor":
        return importlib.import_module("rmpl.extraction.extractor").Extractor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
