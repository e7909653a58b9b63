from __future__ import annotations

from pathlib import Path

import pytest

from rmpl.synthetic.build import build_world
from shared import built_once


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_once(
        tmp_path_factory, "larger/world", lambda folder: build_world(folder, seed=3, scale=0.15)
    )
