"""The conventions that adapters were trained with, read from what lies beside them.

A run's adapter lies in its stage's folder: ``trained.json`` there holds the settings (bounds of
images, style of prompts, grid of boxes, link directions), and the run's folder above it the schema
and the calibration. On a bare base it needs all of them, or its prompts and boxes are not those of
training.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET

from rmpl.backbones.model_files import check_adapter
from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.recipe.recipe import BackboneRecipe
from rmpl.runs.folder import RunFolder, StageFolder, Trained, run_folder

_REMEDY = (
    "name it in its run's folder (RUN/STAGE/adapter), give the run itself as the model, or put the "
    "model's rmpl.json into the model's folder"
)
_BOUNDS = ("min_pixels", "max_pixels")
_IN_RECIPES = tuple(name for name in Settings.__struct_fields__ if name != "trigger_words")
"""All settings but those that are learnt from the training data, which may differ by adapter."""


class _Adapter(NamedTuple):
    """An adapter with what lies beside it."""

    path: Path
    settings: Settings | None
    stage: StageFolder
    run: RunFolder | None
    trained: Trained | None


def adapter_conventions(
    model: str,
    adapters: Sequence[Path],
    *,
    own: Settings | None,
    run: Path | None = None,
) -> tuple[Settings, Path | None]:
    """Return the settings for adapters on a model, and the folder of schema and calibration.

    Parameters
    ----------
    model
        The model that they are put on, for messages.
    adapters
        Their folders, in the order in which they are put on it.
    own
        The settings saved with the model. Those of a run must be the adapters', too; those of
        another model hold only where none lie beside the adapters.
    run
        The model's folder, if it is a run.

    Raises
    ------
    RmplError
        If settings or schemas differ, none are to be found, or an adapter was trained on top of
        others that are missing.
    """
    found = [_read(path) for path in adapters]
    if run is None:
        for number, adapter in enumerate(found):
            _check_below(adapter, number, model)
    known = [(str(one.path), one.settings) for one in found if one.settings is not None]
    if run is not None and own is not None:
        known.insert(0, (model, own))
    for (first, one), (second, other) in itertools.pairwise(known):
        _check_equal(first, one, second, other)
    settings = known[-1][1] if known else own
    if settings is None:
        raise RmplError(
            "no settings beside this adapter: bounds of images, prompts and boxes of its training",
            where=str(adapters[-1]),
            remedy=_REMEDY,
        )
    return settings, _folder(found, run)


def _read(adapter: Path) -> _Adapter:
    check_adapter(adapter)
    path = adapter.absolute()
    stage, run = StageFolder(path.parent), run_folder(path.parent)
    if stage.is_finished:
        trained = stage.read_trained()
        return _Adapter(adapter, trained.settings, stage, run, trained)
    if run is not None and run.path.resolve() == path.parent.resolve().parent:
        recipe = run.read_recipe()  # the adapter of an unfinished stage
        if any(one.name == stage.path.name for one in recipe.stages):
            return _Adapter(adapter, recipe_settings(recipe.backbone), stage, run, None)
    return _Adapter(adapter, None, stage, None, None)


def recipe_settings(backbone: BackboneRecipe) -> Settings:
    """Return the settings that a recipe's backbone is to be trained with."""
    given = {name: getattr(backbone, name) for name in _IN_RECIPES}
    return Settings(**given | {"captions": backbone.captions or UNSET})


def _check_below(one: _Adapter, before: int, model: str) -> None:
    """Check that what an adapter was trained on is there: its numbers are differences to it."""
    trained = one.trained
    if trained is None or one.path.name not in trained.adapters:
        return
    below = trained.adapters[: trained.adapters.index(one.path.name)]
    base = one.stage.path / trained.base
    if trained.base.startswith("../") and base.is_dir() and base.resolve() != Path(model).resolve():
        raise RmplError(
            f"this adapter was trained on {base.resolve()}, not on {model}",
            where=str(one.path),
            remedy="give its run as the model, or that folder",
        )
    if len(below) > before:
        raise RmplError(
            f"this adapter was trained on top of {', '.join(below)} beside it",
            where=str(one.path),
            remedy="give those first, in this order, or its run as the model",
        )


def _check_equal(first: str, one: Settings, second: str, other: Settings) -> None:
    for name in _IN_RECIPES:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine != theirs and not (name in _BOUNDS and 0 in {mine, theirs}):
            raise RmplError(
                f"{first} was trained with {name} {mine!r} and {second} with {theirs!r}",
                remedy="use adapters that were trained with the same settings",
            )


def _folder(found: Sequence[_Adapter], run: Path | None) -> Path | None:
    """Return the folder of schema and calibration.

    A calibration is of all that a run has trained: for less, or for several runs together, the
    folder of the stage is returned, which has none.
    """
    places = [one for one in found if one.run is not None]
    if not places:
        return run
    last = places[-1]
    last_run = last.run or RunFolder(last.stage.path.parent)
    runs = {one.run.path.resolve() for one in places if one.run is not None}
    if run is not None:
        known = run_folder(run)
        runs.add((run if known is None else known.path).resolve())
    schemas = [RunFolder(one).read_ontology() for one in sorted(runs)]
    if any(one != schemas[0] for one in schemas):
        raise RmplError(
            f"{' and '.join(map(str, sorted(runs)))} were trained on different schemas",
            remedy="use adapters that were trained on the same schema",
        )
    is_whole = len(runs) == 1 and last_run.last_stage().path.name == last.stage.path.name
    return last_run.path if is_whole else last.stage.path
