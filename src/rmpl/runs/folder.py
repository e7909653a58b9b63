"""A run's folder: the name and place of every file in it, and what is read without torch.

::

    recipe.yaml              the whole recipe, as validated
    schema.yaml              a copy of its schema, if that is a file of the user's
    run.json                 versions, commit, machine, seed, what was read, every start
    README.md                the model card
    calibration.json         confidences and the link threshold (rmpl calibrate)
    predictions.jsonl        what it found in a corpus (rmpl predict)
    metrics.json             scores (rmpl score --json, rmpl reproduce)
    report.html              the report (rmpl report)
    rmpl.lock.json           what a reproduction was made of (rmpl reproduce)
    predicted.txt            which weights and documents the predictions belong to (rmpl reproduce)
    scored.json              the scores of a grid's cell (rmpl ablate)
    stage1/                  a folder for each stage:
      started.txt            the fingerprint of its recipe and data
      curve.jsonl            the training curve
      held_out.jsonl         the evaluation on held-out samples
      precision.txt          the precision that was measured as fastest
      tensorboard/           the same curves for TensorBoard
      checkpoint-100/        what training resumes from; ``unfinished/`` while one is written
      adapter/               the trained weights (``model/`` where everything was trained)
      adapter-0/             adapters of earlier stages that stay below it
      trained.json           what to load on top of what; written last: it marks a finished stage

Loading a model from it needs torch: ``rmpl.runs.trained``.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.io import formats
from rmpl.io.files import write_file
from rmpl.io.images import MAX_NAME_BYTES
from rmpl.io.saved import (
    FileDigest,
    check_shape,
    digest_of_file,
    saved_object,
    saved_record,
    sealed_record,
)
from rmpl.ontology import Ontology, load_ontology
from rmpl.recipe.recipe import Recipe, load_recipe
from rmpl.runs.shapes import RecordShape

RECIPE = "recipe.yaml"
SCHEMA = "schema.yaml"
METRICS = "metrics.json"
TRAINED = "trained.json"
FULL = "model"
ADAPTER = "adapter"

_RECORD_REMEDY = (
    "copy the run again, or delete this file: it records what the run was made of, and no weights "
    "depend on it"
)
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_BESIDE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Trained(msgspec.Struct, frozen=True):
    """What a finished stage left: a base and the adapters to be put on it, in this order.

    ``base`` is a hub id, ``embedded`` or a folder; ``adapters`` are folders beside this file.
    ``files`` says what loading reads (see ``rmpl.runs.digests``); version 0.1 did not write it.
    """

    base: str
    adapters: list[str]
    settings: Settings
    fingerprint: str
    format: str = formats.TRAINED
    files: dict[str, FileDigest] = {}


@dataclasses.dataclass(frozen=True)
class StageFolder:
    """The folder of a stage."""

    path: Path

    @property
    def started(self) -> Path:
        """The fingerprint of its recipe and data."""
        return self.path / "started.txt"

    @property
    def curve(self) -> Path:
        """The training curve."""
        return self.path / "curve.jsonl"

    @property
    def held_out(self) -> Path:
        """The evaluation on held-out samples, one line per evaluation."""
        return self.path / "held_out.jsonl"

    @property
    def precision(self) -> Path:
        """The precision that was measured as fastest when the stage started."""
        return self.path / "precision.txt"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard's folder."""
        return self.path / "tensorboard"

    @property
    def trained(self) -> Path:
        """The record of a finished stage."""
        return self.path / TRAINED

    @property
    def adapter(self) -> Path:
        """The trained adapter."""
        return self.path / ADAPTER

    @property
    def model(self) -> Path:
        """The trained weights where no adapter was used."""
        return self.path / FULL

    def lower_adapter(self, number: int) -> Path:
        """Return the place of an earlier stage's adapter that stays below this stage's."""
        return self.path / f"{ADAPTER}-{number}"

    @property
    def unfinished(self) -> Path:
        """The folder in which a checkpoint is being written."""
        return self.path / "unfinished"

    def checkpoint(self, step: int) -> Path:
        """Return the place of the checkpoint of a step."""
        return self.path / f"checkpoint-{step}"

    def checkpoints(self) -> list[Path]:
        """Return the folders of all checkpoints, complete or damaged, by step."""
        found = [one for one in self.path.glob("checkpoint-*") if _CHECKPOINT.fullmatch(one.name)]
        return sorted(found, key=step_of)

    @property
    def is_finished(self) -> bool:
        """Whether the stage is trained."""
        return self.trained.is_file()

    def weight_files(self) -> list[Path]:
        """Return the files of the trained weights."""
        folders = (self.adapter, self.model)
        return sorted(path for folder in folders for path in folder.glob("*.safetensors"))

    def read_trained(self) -> Trained:
        """Read a finished stage's record.

        Raises
        ------
        RmplError
            If no stage is finished here, or its record is broken or of a newer version.
        """
        path = self.trained
        if not path.is_file():
            raise RmplError(
                "no finished stage here",
                where=str(self.path),
                remedy="train it with 'rmpl train', or name a run's folder",
            )
        remedy = "copy or download the run again, or train it again into another folder"
        what = "the record of a finished stage"
        trained = saved_record(path, Trained, formats.TRAINED, what, remedy)
        low, high = trained.settings.min_pixels, trained.settings.max_pixels
        if 0 < high < low:
            raise RmplError(
                f"min_pixels {low} is more than max_pixels {high}", where=str(path), remedy=remedy
            )
        if any(len(part.encode()) > MAX_NAME_BYTES for part in trained.base.split("/")):
            raise RmplError(
                f"the base {trained.base!r:.80} is not a path",
                where=str(path),
                remedy="copy or download the run again",
            )
        for name in trained.adapters:
            if not _BESIDE.fullmatch(name):
                raise RmplError(
                    f"the adapter {name!r:.80} is not named like a folder beside this file",
                    where=str(path),
                    remedy="copy or download the run again",
                )
        return trained

    def write_trained(self, trained: Trained) -> None:
        """Write the record that marks the stage as finished."""
        write_file(self.trained, trained_json(trained))


def trained_json(trained: Trained) -> bytes:
    """Return the content of a finished stage's record."""
    return sealed_record(trained)


def step_of(checkpoint: Path) -> int:
    """Return the step of a checkpoint by its folder's name."""
    found = _CHECKPOINT.fullmatch(checkpoint.name)
    if found is None:
        raise ValueError(f"{checkpoint} is not the name of a checkpoint")
    return int(found[1])


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """The folder of a run."""

    path: Path

    @property
    def recipe(self) -> Path:
        """The whole recipe; it marks a run's folder."""
        return self.path / RECIPE

    @property
    def schema(self) -> Path:
        """A copy of the recipe's schema, if that is a file of the user's."""
        return self.path / SCHEMA

    @property
    def record(self) -> Path:
        """What the run was made with and of."""
        return self.path / "run.json"

    @property
    def card(self) -> Path:
        """The model card."""
        return self.path / "README.md"

    @property
    def calibration(self) -> Path:
        """Confidences and the link threshold."""
        return self.path / "calibration.json"

    @property
    def predictions(self) -> Path:
        """What the run found in a corpus."""
        return self.path / "predictions.jsonl"

    @property
    def predicted(self) -> Path:
        """The digest of the weights and documents that the predictions belong to."""
        return self.path / "predicted.txt"

    @property
    def metrics(self) -> Path:
        """The scores of the predictions."""
        return self.path / METRICS

    @property
    def report(self) -> Path:
        """The report of the predictions."""
        return self.path / "report.html"

    @property
    def lock(self) -> Path:
        """The lock file of a reproduction."""
        return self.path / "rmpl.lock.json"

    @property
    def scored(self) -> Path:
        """The scores of a cell of an ablation grid."""
        return self.path / "scored.json"

    def stage(self, name: str) -> StageFolder:
        """Return the folder of a stage."""
        return StageFolder(self.path / name)

    @property
    def is_run(self) -> bool:
        """Whether this is the folder of a run."""
        return self.recipe.is_file()

    def require_run(self) -> None:
        """Check that this is the folder of a run.

        Raises
        ------
        RmplError
            If it is not.
        """
        if not self.is_run:
            raise RmplError(
                f"no {RECIPE}, so this is not a run's folder",
                where=str(self.path),
                remedy="name the folder that 'rmpl train' wrote, not one of its stages",
            )

    def read_recipe(self) -> Recipe:
        """Read the recipe; its schema is the run's own copy, if there is one.

        Raises
        ------
        RmplError
            If there is none, it is not valid, or it or its schema is not what was trained by.
        """
        recipe = load_recipe(self.recipe, warn=False)
        recorded = self.read_record().get("files", {})
        if RECIPE not in recorded:
            self._require_every_stage(recipe)
        self._require_unchanged(self.recipe, recorded.get(RECIPE), "recipe")
        if self.schema.exists():
            recipe = recipe.model_copy(update={"ontology": str(self.schema)})
        if Path(recipe.ontology).exists():
            self._require_unchanged(Path(recipe.ontology), recorded.get(SCHEMA), "schema")
        return recipe

    def _require_unchanged(self, path: Path, recorded: Any, kind: str) -> None:
        if recorded is not None and msgspec.to_builtins(digest_of_file(path)) != recorded:
            raise RmplError(
                f"not the {kind} that was trained by: it was changed or is damaged",
                where=str(path),
                remedy="copy the run again, or train it again; if you changed it yourself, "
                f"remove files from {self.record}",
            )

    def _require_every_stage(self, recipe: Recipe) -> None:
        """Refuse a recipe that does not name a stage that was trained here."""
        named = {stage.name for stage in recipe.stages}
        others = (one.parent.name for one in self.path.glob(f"*/{TRAINED}"))
        for other in sorted(one for one in others if one not in named):
            raise RmplError(
                f"names no stage {other}, which was trained here: it may be cut off",
                where=str(self.recipe),
                remedy=f"copy the run again, or delete the folder {other}",
            )

    def recipe_files(self) -> dict[str, Any]:
        """Return what ``run.json`` says of the recipe and of its schema, if that is a file."""
        paths = (self.recipe, *([self.schema] if self.schema.is_file() else ()))
        return {path.name: msgspec.to_builtins(digest_of_file(path)) for path in paths}

    def read_ontology(self) -> Ontology:
        """Read the schema that the run is trained on.

        Raises
        ------
        RmplError
            If the run has no copy of it and its recipe names one that no longer exists.
        """
        return load_ontology(self.read_recipe().ontology)

    def last_stage(self) -> StageFolder:
        """Return the folder of the recipe's last stage."""
        return self.stage(self.read_recipe().stages[-1].name)

    def read_record(self) -> dict[str, Any]:
        """Return what ``run.json`` holds; nothing but its format if there is none yet.

        Raises
        ------
        RmplError
            If it is damaged, or of a newer version.
        """
        path = self.record
        run = saved_object(path, _RECORD_REMEDY) if path.is_file() else {}
        formats.check_format(run.get("format"), formats.RUN, str(path))
        check_shape(run, RecordShape, path, "the record of a run", _RECORD_REMEDY)
        return {"format": formats.RUN, **run}

    def write_record(self, run: Mapping[str, Any]) -> None:
        """Write ``run.json``."""
        write_file(self.record, json.dumps(run, indent=2, ensure_ascii=False))


def stage_folder(folder: Path) -> StageFolder:
    """Return the last stage of a run, or the stage itself whose folder this is."""
    run = RunFolder(folder)
    return run.last_stage() if run.is_run else StageFolder(folder)


def run_folder(folder: Path) -> RunFolder | None:
    """Return the run whose folder, or a stage's folder, this is; ``None`` if there is no recipe."""
    places = (RunFolder(folder), RunFolder(folder.resolve().parent))
    return next((place for place in places if place.is_run), None)
