"""Import paths of version 0.1 that its documentation named; they stay for one release.

An old module is the new one: ``rmpl.training.recipe is rmpl.recipe.recipe``. The first import of an
old path warns and names the new one.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader
else:  # importing it takes longer than all the rest of `import rmpl`
    Loader = object

MODULES = {
    "rmpl.backbones.boxes": "rmpl.tasks.boxes",
    "rmpl.corpora.documents": "rmpl.io.documents",
    "rmpl.corpora.leakage": "rmpl.corpora.contamination",
    "rmpl.corpora.mentions": "rmpl.corpora.text.mentions",
    "rmpl.corpora.predictions": "rmpl.predictions.file",
    "rmpl.corpora.report": "rmpl.io.read_report",
    "rmpl.corpora.textual": "rmpl.corpora.text.selection",
    "rmpl.corpora.world.build": "rmpl.synthetic.build",
    "rmpl.distributed": "rmpl.extraction.ray.extractor",
    "rmpl.extraction.alignment": "rmpl.extraction.linking.alignment",
    "rmpl.extraction.assignment": "rmpl.extraction.linking.assignment",
    "rmpl.extraction.comparing": "rmpl.extraction.linking.comparison",
    "rmpl.extraction.engine": "rmpl.extraction.engines.base",
    "rmpl.extraction.local": "rmpl.extraction.engines.local.engine",
    "rmpl.extraction.merging": "rmpl.predictions.merging",
    "rmpl.extraction.results": "rmpl.predictions.results",
    "rmpl.extraction.server": "rmpl.extraction.engines.server.engine",
    "rmpl.extractor": "rmpl.extraction.extractor",
    "rmpl.training.inherit": "rmpl.recipe.inheritance",
    "rmpl.training.lengths": "rmpl.training.data.lengths",
    "rmpl.training.mixture": "rmpl.training.data.mixture",
    "rmpl.training.preflight": "rmpl.training.dry_run.preflight",
    "rmpl.training.recipe": "rmpl.recipe.recipe",
    "rmpl.training.trained": "rmpl.runs.trained",
}
"""Old module -> new module."""

PACKAGES = frozenset({"rmpl.corpora.world"})
"""Old packages that hold old modules, and nothing else."""


class Finder:
    """Finds old modules; Python asks it last, when nothing else has a module of that name."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how an old module is loaded, ``None`` for all others."""
        del path, target
        if name in PACKAGES:
            return ModuleSpec(name, _Loader(), is_package=True)
        return ModuleSpec(name, _Loader()) if name in MODULES else None


class _Loader(Loader):
    """Puts the new module in the place of the old one."""

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python to make a module: the new one takes its place at once."""

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name in PACKAGES:
            return
        _warn(name, MODULES[name], stacklevel=3)
        sys.modules[name] = importlib.import_module(MODULES[name])


def install() -> None:
    """Let old paths be imported."""
    if not any(isinstance(one, Finder) for one in sys.meta_path):
        sys.meta_path.append(Finder())


def from_module(package: str, module: str, names: frozenset[str]) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for a package that was a module, and gives the module's old names.

    Parameters
    ----------
    package
        The old module, now a package.
    module
        Where its names are now.
    names
        Those names; asking for any other imports nothing.
    """

    def get(name: str) -> Any:  # noqa: ANN401 - a module's attribute may be anything
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        _warn(package, module, stacklevel=3)
        return getattr(importlib.import_module(module), name)

    return get


def _warn(old: str, new: str, stacklevel: int) -> None:
    warnings.warn(
        f"{old} is now {new}; the old path goes with version 0.3",
        DeprecationWarning,
        stacklevel=stacklevel,
    )
