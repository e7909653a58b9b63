"""A run: the stages of a recipe, one after the other, each kept in a folder of its own.

Layout of a run's folder::

    recipe.yaml            the whole recipe, as validated
    stage1/curve.jsonl     the training curve
    stage1/adapter/        the trained weights (``model/`` where everything was trained)
    stage1/trained.json    what to load on top of what; written last, so it marks a finished stage
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch
import yaml

from rmpl.backbones.backbone import Backbone, Settings, context_of
from rmpl.backbones.loading import Weights
from rmpl.corpora.leakage import LeakageGuard
from rmpl.corpora.registry import find_corpus, read_corpus
from rmpl.corpora.report import ReadReport
from rmpl.errors import RmplError
from rmpl.ontology import load_ontology
from rmpl.records import Document
from rmpl.tasks import make_task
from rmpl.training.checkpoints import checkpoints, copy_weights, flush, write_file, writing
from rmpl.training.lengths import fitting
from rmpl.training.mixture import Mixture, Source
from rmpl.training.processes import is_first, wait
from rmpl.training.recipe import Recipe, StageRecipe
from rmpl.training.stage import Schedule, train_stage
from rmpl.training.starts import Adapter, start
from rmpl.training.trained import (
    ADAPTER,
    FULL,
    RECIPE,
    TRAINED,
    Trained,
    load_trained,
    read_trained,
)

__all__ = ["Run", "load_trained", "read_trained"]

STARTED = "started.txt"
SAME_WEIGHTS = {"save_every", "split", "checkpointing"}
"""Keys of a stage that do not change what it learns: they may change when it goes on."""
Report = Callable[[str, int, int, float], None]
"""Called with (stage, step, steps, loss); step 0 when a stage begins."""


class Run:
    """A recipe at work in a folder.

    Parameters
    ----------
    recipe
        What to do.
    folder
        Where everything it makes goes.
    data
        What the corpora's paths are relative to.
    """

    def __init__(self, recipe: Recipe, folder: Path, data: Path) -> None:
        self.recipe = recipe
        self.folder = folder
        self.data = data
        self.readings: dict[str, ReadReport] = {}
        """What was read of each corpus, and what was left out and why."""
        self.notes: list[str] = []
        """What else a user should know of the run, one line each."""
        self._documents: dict[str, list[Document]] = {}

    def train(self, report: Report | None = None) -> None:
        """Train every stage that is not finished yet.

        Raises
        ------
        RmplError
            If a folder cannot be written, a corpus cannot be read, or a stage in the folder
            belongs to another recipe or other data.
        """
        plan = self._plan()
        wait()
        try:
            if is_first():
                self.folder.mkdir(parents=True, exist_ok=True)
                tree = self.recipe.model_dump(mode="json")
                with writing(self.folder, "nothing was lost"):
                    write_file(self.folder / RECIPE, yaml.safe_dump(tree, sort_keys=False))
        except OSError as error:
            raise RmplError(
                f"cannot write here ({error.strerror})",
                where=str(self.folder),
                remedy="choose another --out",
            ) from error
        for stage, sources, fingerprint in plan:
            self._train_stage(stage, sources, fingerprint, report)
            wait()

    def _plan(self) -> list[tuple[StageRecipe, list[Source], str]]:
        """Read the data of all stages and see that none of them stands in the way.

        A corpus that is not there stops a run before its first step, not hours later.
        """
        fingerprints = {"base": "base"}
        plan = []
        for stage in self.recipe.stages:
            sources = self.sources(stage)
            fingerprint = self._fingerprint(stage, fingerprints[stage.start], sources)
            fingerprints[stage.name] = fingerprint
            started = self.folder / stage.name / STARTED
            if started.is_file() and started.read_text() != fingerprint:
                raise RmplError(
                    "this stage was trained by another recipe, seed or data",
                    where=str(started.parent),
                    remedy="choose another --out, or delete that folder",
                )
            plan.append((stage, sources, fingerprint))
        return plan

    def _train_stage(
        self, stage: StageRecipe, sources: list[Source], fingerprint: str, report: Report | None
    ) -> None:
        folder = self.folder / stage.name
        if (folder / TRAINED).is_file():
            if is_first():
                self._clear(folder)
            if report is not None:
                steps = stage.steps_over(sum(len(source.samples) for source in sources))
                report(stage.name, steps, steps, float("nan"))
            return
        if is_first():
            with writing(folder, "nothing was lost"):
                folder.mkdir(parents=True, exist_ok=True)
                write_file(folder / STARTED, fingerprint)
        torch.manual_seed(self.recipe.seed)
        backbone, base, kept = self._begin(stage, folder)
        sources = self._fitting(stage, sources, backbone)
        steps = stage.steps_over(sum(len(source.samples) for source in sources))
        mixture = Mixture(
            sources, batches=steps * stage.accumulate, batch=stage.batch, seed=self.recipe.seed
        )
        if report is not None:
            report(stage.name, 0, steps, float("nan"))
        checkpoint = train_stage(
            backbone,
            mixture,
            folder,
            self._schedule(stage, steps),
            progress=None
            if report is None
            else lambda step, steps, loss: report(stage.name, step, steps, loss),
            note=self.notes.append,
        )
        if stage.adapter.kind == "full":
            trained = Trained(FULL, [], backbone.settings, fingerprint)
        else:
            trained = Trained(base, [*kept, ADAPTER], backbone.settings, fingerprint)
        if is_first():
            self._save(folder, backbone, trained, checkpoint)

    def _begin(self, stage: StageRecipe, folder: Path) -> tuple[Backbone, str, list[str]]:
        adapter = stage.adapter
        return start(
            self.recipe.backbone.model,
            None if stage.start == "base" else self.folder / stage.start,
            folder,
            by=stage.by,
            settings=self.settings(),
            adapter=Adapter(
                adapter.kind, adapter.parts, adapter.rank, adapter.alpha, adapter.dropout
            ),
            weights=self._weights(adapter.kind),
            attention=self.recipe.backbone.attention,
        )

    def _weights(self, kind: str) -> Weights:
        """Return how a stage keeps the weights below what it trains.

        Those that are trained themselves are fp32: steps of small size would vanish in bf16. Frozen
        ones take half the memory in bf16, where the GPU computes in it anyhow.
        """
        if kind == "qlora":
            return "4bit"
        wanted = self.recipe.backbone.weights
        if wanted != "auto":
            return wanted
        is_fast = torch.cuda.is_available() and self.recipe.precision != "fp32"
        return "bf16" if is_fast and kind != "full" else "fp32"

    def _fitting(
        self, stage: StageRecipe, sources: list[Source], backbone: Backbone
    ) -> list[Source]:
        """Leave out what is too long, and say so."""
        if stage.max_length is None:
            return sources
        fitting_sources = []
        for source in sources:
            found = fitting(source.samples, backbone, stage.max_length)
            if found.left_out:
                self.notes.append(f"{stage.name}: {source.name}: {found}")
            fitting_sources.append(dataclasses.replace(source, samples=found.samples))
        return fitting_sources

    def _schedule(self, stage: StageRecipe, steps: int) -> Schedule:
        optimizer = stage.optimizer
        return Schedule(
            steps=steps,
            batch=stage.batch,
            accumulate=stage.accumulate,
            split=stage.split,
            checkpointing=stage.checkpointing,
            optimizer=optimizer.name,
            learning_rate=optimizer.learning_rate,
            learning_rates=optimizer.learning_rates,
            weight_decay=optimizer.weight_decay,
            warmup=optimizer.warmup,
            decay=optimizer.decay,
            precision=self.recipe.precision,
            seed=self.recipe.seed,
            save_every=stage.save_every,
        )

    def _check_corpora(self) -> None:
        for name, corpus in self.recipe.corpora.items():
            if not find_corpus(corpus.reader).trains:
                raise RmplError(
                    f"corpus {name} reads {corpus.reader}, which is for evaluation only",
                    remedy="train on other corpora; nothing may be trained on a test set",
                )

    def settings(self) -> Settings:
        """Return the settings that the recipe's backbone is to be trained with."""
        wanted = self.recipe.backbone
        return Settings(
            style=wanted.style,
            pad=wanted.pad,
            box_step=wanted.box_step,
            min_pixels=wanted.min_pixels,
            max_pixels=wanted.max_pixels,
        )

    def _read(self, name: str) -> list[Document]:
        if name not in self._documents:
            corpus = self.recipe.corpora[name]
            path = self.data / corpus.path
            report = self.readings.setdefault(name, ReadReport())
            documents = read_corpus(corpus.reader, path, split=corpus.split, report=report)
            if self._guard is not None:
                documents = self._guard.keep_clean(documents, report)
            self._documents[name] = list(documents)
        return self._documents[name]

    @functools.cached_property
    def _guard(self) -> LeakageGuard | None:
        if self.recipe.guard is None:
            return None
        return LeakageGuard(read_corpus("m2e2", self.recipe.guard))

    def sources(self, stage: StageRecipe) -> list[Source]:
        """Read what a stage is trained on.

        Raises
        ------
        RmplError
            If a corpus is for evaluation only, is not there or cannot be read.
        """
        self._check_corpora()
        ontology = load_ontology(self.recipe.ontology)
        context = context_of(self.recipe.backbone.model, self.settings(), ontology)
        sources = []
        for source in stage.mixture:
            documents = [d for name in source.corpora for d in self._read(name)]
            samples = list(make_task(source.task, context).samples(documents))
            name = f"{source.task}({','.join(source.corpora)})"
            sources.append(Source(name, samples, source.weight))
        return sources

    def _fingerprint(self, stage: StageRecipe, before: str, sources: list[Source]) -> str:
        recipe = self.recipe
        digest = hashlib.sha256(before.encode())
        digest.update(stage.model_dump_json(exclude=SAME_WEIGHTS).encode())
        digest.update(f"{recipe.seed} {recipe.precision} {recipe.backbone}".encode())
        for source in sources:
            for sample in source.samples:
                digest.update(f"{sample.id}\0{sample.prompt.text}\0{sample.target}\0".encode())
        return digest.hexdigest()

    def _save(self, folder: Path, backbone: Backbone, trained: Trained, checkpoint: Path) -> None:
        """Keep the weights of a checkpoint: there they are whole even where a model is sharded."""
        place = folder / (FULL if trained.base == FULL else ADAPTER)
        with writing(folder, "the last checkpoint is whole"):
            try:
                copy_weights(checkpoint, place)
                if trained.base == FULL:
                    backbone.save_surroundings(place)
                flush(place)
                write_file(folder / TRAINED, msgspec.json.format(msgspec.json.encode(trained)))
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
        self._clear(folder)

    def _clear(self, folder: Path) -> None:
        """Remove what only an unfinished stage needs."""
        for checkpoint in checkpoints(folder):
            shutil.rmtree(checkpoint)
