"""A run: the stages of a recipe, one after the other, each in a folder of its own.

``rmpl.runs.folder`` lists the files of a run's folder.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import yaml

from rmpl.backbones import embedded
from rmpl.backbones.backbone import context_of
from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.io.files import write_file
from rmpl.io.read_report import ReadReport
from rmpl.io.saved import saved_text
from rmpl.ontology import is_file_name, load_ontology
from rmpl.recipe.changes import changes
from rmpl.recipe.recipe import BackboneRecipe, Recipe, StageRecipe, load_recipe
from rmpl.runs.card import finish
from rmpl.runs.checkpoints import writing
from rmpl.runs.conventions import recipe_settings
from rmpl.runs.digests import check_files
from rmpl.runs.folder import RunFolder
from rmpl.runs.processes import is_first, wait, writing_alone
from rmpl.runs.provenance import record_start
from rmpl.runs.trained import load_trained, read_trained
from rmpl.tasks import Context
from rmpl.tasks.trigger_type import TriggerType
from rmpl.tasks.trigger_words import TriggerWords
from rmpl.training.data.mixture import Source
from rmpl.training.data.training_data import TrainingData, recipe_data
from rmpl.training.loop.callbacks.tensorboard import reporters
from rmpl.training.stage_run import StageRun, check_launch, check_media, source_name

__all__ = ["Run", "load_trained", "read_trained"]

SAME_WEIGHTS = {"save_every", "micro_batches", "checkpointing"}
"""Keys of a stage that do not change the weights: a resumed run may change them."""
_BROKEN_STAGE = "copy the run again, choose another --out, or delete that stage's folder"
Report = Callable[[str, int, int, float], None]
"""Called with (stage, step, steps, loss); step 0 when a stage begins."""


class Run:
    """Trains the stages of a recipe in a run folder.

    Parameters
    ----------
    recipe
        The recipe.
    folder
        The run folder.
    data
        The folder that corpus paths are relative to.

    Raises
    ------
    RmplError
        If the recipe names no model, or one that reads no images for a task that needs them.
    """

    def __init__(self, recipe: Recipe, folder: Path, data: Path) -> None:
        recipe.require_model()
        self._given = recipe
        self.recipe = recipe = _with_absolute_paths(recipe)
        check_media(recipe)
        self.folder = folder
        self.place = RunFolder(folder)
        self.data = data
        self.notes: list[str] = []
        """What a user should know of the run, one line each."""

    @property
    def readings(self) -> dict[str, ReadReport]:
        """What was read of each corpus, and what was left out and why."""
        return self.corpora.readings

    @functools.cached_property
    def corpora(self) -> TrainingData:
        """The corpora that the recipe names."""
        return recipe_data(self.recipe, self.data)

    def train(self, report: Report | None = None) -> None:
        """Train every stage that is not finished yet.

        Raises
        ------
        RmplError
            If a folder cannot be written, a corpus cannot be read, or a stage in the folder
            belongs to another recipe or other data, or another process trains there.
        """
        with writing_alone(self.folder):
            self._train(report)

    def _train(self, report: Report | None) -> None:
        reporters(self.recipe.report_to)
        for stage in self.recipe.stages:
            check_launch(stage)
        plan = self._plan()
        settings = self._learnt_settings()
        wait()
        if is_first():
            self._record()
        wait()
        for stage, sources, fingerprint in plan:
            stage_run = StageRun(
                self.recipe,
                stage,
                self.folder,
                corpora=self.corpora,
                context=self.context(),
                settings=settings,
                note=self.notes.append,
            )
            progress = None if report is None else functools.partial(report, stage.name)
            stage_run.train(sources, fingerprint, progress)
            wait()
        if is_first():
            finish(self.folder, self.readings)

    def _plan(self) -> list[tuple[StageRecipe, list[Source], str]]:
        """Read the data of all stages and see that none of them stands in the way.

        A corpus that is not there stops a run before its first step, not hours later.
        """
        # Runs of earlier versions took the model's path as it was given.
        backbones = dict.fromkeys([self.recipe.backbone, self._given.backbone])
        chains = [(backbone, {"base": "base"}) for backbone in backbones]
        plan = []
        for stage in self.recipe.stages:
            sources = self.sources(stage)
            for backbone, chain in chains:
                chain[stage.name] = self._fingerprint(stage, chain[stage.start], sources, backbone)
            fingerprint, *former = [chain[stage.name] for _, chain in chains]
            folder = self.place.stage(stage.name)
            started = folder.started
            known = [saved_text(started, _BROKEN_STAGE)] if started.is_file() else []
            if folder.is_finished:
                trained = folder.read_trained()
                check_files(folder, trained)
                known = known or [trained.fingerprint]
            if known and known[0] not in {fingerprint, *former}:
                raise RmplError(
                    f"this stage was trained by another recipe, seed or data{self._changes()}",
                    where=str(started.parent),
                    remedy="choose another --out, or delete that folder",
                )
            plan.append((stage, sources, fingerprint))
        return plan

    def _changes(self) -> str:
        """Return what differs from the run in the folder, in brackets; "" if that is not known."""
        try:
            before = load_recipe(self.place.recipe, warn=False).model_dump(mode="json")
            data = self.place.read_record().get("data", {})
        except RmplError:
            return ""
        found = changes(before, self.recipe.model_dump(mode="json"))
        here = self.corpora.fingerprints()
        others = [name for name in here if name in data and data[name] != here[name]]
        if others:
            found += f"{'; ' * bool(found)}other documents of corpus {', '.join(others)}"
        return f" ({found})" if found else ""

    def _record(self) -> None:
        """Write down what this run is."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            tree = self.recipe.model_dump(mode="json")
            with writing(self.folder, "nothing was lost"):
                write_file(self.place.recipe, yaml.safe_dump(tree, sort_keys=False))
                self._copy_schema()
            about = {
                "recipe": self.recipe.name,
                "seed": self.recipe.seed,
                "data": self.corpora.fingerprints(),
                "origins": self.corpora.origins(),
                "files": self.place.recipe_files(),
            }
            stages = (stage.name for stage in self.recipe.stages)
            trains = [name for name in stages if not self.place.stage(name).is_finished]
            self.notes += record_start(self.folder, about, trains)
        except OSError as error:
            raise RmplError(
                f"cannot write here ({error.strerror})",
                where=str(self.folder),
                remedy="choose another --out",
            ) from error

    def _copy_schema(self) -> None:
        """Keep a copy of the user's own schema, so that it travels with the run."""
        if is_file_name(self.recipe.ontology):
            write_file(self.place.schema, Path(self.recipe.ontology).read_bytes())
        else:
            self.place.schema.unlink(missing_ok=True)

    def settings(self) -> Settings:
        """Return the settings that the recipe's backbone is to be trained with."""
        return recipe_settings(self.recipe.backbone)

    def _learnt_settings(self) -> Settings:
        """Return the settings with the triggers of what text-trigger is trained on, in any stage.

        Only training needs them: they are read from the corpora.
        """
        sources = [source for stage in self.recipe.stages for source in stage.mixture]
        names = {n for one in sources if one.task == TriggerType.name for n in one.corpora}
        if not names:
            return self.settings()
        documents = (one for name in names for one in self.corpora.trained_documents(name))
        words = TriggerWords.of(documents, load_ontology(self.recipe.ontology).events)
        return msgspec.structs.replace(self.settings(), trigger_words=words.by_type)

    def context(self) -> Context:
        """Return what the tasks of the recipe's model are asked with."""
        ontology = load_ontology(self.recipe.ontology)
        return context_of(self.recipe.backbone.model, self.settings(), ontology)

    def sources(self, stage: StageRecipe) -> list[Source]:
        """Read what a stage is trained on.

        Raises
        ------
        RmplError
            If a corpus is for evaluation only, is not there or cannot be read, or has nothing to
            train on, or nothing that the stage is to be evaluated on.
        """
        context = self.context()
        found = []
        for source in stage.mixture:
            samples = self.corpora.samples(source, context)
            if not samples:
                raise RmplError(
                    f"source {source_name(source)} has no samples",
                    where=f"stage {stage.name}",
                    remedy="check its corpora with 'rmpl check', or remove it from the recipe",
                )
            found.append(Source(source_name(source), samples, source.weight))
        if stage.evaluate is not None and not any(
            self.corpora.samples(source, context, held_out=True) for source in stage.mixture
        ):
            raise RmplError(
                f"stage {stage.name} is to be evaluated, but no sample is held out",
                where=self.recipe.name,
                remedy="hold out a larger share of the corpora (held_out)",
            )
        return found

    def _fingerprint(
        self, stage: StageRecipe, before: str, sources: list[Source], backbone: BackboneRecipe
    ) -> str:
        recipe = self.recipe
        digest = hashlib.sha256(before.encode())
        digest.update(stage.model_dump_json(exclude=SAME_WEIGHTS).encode())
        digest.update(f"{recipe.seed} {recipe.precision} {backbone}".encode())
        for source in sources:
            for sample in source.samples:
                digest.update(f"{sample.id}\0{sample.prompt.text}\0{sample.target}\0".encode())
        return digest.hexdigest()


def _with_absolute_paths(recipe: Recipe) -> Recipe:
    """Return a recipe whose model and schema, if they are files, are found from any folder."""
    model = Path(recipe.backbone.model).expanduser()
    if recipe.backbone.model != embedded.NAME and model.is_dir():
        backbone = recipe.backbone.model_copy(update={"model": str(model.absolute())})
        recipe = recipe.model_copy(update={"backbone": backbone})
    if is_file_name(recipe.ontology):
        schema = str(Path(recipe.ontology).absolute())
        recipe = recipe.model_copy(update={"ontology": schema})
    return recipe
