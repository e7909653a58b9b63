"""M2E2: its files and their one decoding, the documents, the gold of a score, and the release.

``read_m2e2`` is found here, too, and imported when it is asked for: scoring needs neither the full
reader nor the libraries for images that it loads.
"""

from __future__ import annotations

__all__ = ["read_m2e2"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rmpl.corpora.m2e2.reader import read_m2e2  # noqa: PLC0415

    return read_m2e2
