"""The files of a model or an adapter, checked before any library opens one of them.

A checkpoint is untrusted, and its files name others: an index its shards, a configuration its
weights. Weights must be safetensors, because a pickle can run any program; every name must stay
within the folder; and every file must be a regular file, not a pipe or a device.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError

from rmpl.errors import RmplError
from rmpl.io.saved import COPY_AGAIN, saved_json, saved_object, saved_text

WEIGHTS = ".safetensors"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
_CONFIG = "config.json"
_INDEX = ".safetensors.index.json"
_READ = {".json", ".jinja", ".txt", ".model", WEIGHTS}
"""Extensions of the files that libraries read from a model's folder."""
_MOST_CONFIG = 2**24
_MOST_TEMPLATE = 2**20
_MOST_TOKENIZER = 2**28
_LARGE = {"tokenizer.json", "vocab.json", "added_tokens.json"}  # up to a hundred megabytes
_UNUSED = {"special_tokens_map_file"}  # written by old versions, opened by no version
_PICKLES = (
    "pickled weights (.bin, .pt, .ckpt and the like) can run any program and are refused; convert "
    "them to safetensors on a machine you trust"
)
WEIGHTS_NEED = (
    "config.json must be that of the weights, and weights must be complete safetensors files: "
    "pickled ones (.bin, .pt) can run any program and are refused; convert them on a machine you "
    "trust"
)
_HERE = "use a checkpoint whose files are all in its folder; replace links by copies"


def model_folder(source: str) -> Path:
    """Return the folder to load a model from, after checking its files.

    For a hub id, its files are downloaded first, except pickles.

    Raises
    ------
    RmplError
        If the hub does not have it, or as ``check_model``.
    """
    folder = Path(source)
    if not folder.is_dir():
        folder = fetch_snapshot(source)
    check_model(folder)
    return folder


def fetch_snapshot(source: str, folder: Path | None = None) -> Path:
    """Download the files of a hub id, except pickles: into the hub's cache, or into ``folder``.

    Raises
    ------
    RmplError
        If the hub does not have it.
    """
    try:
        found = huggingface_hub.snapshot_download(
            source,
            local_dir=folder,
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


@contextlib.contextmanager
def read_by_libraries(source: str, failure: str, remedy: str) -> Iterator[None]:
    """Turn whatever a library raises over the files of a model into one line.

    What it is says nothing: a changed byte of a configuration may end in any exception, and one of
    a tokenizer in a panic of its Rust. If a file of the folder is no JSON, the line is about it.

    Parameters
    ----------
    source
        The folder or hub id.
    failure, remedy
        What failed, and what the user can do.

    Raises
    ------
    RmplError
        In place of any other exception.
    """
    try:
        yield
    except (RmplError, MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        folder = Path(source)
        for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
            saved_json(path, most=_MOST_TOKENIZER)
        reason = str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__
        raise RmplError(f"{failure} ({reason[:300]})", where=source, remedy=remedy) from error


def check_model(folder: Path) -> None:
    """Check that a model's folder is safe to load.

    Raises
    ------
    RmplError
        If one of its files is not a regular file, links out of the folder or names a file outside
        it, or if weights are not safetensors.
    """
    for path, tree in _configs(folder):
        if path.name == _CONFIG:
            _check_config(folder, path, tree)
        if path.name.endswith(_INDEX):
            _check_index(folder, path, tree)
        _check_named(folder, path, tree)
    if (folder / ADAPTER_CONFIG).exists():  # transformers would load it onto the model
        check_adapter(folder)


def check_adapter(folder: Path) -> None:
    """Check that an adapter's folder is safe to load.

    Raises
    ------
    RmplError
        As ``check_model``, or if the adapter is not a LoRA adapter or would load another package.
    """
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise RmplError(f"no {ADAPTER_WEIGHTS} here", where=str(folder), remedy=_PICKLES)
    path = folder / ADAPTER_CONFIG
    if not path.is_file():
        raise RmplError(f"no {ADAPTER_CONFIG} here", where=str(folder), remedy=COPY_AGAIN)
    tree = saved_object(path)
    for one in (path, folder / ADAPTER_WEIGHTS):
        _check_file(folder, one)
    _check_named(folder, path, tree)
    kind = tree.get("peft_type", "LORA")
    if kind != "LORA":
        raise RmplError(
            f"an adapter of type {kind!r:.40}, not LORA", where=str(path), remedy=_ANOTHER
        )
    if tree.get("megatron_config"):  # peft imports what megatron_core names
        raise RmplError("megatron_config names a package", where=str(path), remedy=_ANOTHER)


_ANOTHER = "use an adapter that 'rmpl train' or peft's LoRA wrote"


def _configs(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Check every file that may be read; yield the parsed configurations."""
    named = (folder / "additional_chat_templates").glob("*")  # transformers reads these, too
    for path in sorted([*folder.iterdir(), *named]):
        if path.suffix not in _READ or path.is_dir():
            continue
        _check_file(folder, path)
        size = path.stat().st_size
        if path.suffix == ".jinja" and size > _MOST_TEMPLATE:
            raise RmplError(f"a template of {size:,} bytes", where=str(path), remedy=_SMALLER)
        if path.suffix == ".jinja":
            saved_text(path)
        if path.suffix != ".json" or path.name in _LARGE:
            continue
        if size > _MOST_CONFIG:
            raise RmplError(f"a configuration of {size:,} bytes", where=str(path), remedy=_SMALLER)
        tree = saved_json(path)
        if isinstance(tree, dict):
            yield path, tree


_SMALLER = "no published checkpoint has one as large; download it again"


def _check_file(folder: Path, path: Path) -> None:
    """Check that a path is a regular file within the folder, also after following links."""
    real, home = path.resolve(), folder.resolve()
    # The hub's cache keeps files beside its snapshots and links to them.
    if home.parent.name == "snapshots":
        home = home.parent.parent
    cache = Path(huggingface_hub.constants.HF_HUB_CACHE).resolve()
    if not (real.is_relative_to(home) or (path.is_symlink() and real.is_relative_to(cache))):
        raise RmplError("links out of the model's folder", where=str(path), remedy=_HERE)
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            path.open("rb").close()
            return
    except OSError as error:
        raise RmplError(
            f"cannot be read ({error.strerror})", where=str(path), remedy=COPY_AGAIN
        ) from error
    raise RmplError("not a regular file", where=str(path), remedy=_HERE)


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
            "attn_implementation names a repository", where=str(path), remedy="remove that line"
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
    """Check that keys which name files name files of the folder."""
    for key, value in tree.items():
        if key.endswith(("_file", "_files")) and key not in _UNUSED:
            for name in value if isinstance(value, list) else [value]:
                if name is not None:
                    _check_name(folder, path, key, name)
    if "audio_tokenizer" in tree:
        raise RmplError(
            "audio_tokenizer names another model", where=str(path), remedy="remove that entry"
        )


def _check_name(folder: Path, path: Path, key: str, name: object) -> None:
    """Check that a name stays within the folder and that the file exists."""
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
            f"{key} names {text!r:.80}, which does not exist",
            where=str(path),
            remedy="download the folder again",
        )
    _check_file(folder, folder / text)
