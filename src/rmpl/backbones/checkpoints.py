"""Checkpoints whose files are not on this machine: their metadata, and models without weights.

A dry run needs sizes, not weights. They come from a folder or from the hub's cache, where a
``config.json`` suffices; else from ``checkpoints.yaml``, which describes the checkpoints of the
shipped recipes; else from the hub, a file of some kilobytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import huggingface_hub
import torch
import transformers
from transformers.initialization import no_init_weights
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from rmpl.backbones import embedded
from rmpl.backbones.families import family_of
from rmpl.backbones.family import Family
from rmpl.backbones.known import hub_id, kept_folder, known_checkpoint, named_models, not_here
from rmpl.backbones.model_files import read_by_libraries
from rmpl.backbones.private_api import model_from_config
from rmpl.errors import RmplError
from rmpl.io.saved import saved_object

_SECONDS = 10.0
"""Seconds to wait for the hub."""


def local_folder(source: str) -> Path | None:
    """Return the folder of a model's files, also in a cache; ``None`` if there is none.

    ``source`` is ``embedded``, a folder, a name of ``rmpl models list`` or a hub id.
    """
    if source == embedded.NAME:
        return embedded.folder()
    if Path(source).is_dir():
        return Path(source)
    kept = kept_folder(source)
    if kept is not None:
        return kept
    with contextlib.suppress(ValueError):  # not the form of a hub id
        found = huggingface_hub.try_to_load_from_cache(hub_id(source), "config.json")
        if isinstance(found, str):
            return Path(found).parent
    return None


def looks_like_path(source: str) -> bool:
    """Return whether a name can only mean a place on this machine, so that no hub is asked."""
    is_path = source.startswith((".", "~")) and ("/" in source or os.sep in source)
    return is_path or Path(source).is_absolute() or os.path.lexists(source)


def place_to_load(source: str) -> str:
    """Return the folder of the embedded model or of a named one; anything else as it is.

    Raises
    ------
    RmplError
        If a named model is not on this machine.
    """
    if source != embedded.NAME and (source not in named_models() or Path(source).is_dir()):
        return source
    folder = local_folder(source)
    if folder is None:
        raise not_here(source)
    return str(folder)


def model_type_of(source: str) -> str:
    """Return the ``model_type`` of a folder, of ``embedded`` or of a hub id.

    The hub is asked only about checkpoints that are neither on this machine nor known.

    Raises
    ------
    RmplError
        If a folder holds no model, or the hub has no answer.
    """
    folder = local_folder(source)
    if folder is not None:
        return str(_config_file(folder, source).get("model_type", ""))
    known = known_checkpoint(source)
    if known is not None:
        return known.model_type
    return str(_auto_config(source).model_type)


def read_config(source: str) -> tuple[Any, str]:
    """Return a model's configuration and a description of its source.

    Raises
    ------
    RmplError
        As ``model_type_of``.
    """
    folder = local_folder(source)
    if folder is not None:
        _config_file(folder, source)
        return _auto_config(str(folder)), f"config.json in {folder}"
    known = known_checkpoint(source)
    if known is not None:
        family_of(known.model_type, source)
        config = CONFIG_MAPPING[known.model_type](**known.config)
        return config, "rmpl's own table, because no file of it is on this machine"
    return _auto_config(source), "config.json of the hub"


def empty_model(config: Any, family: Family, dtype: torch.dtype) -> Any:
    """Build a model on the meta device: parameters have shapes but take no memory."""
    model_class = getattr(transformers, family.model_class)
    with torch.device("meta"), no_init_weights():
        model = model_from_config(model_class, config, dtype)
    model.tie_weights()
    return model


def stand_in_processor(source: str, family: Family) -> Any:
    """Return a processor with a known checkpoint's image processing and a toy tokenizer.

    Raises
    ------
    RmplError
        If the checkpoint is not known.
    """
    known = known_checkpoint(source)
    if known is None:
        raise RmplError(
            "the processor's files are not on this machine",
            where=source,
            remedy="download them (`hf download NAME --exclude '*.safetensors'`)",
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        family.twin(folder)
        path = folder / "processor_config.json"
        if not family.reads_images:
            return family.load_processor(name)
        tree = _merged(json.loads(path.read_text(encoding="utf-8")), known.processor)
        path.write_text(json.dumps(tree), encoding="utf-8")
        return family.load_processor(name)


def processor_at_hand(source: str, family: Family) -> tuple[Any, float | None]:
    """Return a model's processor, and ``None`` if it is the model's own.

    If its files are not on this machine, the processor is a stand-in, returned with the average
    number of words and punctuation per token of the real tokenizer.

    Raises
    ------
    RmplError
        If it is neither on this machine nor known.
    """
    folder = local_folder(source)
    known = known_checkpoint(source)
    if folder is not None or known is None:
        try:
            return family.load_processor(str(folder or source)), None
        except RmplError:
            if known is None:
                raise
    return stand_in_processor(source, family), known.pieces_per_token


def _merged(tree: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(tree)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(tree.get(key), dict):
            # A size is replaced whole: its keys differ from one kind of processor to another.
            merged[key] = value if key.endswith("size") else _merged(tree[key], value)
        else:
            merged[key] = value
    return merged


def _config_file(folder: Path, source: str) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise RmplError(
            "no config.json, so this is not a model folder",
            where=source,
            remedy="name a folder saved by save_pretrained, a hub id, or 'embedded'",
        )
    return saved_object(path)


def ask_hub(source: str) -> None:
    """Check that a model is on this machine or the hub, which may have it, is reachable.

    Its library retries every file several times, which takes minutes without a network.

    Raises
    ------
    RmplError
        If it is unreachable, the message lists what to download, its size and where to put it; or
        if the name is a path and there is no such folder.
    """
    if local_folder(source) is not None:
        return
    if source in named_models():
        raise not_here(source)
    if looks_like_path(source):
        raise RmplError(
            "no such folder",
            where=source,
            remedy="check the path; a relative one starts from the working folder",
        )
    reach_hub(source)


def reach_hub(source: str) -> None:
    """Check that the hub is reachable, wherever else the model ``source`` may be.

    Raises
    ------
    RmplError
        As ``ask_hub``.
    """
    try:
        huggingface_hub.get_session().head(huggingface_hub.constants.ENDPOINT, timeout=_SECONDS)
    except Exception as error:  # exceptions of its HTTP client, which rmpl does not depend on
        known = known_checkpoint(source)
        size = "" if known is None else f", {known.parameters * 2 / 1e9:.0f} GB"
        raise RmplError(
            f"not on this machine, and the hub cannot be reached ({error})",
            where=source,
            remedy=f"check the name; download it where a network is (`hf download {source} "
            f"--local-dir DIR`{size}), bring the folder here and set backbone.model to it",
        ) from error


def _auto_config(source: str) -> Any:
    ask_hub(source)
    remedy = (
        "check the name, or download it where a network is (`hf download NAME --local-dir DIR`) "
        "and give that folder"
    )
    with read_by_libraries(source, f"cannot load model {source!r}", remedy):
        return transformers.AutoConfig.from_pretrained(source, trust_remote_code=False)
