from __future__ import annotations

from pathlib import Path

import pytest

from rmpl.synthetic.build import build_world


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("worlds") / "world"
    build_world(out, seed=3, scale=0.15)
    return out
