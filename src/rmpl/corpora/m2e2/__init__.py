"""M2E2: decoding its files, reading documents or gold, and checking the release.

``read_m2e2`` is imported lazily: scoring needs neither the full reader nor the image libraries.
"""

from __future__ import annotations

__all__ = ["read_m2e2"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rmpl.corpora.m2e2.reader import read_m2e2  # noqa: PLC0415

    return read_m2e2
