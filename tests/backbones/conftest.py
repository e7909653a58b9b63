"""The tiny twin of every family, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmpl.backbones.families import family_names, family_of


@pytest.fixture(scope="session")
def twins(tmp_path_factory) -> Path:
    """A folder with a twin of every family, by its model type."""
    folder = tmp_path_factory.mktemp("twins")
    for name in family_names():
        family_of(name, name).twin(folder / name)
    return folder
