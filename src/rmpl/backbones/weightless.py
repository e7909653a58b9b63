"""A backbone without weights: for inspecting inputs; it cannot answer prompts."""

from __future__ import annotations

import torch

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.checkpoints import (
    empty_model,
    local_folder,
    model_type_of,
    processor_at_hand,
    read_config,
)
from rmpl.backbones.families import family_of
from rmpl.backbones.settings import Settings, read_settings


def load_weightless(source: str, settings: Settings | None = None) -> tuple[Backbone, str | None]:
    """Return a backbone whose model is on the meta device, and a note about a stand-in tokenizer.

    Parameters
    ----------
    source
        A hub id, a folder, or ``embedded``.
    settings
        By default those saved with the model, else the family's usual ones.

    Raises
    ------
    RmplError
        If it is no model, or its processor is neither on this machine nor known.
    """
    folder = local_folder(source)
    if settings is None:
        settings = (read_settings(folder) if folder is not None else None) or Settings()
    family = family_of(model_type_of(source), source)
    config, _ = read_config(source)
    processor, rate = processor_at_hand(source, family)
    model = empty_model(config, family, torch.float32)
    note = None
    if rate is not None:
        note = f"the tokenizer of {source} is not on this machine: tokens are those of a stand-in"
    return Backbone(model, processor, family, settings), note
