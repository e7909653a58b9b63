"""One file for each model family, named after the ``model_type`` of its checkpoints.

Each defines ``FAMILY``; nothing else has to know of it.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from rmpl.backbones.family import Family
from rmpl.errors import RmplError


@functools.cache
def family_names() -> tuple[str, ...]:
    """Return the ``model_type`` of every family here.

    A module of this package is a family's if transformers has a model of that name.
    """
    from transformers.models.auto.configuration_auto import (  # noqa: PLC0415 - seconds to import
        CONFIG_MAPPING_NAMES,
    )

    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in modules if name in CONFIG_MAPPING_NAMES))


def family_of(model_type: str, where: str) -> Family:
    """Return the family of a checkpoint's ``model_type``.

    Raises
    ------
    RmplError
        If no family here reads such checkpoints.
    """
    if model_type not in family_names():
        raise RmplError(
            f"unknown backbone family {model_type!r}",
            where=where,
            remedy=f"use a checkpoint of one of: {', '.join(family_names())}",
        )
    # Imported when asked for: transformers takes a second or two for each family's classes.
    family: Family = importlib.import_module(f"{__name__}.{model_type}").FAMILY
    return family
