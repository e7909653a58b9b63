"""What a finished stage left behind, and how it is loaded again."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import huggingface_hub
import msgspec
from huggingface_hub.errors import EntryNotFoundError, HFValidationError, RepositoryNotFoundError

from rmpl.backbones.backbone import Backbone, context_of, load_to_answer
from rmpl.backbones.checkpoints import ask_hub, local_folder
from rmpl.backbones.settings import Settings, inference_settings, read_settings
from rmpl.errors import RmplError
from rmpl.io import formats
from rmpl.ontology import Ontology, load_ontology
from rmpl.recipe.recipe import load_recipe
from rmpl.runs.adapters import merge_adapters
from rmpl.tasks import Context

RECIPE = "recipe.yaml"
TRAINED = "trained.json"
FULL = "model"
ADAPTER = "adapter"
_BESIDE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Trained(msgspec.Struct, frozen=True):
    """What a finished stage left: a base and the adapters to be put on it, in this order.

    ``base`` is a hub id, ``embedded`` or a folder; ``adapters`` are folders beside this file.
    """

    base: str
    adapters: list[str]
    settings: Settings
    fingerprint: str
    format: str = formats.TRAINED


def read_trained(folder: Path) -> Trained:
    """Read a finished stage's record.

    Raises
    ------
    RmplError
        If the folder holds no finished stage, or its record is broken or of a newer version.
    """
    path = folder / TRAINED
    if not path.is_file():
        raise RmplError(
            "no finished stage here",
            where=str(folder),
            remedy="train it with 'rmpl train', or name a run's folder",
        )
    content = path.read_bytes()
    formats.check_format_of(content, formats.TRAINED, str(path))
    try:
        trained = msgspec.json.decode(content, type=Trained)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RmplError(
            f"no record of a finished stage ({error})",
            where=str(path),
            remedy="copy or download the run again, or train it again into another folder",
        ) from error
    for name in trained.adapters:
        if not _BESIDE.fullmatch(name):
            raise RmplError(
                f"the adapter {name!r:.80} is not named like a folder beside this file",
                where=str(path),
                remedy="copy or download the run again",
            )
    return trained


def load_trained(
    folder: Path, *, min_pixels: int = 0, max_pixels: int = 0, other_pixels: bool = False
) -> Backbone:
    """Load what a run (its last stage) or one of its stages has trained, adapters merged.

    It is loaded to answer prompts, see ``load_to_answer``.

    Raises
    ------
    RmplError
        If no stage is finished there, its weights cannot be loaded, or pictures are asked for in
        other bounds than those of training without ``other_pixels``.
    """
    folder = _last_stage(folder)
    trained = read_trained(folder)
    settings = inference_settings(
        trained.settings, min_pixels=min_pixels, max_pixels=max_pixels, other_pixels=other_pixels
    )
    backbone = load_to_answer(base_of(trained, folder), settings)
    backbone.model = merge_adapters(backbone.model, [folder / name for name in trained.adapters])
    return backbone


def load_any(model: str, adapters: Sequence[Path] = ()) -> tuple[Backbone, Path | None]:
    """Load a run, here or on the hub, or any model; return it with the run's folder, if it is one.

    It is loaded to answer prompts, see ``load_to_answer``.

    Parameters
    ----------
    model
        A run's folder or a stage's, a model's folder, or a hub id of either.
    adapters
        Put on it, in this order.

    Raises
    ------
    RmplError
        If it cannot be loaded.
    """
    folder = _run_of(model)
    backbone = load_to_answer(model) if folder is None else load_trained(folder)
    backbone.model = merge_adapters(backbone.model, adapters)
    return backbone, folder


def _run_of(model: str) -> Path | None:
    """Return the folder of a run or stage, ``None`` if it is another model."""
    folder: Path | None = Path(model)
    if folder is not None and not folder.is_dir():
        folder = fetched_run(model)
    if folder is not None and not any((folder / name).is_file() for name in (RECIPE, TRAINED)):
        folder = None
    return folder


def context_of_any(model: str) -> tuple[Callable[[Ontology], Context], Path | None]:
    """Return what makes a model's context of an ontology, and the run's folder, if it is one.

    Nothing is loaded. ``model`` is as for ``load_any``.

    Raises
    ------
    RmplError
        If no stage is finished there, or the model's family is not known.
    """
    run = _run_of(model)
    if run is None:
        local = local_folder(model)
        settings = (None if local is None else read_settings(local)) or Settings()
        return functools.partial(context_of, model, settings), None
    stage = _last_stage(run)
    trained = read_trained(stage)
    return functools.partial(context_of, base_of(trained, stage), trained.settings), run


def fetched_run(model: str) -> Path | None:
    """Return the folder of a run that was pushed to the hub; ``None`` if ``model`` is none.

    Weights come as safetensors only, as they were pushed.
    """
    if local_folder(model) is not None:
        return None
    try:
        cached = huggingface_hub.try_to_load_from_cache(model, RECIPE)
        if isinstance(cached, str):
            return Path(cached).parent
        ask_hub(model)
        huggingface_hub.hf_hub_download(model, RECIPE)
        return Path(huggingface_hub.snapshot_download(model, allow_patterns=_OF_A_RUN))
    except (EntryNotFoundError, RepositoryNotFoundError, HFValidationError):
        return None  # loading it as a model will say what it is


_OF_A_RUN = ["*.json", "*.yaml", "*.safetensors", "*.jinja", "*.txt", "*.model"]


def ontology_of(folder: Path) -> Ontology:
    """Return the event types that a run, or the run of a stage's folder, was trained on.

    Raises
    ------
    RmplError
        If its recipe names an inventory that is no longer there.
    """
    for place in (folder, folder.resolve().parent):
        if (place / RECIPE).is_file():
            return load_ontology(load_recipe(place / RECIPE).ontology)
    return load_ontology()


def _last_stage(folder: Path) -> Path:
    """Return the folder of a run's last stage; that of a stage is its own."""
    if (folder / RECIPE).is_file():
        return folder / load_recipe(folder / RECIPE).stages[-1].name
    return folder


def base_of(trained: Trained, folder: Path) -> str:
    """Return the hub id or folder that a stage in ``folder`` builds on."""
    own = folder / trained.base
    return str(own) if own.is_dir() else trained.base
