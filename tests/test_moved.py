"""Import paths of version 0.1 that its documentation named."""

import importlib
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from rmpl import _moved

SOURCES = Path(__file__).parents[1] / "src" / "rmpl"
PACKAGES = {
    "rmpl.extraction.linking": "rmpl.extraction.linking.linker",
    "rmpl.training.data": "rmpl.training.data.training_data",
}
NEED_TORCH = {
    "rmpl.extraction.local",
    "rmpl.training.lengths",
    "rmpl.training.preflight",
    "rmpl.training.trained",
}


@pytest.mark.parametrize("old", _moved.MODULES)
def test_an_old_path_is_the_new_module_and_warns_once(old):
    if old in NEED_TORCH:
        pytest.importorskip("torch", reason="needs rmpl[train]")
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match="rmpl") as caught:
        module = importlib.import_module(old)
    assert module is importlib.import_module(_moved.MODULES[old])
    assert module.__spec__.name == _moved.MODULES[old]
    (told,) = [one for one in caught if "the old path" in str(one.message)]
    assert f"{old} is now {_moved.MODULES[old]}" in str(told.message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert importlib.import_module(old) is module


@pytest.mark.parametrize("old", PACKAGES)
def test_a_module_that_is_a_package_now_gives_its_old_names(old):
    package = importlib.import_module(old)
    new = importlib.import_module(PACKAGES[old])
    for name in package._OLD:
        with pytest.warns(DeprecationWarning, match=f"{old} is now {PACKAGES[old]}"):
            assert getattr(package, name) is getattr(new, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        package.nothing  # noqa: B018


def test_who_imports_an_old_path_is_shown_their_own_line(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import rmpl\n\nfrom rmpl.training.recipe import load_recipe\n")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert "program.py:3: DeprecationWarning: rmpl.training.recipe is now" in done.stderr


def test_what_is_nowhere_is_still_not_found():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("rmpl.training.nothing")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("rmpl.corpora.world.nothing")


def test_nothing_here_uses_an_old_path():
    old = "|".join(map(re.escape, [*_moved.MODULES, *_moved.PACKAGES]))
    used = re.compile(rf"(?:from|import) (?:{old})(?![\w.])")
    names = re.compile(rf"from (?:{'|'.join(map(re.escape, PACKAGES))}) import")
    for path in SOURCES.rglob("*.py"):
        text = path.read_text()
        assert not used.search(text), path
        assert not names.search(text), path
