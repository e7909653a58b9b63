from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def twins() -> Path:
    """The made-up document in every format."""
    return ROOT / "tests" / "data" / "format_twins"


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Give a folder of the datasets' real files, or skip: their licences forbid shipping them."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "data" / name
        if not path.exists():
            pytest.skip(f"the real files are not here: {path}")
        return path

    return find
