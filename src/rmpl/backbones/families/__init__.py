"""One file for each model family, named after the ``model_type`` of its checkpoints.

Each defines ``FAMILY``; a new one needs no change elsewhere. Other packages declare theirs in the
entry-point group ``rmpl.families``, under the ``model_type``.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from rmpl.backbones.family import Family
from rmpl.plugins import Registry


@functools.cache
def family_names() -> tuple[str, ...]:
    """Return the ``model_type`` of every family here.

    A module of this package is a family if transformers has a model of that name.
    """
    from transformers.models.auto.configuration_auto import (  # noqa: PLC0415 - seconds to import
        CONFIG_MAPPING_NAMES,
    )

    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in modules if name in CONFIG_MAPPING_NAMES))


class _Shipped(Mapping[str, Family]):
    """The families of this package, imported lazily: importing one takes a second or two."""

    def __getitem__(self, model_type: str) -> Family:
        if model_type not in family_names():
            raise KeyError(model_type)
        family: Family = importlib.import_module(f"{__name__}.{model_type}").FAMILY
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
