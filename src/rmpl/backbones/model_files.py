"""The files of a model or an adapter, looked at before any library opens one of them.

A checkpoint comes from elsewhere, and its files name others: an index its shards, a configuration
its weights. Weights are safetensors and nothing else, since what pickles hold can run any program;
every name stays within the folder; and what is opened is a file, not a pipe or a device.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError

from rmpl.errors import RmplError

WEIGHTS = ".safetensors"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
_CONFIG = "config.json"
_INDEX = ".safetensors.index.json"
_READ = {".json", ".jinja", ".txt", ".model", WEIGHTS}
"""Endings of what the libraries read of a model's folder."""
_MOST_CONFIG = 2**24
_MOST_TEMPLATE = 2**20
_LARGE = {"tokenizer.json", "vocab.json", "added_tokens.json"}  # up to a hundred megabytes
_UNUSED = {"special_tokens_map_file"}  # written by old versions, opened by none
_PICKLES = (
    "pickled weights (.bin, .pt, .ckpt and the like) can run any program and are refused; convert "
    "them to safetensors on a machine you trust"
)
_HERE = "take a checkpoint whose files are all in its folder; copy what is linked"


def model_folder(source: str) -> Path:
    """Return the folder to load a model from, whose files were looked at.

    Of a hub id, its files are fetched first, without any pickle.

    Raises
    ------
    RmplError
        If the hub has not got it, or as ``check_model``.
    """
    folder = Path(source)
    if not folder.is_dir():
        folder = _fetched(source)
    check_model(folder)
    return folder


def _fetched(source: str) -> Path:
    try:
        found = huggingface_hub.snapshot_download(
            source,
            allow_patterns=[f"*{ending}" for ending in sorted(_READ)],
            ignore_patterns=["*/*", "consolidated*"],
        )
    except (OSError, ValueError, HfHubHTTPError) as error:
        reason = (str(error).strip() or repr(error)).split("\n", maxsplit=1)[0]
        raise RmplError(
            f"cannot fetch the model ({reason})",
            where=source,
            remedy="check the name, or download it where a network is "
            "(`hf download NAME --local-dir DIR`) and give that folder",
        ) from error
    return Path(found)


def check_model(folder: Path) -> None:
    """See that a model's folder can be loaded without harm.

    Raises
    ------
    RmplError
        If one of its files is no regular file, is a link out of the folder or names a file outside
        it, or if weights are named that are no safetensors.
    """
    for path, tree in _configs(folder):
        if path.name == _CONFIG:
            _check_config(folder, path, tree)
        if path.name.endswith(_INDEX):
            _check_index(folder, path, tree)
        _check_named(folder, path, tree)
    if (folder / ADAPTER_CONFIG).exists():  # transformers would put it on the model
        check_adapter(folder)


def check_adapter(folder: Path) -> None:
    """See that an adapter's folder can be loaded without harm.

    Raises
    ------
    RmplError
        As ``check_model``, or if the adapter is no LoRA, or would have another package loaded.
    """
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise RmplError(f"no {ADAPTER_WEIGHTS} here", where=str(folder), remedy=_PICKLES)
    path = folder / ADAPTER_CONFIG
    try:
        tree = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict):
        raise RmplError(
            f"no adapter without a whole {ADAPTER_CONFIG}",
            where=str(folder),
            remedy="copy or download the folder again",
        )
    for one in (path, folder / ADAPTER_WEIGHTS):
        _check_file(folder, one)
    _check_named(folder, path, tree)
    kind = tree.get("peft_type", "LORA")
    if kind != "LORA":
        raise RmplError(
            f"an adapter of the kind {kind!r:.40}, not LORA", where=str(path), remedy=_ANOTHER
        )
    if tree.get("megatron_config"):  # peft imports what megatron_core names
        raise RmplError("megatron_config names a package", where=str(path), remedy=_ANOTHER)


_ANOTHER = "take an adapter that 'rmpl train' or peft's LoRA wrote"


def _configs(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Look at every file that may be read; yield what the configurations hold."""
    for path in sorted(folder.iterdir()):
        if path.suffix not in _READ or path.is_dir():
            continue
        _check_file(folder, path)
        size = path.stat().st_size
        if path.suffix == ".jinja" and size > _MOST_TEMPLATE:
            raise RmplError(f"{size:,} bytes of a template", where=str(path), remedy=_SMALLER)
        if path.suffix != ".json" or path.name in _LARGE:
            continue
        if size > _MOST_CONFIG:
            raise RmplError(f"{size:,} bytes of configuration", where=str(path), remedy=_SMALLER)
        tree = _read(path)
        if isinstance(tree, dict):
            yield path, tree


_SMALLER = "no published checkpoint has so much; download it again"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RmplError(
            f"not JSON ({str(error)[:100]})", where=str(path), remedy="download it again"
        ) from error


def _check_file(folder: Path, path: Path) -> None:
    """See that a file is one, and that no link leads to it from outside the folder."""
    real, home = path.resolve(), folder.resolve()
    # The hub's cache keeps files beside its snapshots and links to them.
    if home.parent.name == "snapshots":
        home = home.parent.parent
    cache = Path(huggingface_hub.constants.HF_HUB_CACHE).resolve()
    if not (real.is_relative_to(home) or (path.is_symlink() and real.is_relative_to(cache))):
        raise RmplError("a link out of the model's folder", where=str(path), remedy=_HERE)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise RmplError(
            f"cannot be read ({error.strerror})", where=str(path), remedy="download it again"
        ) from error
    if not stat.S_ISREG(mode):
        raise RmplError("no regular file", where=str(path), remedy=_HERE)


def _check_config(folder: Path, path: Path, tree: dict[str, Any]) -> None:
    weights = tree.get("transformers_weights")
    if weights is not None:
        if not str(weights).endswith((WEIGHTS, _INDEX)):
            raise RmplError(
                f"transformers_weights names {weights!r:.80}", where=str(path), remedy=_PICKLES
            )
        _check_name(folder, path, "transformers_weights", weights)
    # Kernels named like a repository would be fetched from the hub and run.
    if "/" in str(tree.get("attn_implementation") or ""):
        raise RmplError(
            "attn_implementation names a repository", where=str(path), remedy="take that line out"
        )


def _check_index(folder: Path, path: Path, tree: dict[str, Any]) -> None:
    shards = tree.get("weight_map")
    if not isinstance(shards, dict):
        raise RmplError("no weight_map", where=str(path), remedy="download it again")
    for name in sorted({str(shard) for shard in shards.values()}):
        if not name.endswith(WEIGHTS):
            raise RmplError(f"weight_map names {name!r:.80}", where=str(path), remedy=_PICKLES)
        _check_name(folder, path, "weight_map", name)


def _check_named(folder: Path, path: Path, tree: dict[str, Any]) -> None:
    """See that keys which name files name some of the folder."""
    for key, value in tree.items():
        if key.endswith(("_file", "_files")) and key not in _UNUSED:
            for name in value if isinstance(value, list) else [value]:
                if name is not None:
                    _check_name(folder, path, key, name)
    if "audio_tokenizer" in tree:
        raise RmplError(
            "audio_tokenizer names another model", where=str(path), remedy="take that entry out"
        )


def _check_name(folder: Path, path: Path, key: str, name: object) -> None:
    """See that a name is a file's within the folder, and that it is there."""
    text = str(name)
    forms = (PurePosixPath(text), PureWindowsPath(text))
    if not text or any(one.is_absolute() or one.drive or ".." in one.parts for one in forms):
        raise RmplError(
            f"{key} names {text!r:.80}, which is not within the folder",
            where=str(path),
            remedy=_HERE,
        )
    if not (folder / text).exists():
        raise RmplError(
            f"{key} names {text!r:.80}, which is not there",
            where=str(path),
            remedy="download the folder again",
        )
    _check_file(folder, folder / text)
