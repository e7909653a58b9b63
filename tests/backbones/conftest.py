"""The tiny twin of every family, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmpl.backbones.families import family_names, family_of
from shared import built_once


@pytest.fixture(scope="session")
def twins(tmp_path_factory) -> Path:
    """A folder with a twin of every family, by its model type."""

    def build(folder: Path) -> None:
        folder.mkdir()
        for name in family_names():
            family_of(name, name).twin(folder / name)

    return built_once(tmp_path_factory, "twins", build)
