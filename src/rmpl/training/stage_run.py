"""One stage of a run: from its part of the recipe to the weights in its folder."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import torch

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.checkpoints import model_type_of
from rmpl.backbones.families import family_of
from rmpl.backbones.loading import Weights
from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.io.files import flush, write_file
from rmpl.recipe.recipe import Recipe, SourceRecipe, StageRecipe
from rmpl.runs.adapters import trainable_by_part
from rmpl.runs.card import label_weights
from rmpl.runs.checkpoints import copy_weights, writing
from rmpl.runs.digests import files_of
from rmpl.runs.folder import RunFolder, Trained
from rmpl.runs.initialisation import start
from rmpl.runs.processes import is_first
from rmpl.runs.provenance import record_stage
from rmpl.tasks import Context, Sample, find_task
from rmpl.training.data.lengths import Fitting, fitting
from rmpl.training.data.mixture import Mixture, Source
from rmpl.training.data.training_data import TrainingData
from rmpl.training.loop.callbacks.tensorboard import reporters
from rmpl.training.loop.evaluation import EvaluationPlan, Evaluator, choose
from rmpl.training.loop.out_of_memory import enough_memory, smaller_passes, smaller_weights
from rmpl.training.loop.stage import Progress, Schedule, train_stage
from rmpl.training.parallel.sharding import refuse_where_sharded

Note = Callable[[str], None]


def source_name(source: SourceRecipe) -> str:
    """Return what a source of a mixture is called in curves and messages."""
    return f"{source.task}({','.join(source.corpora)})"


def check_launch(stage: StageRecipe) -> None:
    """Check that a stage can be trained as it was launched.

    Raises
    ------
    RmplError
        If processes are to share one model and the stage asks for what they cannot do.
    """
    evaluate = stage.evaluate
    wanted = {
        "optimizer muon": stage.optimizer.name == "muon",
        "4-bit weights": stage.adapter.kind == "qlora",
        "evaluate by score": evaluate is not None and evaluate.by == "score",
    }
    refuse_where_sharded(stage.name, wanted)


def check_media(recipe: Recipe) -> None:
    """Check that the model reads what the tasks of a recipe ask about.

    Raises
    ------
    RmplError
        If it reads no images and a task needs them, or its family is not known.
    """
    model = recipe.backbone.model
    if family_of(model_type_of(model), model).reads_images:
        return
    for stage in recipe.stages:
        for source in stage.mixture:
            if find_task(source.task).asks_about_images():
                raise RmplError(
                    f"stage {stage.name} trains {source.task}, which needs images, and {model} "
                    "reads none",
                    where=recipe.name,
                    remedy="leave the task out, or name a vision-language model",
                )


class StageRun:
    """Trains one stage of a recipe.

    Parameters
    ----------
    recipe, stage
        The whole recipe and the stage to train.
    folder
        The run folder; the stage has a folder in it.
    corpora
        The corpora that held-out samples are taken from.
    context
        What tasks need to know about the model.
    settings
        Settings that inference must use, too.
    note
        Called with a one-line notice for the user.
    """

    def __init__(
        self,
        recipe: Recipe,
        stage: StageRecipe,
        folder: Path,
        *,
        corpora: TrainingData,
        context: Context,
        settings: Settings,
        note: Note,
    ) -> None:
        self._recipe = recipe
        self._stage = stage
        self._run = RunFolder(folder)
        self._place = self._run.stage(stage.name)
        self.folder = self._place.path
        self._corpora = corpora
        self._context = context
        self._settings = settings
        self._note = note
        self._number = recipe.stages.index(stage)

    def train(self, sources: Sequence[Source], fingerprint: str, progress: Progress | None) -> None:
        """Train the stage on its sources, if it is not finished; ``progress`` begins at step 0."""
        stage = self._stage
        if self._place.is_finished:
            if is_first():
                self._clear()
            if progress is not None:
                steps = stage.steps_over(sum(len(source.samples) for source in sources))
                progress(steps, steps, float("nan"))
            return
        if is_first():
            with writing(self.folder, "nothing was lost"):
                self.folder.mkdir(parents=True, exist_ok=True)
                write_file(self._place.started, fingerprint)
        torch.manual_seed(self._recipe.seed)
        backbone, base, lower = self._begin()
        sources = [self._measured(source, backbone) for source in sources]
        steps = stage.steps_over(sum(len(source.samples) for source in sources))
        mixture = Mixture(
            sources, batches=steps * stage.accumulate, batch=stage.batch, seed=self._recipe.seed
        )
        if is_first():
            self._record(steps, mixture, sources, backbone, fingerprint)
        if progress is not None:
            progress(0, steps, float("nan"))
        with self._enough_memory(backbone):
            checkpoint = train_stage(
                backbone,
                mixture,
                self.folder,
                Schedule(stage, steps, self._recipe.seed, self._recipe.precision),
                progress=progress,
                note=self._note,
                evaluation=self._evaluation_plan(backbone),
                report_to=reporters(self._recipe.report_to),
            )
        if stage.adapter.kind == "full":
            trained = Trained(self._place.model.name, [], backbone.settings, fingerprint)
        else:
            trained = Trained(
                base, [*lower, self._place.adapter.name], backbone.settings, fingerprint
            )
        if is_first():
            self._save(backbone, trained, checkpoint)

    def _begin(self) -> tuple[Backbone, str, list[str]]:
        stage, adapter = self._stage, self._stage.adapter
        weights = self._weights(adapter.kind)
        remedy = smaller_weights(self._number, adapter.kind, weights)
        with enough_memory(self.folder, "load the model", remedy):
            return start(
                self._recipe.backbone.model,
                None if stage.start == "base" else self._run.stage(stage.start).path,
                self.folder,
                by=stage.by,
                settings=self._settings,
                adapter=adapter,
                weights=weights,
                attention=self._recipe.backbone.attention,
            )

    def _enough_memory(self, backbone: Backbone) -> AbstractContextManager[None]:
        stage = self._stage
        remedy = smaller_passes(
            self._number,
            stage.batch,
            stage.accumulate,
            stage.micro_batches,
            checkpointing=stage.checkpointing,
            images=backbone.family.pixels is not None,
        )
        return enough_memory(self.folder, "train", remedy)

    def _weights(self, kind: str) -> Weights:
        """Return the precision of the weights below what is trained.

        Those that are trained themselves are fp32: steps of small size would vanish in bf16. Frozen
        ones take half the memory in bf16, where the GPU computes in it anyhow.
        """
        if kind == "qlora":
            return "4bit"
        wanted = self._recipe.backbone.weights
        if wanted != "auto":
            return wanted
        is_fast = torch.cuda.is_available() and self._recipe.precision != "fp32"
        return "bf16" if is_fast and kind != "full" else "fp32"

    def _measured(self, source: Source, backbone: Backbone) -> Source:
        """Leave out what is too long, and note how long the rest is where batches go by it."""
        if self._stage.max_length is None and not self._stage.by_length:
            return source
        found = self._fitting(source.name, source.samples, backbone)
        lengths = found.lengths if self._stage.by_length else None
        return dataclasses.replace(source, samples=found.samples, lengths=lengths)

    def _fitting(self, name: str, samples: Sequence[Sample], backbone: Backbone) -> Fitting:
        found = fitting(samples, backbone, self._stage.max_length)
        if found.left_out:
            self._note(f"{self._stage.name}: {name}: {found}")
        return found

    def _evaluation_plan(self, backbone: Backbone) -> EvaluationPlan | None:
        """Return what the stage is evaluated on: held-out samples of its own sources."""
        wanted = self._stage.evaluate
        if wanted is None:
            return None
        chosen = {}
        for source in self._stage.mixture:
            name = source_name(source)
            samples = self._corpora.samples(source, self._context, held_out=True)
            if self._stage.max_length is not None:
                samples = self._fitting(f"{name}, held out", samples, backbone).samples
            if samples:
                chosen[name] = choose(samples, wanted.samples, self._recipe.seed)
            else:
                self._note(f"{self._stage.name}: {name}: no sample is held out")
        if not chosen:
            raise RmplError(
                f"stage {self._stage.name} is to be evaluated, but no sample is held out",
                remedy="hold out a larger share of the corpora",
            )
        held_out = Evaluator(
            backbone,
            chosen,
            self._context,
            batch=self._stage.batch // self._stage.micro_batches,
            generates=wanted.by == "score",
        )
        return EvaluationPlan(held_out, wanted.every, wanted.by, wanted.patience)

    def _record(
        self,
        steps: int,
        mixture: Mixture,
        sources: Sequence[Source],
        backbone: Backbone,
        fingerprint: str,
    ) -> None:
        shares = mixture.shares()
        about = {
            "fingerprint": fingerprint,
            "steps": steps,
            "samples_a_step": self._stage.batch * self._stage.accumulate,
            "trained_parameters": trainable_by_part(backbone.model, backbone.family),
            "sources": {
                source.name: {
                    "samples": len(source.samples),
                    "weight": source.weight,
                    "share": round(shares[source.name], 5),
                }
                for source in sources
            },
        }
        record_stage(self._run.path, self._stage.name, about)

    def _save(self, backbone: Backbone, trained: Trained, checkpoint: Path) -> None:
        """Keep the weights of a checkpoint: there they are whole even where a model is sharded."""
        is_full = self._stage.adapter.kind == "full"
        place = self._place.model if is_full else self._place.adapter
        with writing(self.folder, "the last checkpoint is whole"):
            try:
                copy_weights(checkpoint, place)
                if is_full:
                    backbone.save_without_weights(place)
                for path in self._place.weight_files():
                    label_weights(path, self._recipe, self._stage.name)
                flush(place)
                files = files_of(self.folder, trained)
                self._place.write_trained(msgspec.structs.replace(trained, files=files))
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
        self._clear()

    def _clear(self) -> None:
        """Remove what only an unfinished stage needs."""
        for checkpoint in self._place.checkpoints():
            shutil.rmtree(checkpoint)
