"""One file for each model family, named after the ``model_type`` of its checkpoints.

Each defines ``FAMILY``; a new one needs no change elsewhere. Language models without images, which
differ in their classes' names only, share the file ``causal_lm.py``. Other packages declare theirs
in the entry-point group ``rmpl.families``, under the ``model_type``.
"""

from __future__ import annotations

import ast
import functools
import importlib.abc
import importlib.util
import pkgutil
from collections.abc import Iterator, Mapping

from rmpl.backbones.family import Family
from rmpl.plugins import Registry, declared

_SHARED = {
    "causal_lm": {
        "gemma3_text": "Gemma 3, text only.",
        "llama": "Llama and SmolLM2, text only.",
        "qwen2": "Qwen2 and Qwen2.5, text only.",
        "qwen3": "Qwen3, text only.",
        "smollm3": "SmolLM3, text only.",
    }
}
"""The families of modules that define several in ``FAMILIES``; listed here because importing such a
module only to learn its families takes a second or two."""
_MODULES = {model_type: module for module, held in _SHARED.items() for model_type in held}


@functools.cache
def family_names() -> tuple[str, ...]:
    """Return the ``model_type`` of every family here.

    A module of this package is a family if transformers has a model of that name.
    """
    from transformers.models.auto.configuration_auto import (  # noqa: PLC0415 - seconds to import
        CONFIG_MAPPING_NAMES,
    )

    modules = (module.name for module in pkgutil.iter_modules(__path__))
    own = (name for name in modules if name in CONFIG_MAPPING_NAMES)
    return tuple(sorted({*own, *_MODULES}))


def described_families() -> dict[str, str]:
    """Return a line on every family by ``model_type``, other packages' last; imports no family."""
    lines = {
        module.name: _first_line(module.name)
        for module in pkgutil.iter_modules(__path__)
        if module.name not in _SHARED
    }
    for held in _SHARED.values():
        lines.update(held)
    return {**dict(sorted(lines.items())), **declared("rmpl.families")}


def _first_line(module: str) -> str:
    """Return the first line of a module's docstring, read from its file."""
    spec = importlib.util.find_spec(f"{__name__}.{module}")
    assert spec is not None and isinstance(spec.loader, importlib.abc.SourceLoader)  # noqa: S101
    tree = ast.parse(spec.loader.get_source(spec.name) or "")
    return (ast.get_docstring(tree) or "").partition("\n")[0].replace("``", "")


class _Shipped(Mapping[str, Family]):
    """The families of this package, imported lazily: importing one takes a second or two."""

    def __getitem__(self, model_type: str) -> Family:
        if model_type not in family_names():
            raise KeyError(model_type)
        module = importlib.import_module(f"{__name__}.{_MODULES.get(model_type, model_type)}")
        family: Family = module.FAMILIES[model_type] if model_type in _MODULES else module.FAMILY
        return family

    def __contains__(self, model_type: object) -> bool:
        return model_type in family_names()

    def __iter__(self) -> Iterator[str]:
        return iter(family_names())

    def __len__(self) -> int:
        return len(family_names())


REGISTRY: Registry[Family] = Registry(
    "backbone family",
    "rmpl.families",
    _Shipped(),
    lambda found: isinstance(found, Family),
    "a rmpl.backbones.family.Family",
)


def family_of(model_type: str, where: str) -> Family:
    """Return the family of a checkpoint's ``model_type``.

    Raises
    ------
    RmplError
        If no family here or of an installed package reads such checkpoints, or that package is
        broken.
    """
    return REGISTRY.find(model_type, where=where, hint="use a checkpoint of one of: ")
