"""Vision-language model families, one file each, and what they have in common.

``load_backbone`` is the one way in: for a hub checkpoint, a local folder and the embedded model.
"""

from __future__ import annotations

from rmpl.backbones import qwen3_vl
from rmpl.backbones.family import Family
from rmpl.errors import RmplError

FAMILIES: dict[str, Family] = {family.model_type: family for family in (qwen3_vl.FAMILY,)}
"""Families by the ``model_type`` of their checkpoints' config.json."""


def family_of(model_type: str, where: str) -> Family:
    """Return the family of a checkpoint's ``model_type``.

    Raises
    ------
    RmplError
        If no family here reads such checkpoints.
    """
    if model_type not in FAMILIES:
        raise RmplError(
            f"unknown backbone family {model_type!r}",
            where=where,
            remedy=f"use a checkpoint of one of: {', '.join(FAMILIES)}",
        )
    return FAMILIES[model_type]
