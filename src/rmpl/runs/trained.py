"""Loading what a finished stage has trained."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import huggingface_hub
from huggingface_hub.errors import EntryNotFoundError, HFValidationError, RepositoryNotFoundError

from rmpl.backbones.backbone import Backbone, context_of, load_to_answer
from rmpl.backbones.checkpoints import ask_hub, local_folder
from rmpl.backbones.loading import check_device
from rmpl.backbones.precision import in_faster_precision
from rmpl.backbones.settings import Settings, inference_settings, read_settings
from rmpl.ontology import Ontology, load_ontology
from rmpl.runs.adapters import merge_adapters
from rmpl.runs.conventions import adapter_conventions
from rmpl.runs.digests import check_files
from rmpl.runs.folder import RECIPE, RunFolder, StageFolder, Trained, run_folder, stage_folder
from rmpl.runs.shipped import NAME as SHIPPED
from rmpl.runs.shipped import shipped_run
from rmpl.tasks import Context
from rmpl.tasks.media import media_read

__all__ = ["Trained", "load_any", "load_trained", "read_trained"]


def read_trained(folder: Path) -> Trained:
    """Read the record of the finished stage in ``folder``, see ``StageFolder.read_trained``."""
    return StageFolder(folder).read_trained()


def load_trained(
    folder: Path,
    *,
    min_pixels: int = 0,
    max_pixels: int = 0,
    other_pixels: bool = False,
    device: str | None = None,
    exact: bool = False,
) -> Backbone:
    """Load what a run (its last stage) or one of its stages has trained, adapters merged.

    It is loaded to answer prompts, see ``load_to_answer`` and ``in_faster_precision``; with
    ``exact``, to be saved or changed, in the precision of the former.

    Raises
    ------
    RmplError
        If no stage is finished there, its weights cannot be loaded, or images are asked for in
        other bounds than those of training without ``other_pixels``.
    """
    stage = stage_folder(folder)
    trained = stage.read_trained()
    check_files(stage, trained)
    settings = inference_settings(
        trained.settings, min_pixels=min_pixels, max_pixels=max_pixels, other_pixels=other_pixels
    )
    backbone = load_to_answer(base_of(trained, stage.path), settings, device)
    adapters = [stage.path / name for name in trained.adapters]
    backbone.model = merge_adapters(backbone.model, adapters)
    if not exact:
        backbone.model = in_faster_precision(backbone.model)
    return backbone


def load_any(
    model: str, adapters: Sequence[Path] = (), *, device: str | None = None
) -> tuple[Backbone, Path | None]:
    """Load a run, here or on the hub, or any model; return it with the run's folder, if it is one.

    With adapters of a run, settings are theirs, and the folder is that of their schema and
    calibration, see ``adapter_conventions``.

    It is loaded to answer prompts, see ``load_to_answer``.

    Parameters
    ----------
    model
        A run's folder or a stage's, ``real-text`` (the package's own), a model's folder, or a hub
        id of either.
    adapters
        Put on it, in this order.
    device
        As for ``load_to_answer``.

    Raises
    ------
    RmplError
        If it cannot be loaded, or there is no such device.
    """
    check_device(device)
    folder = _run_of(model)
    if not adapters:
        if folder is None:
            backbone = load_to_answer(model, device=device)
            backbone.model = in_faster_precision(backbone.model)
            return backbone, None
        return load_trained(folder, device=device), folder
    found = conventions_of(model, adapters)
    for adapter in adapters:
        beside = StageFolder(adapter.parent)
        if beside.is_finished:
            check_files(beside, beside.read_trained(), adapter)
    if folder is not None:
        backbone = load_trained(folder, device=device, exact=True)
    else:
        backbone = load_to_answer(model, found.settings, device)
    backbone.model = in_faster_precision(merge_adapters(backbone.model, adapters))
    return backbone, found.folder


def _run_of(model: str) -> Path | None:
    """Return the folder of a run or stage, ``None`` if it is another model."""
    folder: Path | None = Path(model)
    if folder is not None and not folder.is_dir():
        folder = shipped_run() if model == SHIPPED else fetched_run(model)
    is_trained = folder is not None and (
        RunFolder(folder).is_run or StageFolder(folder).is_finished
    )
    return folder if is_trained else None


class Conventions(NamedTuple):
    """A model without its weights: its base, its settings, and the run's folder, if it is one."""

    source: str
    settings: Settings
    folder: Path | None


def conventions_of(model: str, adapters: Sequence[Path] = ()) -> Conventions:
    """Return what prompts to a model depend on; nothing is loaded.

    ``model`` and ``adapters`` are as for ``load_any``.

    Raises
    ------
    RmplError
        If no stage is finished there, or as ``adapter_conventions``.
    """
    run = _run_of(model)
    if run is None:
        local = local_folder(model)
        source, own = model, None if local is None else read_settings(local)
    else:
        stage = stage_folder(run)
        trained = stage.read_trained()
        source, own = base_of(trained, stage.path), trained.settings
    if not adapters:
        return Conventions(source, own or Settings(), run)
    settings, folder = adapter_conventions(model, adapters, own=own, run=run)
    return Conventions(source, settings, folder)


def context_of_any(
    model: str, adapters: Sequence[Path] = ()
) -> tuple[Callable[[Ontology], Context], Path | None]:
    """Return what makes a model's context of an ontology, and the run's folder, if it is one.

    Nothing is loaded. ``model`` and ``adapters`` are as for ``load_any``.

    Raises
    ------
    RmplError
        As ``conventions_of``, or if the model's family is not known.
    """
    source, settings, folder = conventions_of(model, adapters)
    return functools.partial(context_of, source, settings), folder


def media_read_by(model: str) -> tuple[str, ...]:
    """Return the media that a model reads; nothing is loaded, see ``context_of_any``."""
    make_context, _ = context_of_any(model)
    return media_read(reads_images=make_context(load_ontology()).reads_images)


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
        return None  # loading it as a model reports what is wrong


_OF_A_RUN = ["*.json", "*.yaml", "*.safetensors", "*.jinja", "*.txt", "*.model"]


def ontology_of(folder: Path) -> Ontology:
    """Return the schema that a run, or the run of a stage folder, was trained on.

    Raises
    ------
    RmplError
        If the run has no copy of its schema and its recipe names one that no longer exists.
    """
    run = run_folder(folder)
    return load_ontology() if run is None else run.read_ontology()


def base_of(trained: Trained, folder: Path) -> str:
    """Return the hub id or folder that a stage in ``folder`` builds on."""
    own = folder / trained.base
    if own.is_dir():
        return str(own)
    if local_folder(trained.base) is not None or ".." in Path(trained.base).parts:
        return trained.base
    # Earlier versions kept a relative path, which read as a hub id from another working folder.
    places = (above / trained.base for above in folder.absolute().parents)
    return next((str(one) for one in places if (one / "config.json").is_file()), trained.base)
