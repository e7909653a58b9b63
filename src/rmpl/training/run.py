"""A run: the stages of a recipe, one after the other, each kept in a folder of its own.

Layout of a run's folder::

    recipe.yaml            the whole recipe, as validated
    stage1/curve.jsonl     the training curve
    stage1/adapter/        the trained weights (``model/`` where everything was trained)
    stage1/trained.json    what to load on top of what; written last, so it marks a finished stage
"""

from __future__ import annotations

import functools
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch
import yaml

from rmpl.backbones.backbone import Backbone, Settings, context_of, load_backbone
from rmpl.corpora.leakage import LeakageGuard
from rmpl.corpora.registry import find_corpus, read_corpus
from rmpl.corpora.report import ReadReport
from rmpl.errors import RmplError
from rmpl.ontology import load_ontology
from rmpl.records import Document
from rmpl.tasks import make_task
from rmpl.training.adapters import continue_lora, full_parameters, merge_adapters, new_lora
from rmpl.training.mixture import Mixture, Source
from rmpl.training.recipe import Recipe, StageRecipe, load_recipe
from rmpl.training.stage import Schedule, train_stage

RECIPE = "recipe.yaml"
TRAINED = "trained.json"
STARTED = "started.txt"
FULL = "model"
ADAPTER = "adapter"
Report = Callable[[str, int, int, float], None]
"""Called with (stage, step, steps, loss); step 0 when a stage begins."""


class Trained(msgspec.Struct, frozen=True):
    """What a finished stage left: a base and the adapters to be put on it, in this order.

    ``base`` is a hub id, ``embedded`` or a folder; ``adapters`` are folders beside this file.
    """

    base: str
    adapters: list[str]
    settings: Settings
    fingerprint: str


def read_trained(folder: Path) -> Trained:
    """Read a finished stage's record.

    Raises
    ------
    RmplError
        If the folder holds no finished stage.
    """
    path = folder / TRAINED
    if not path.is_file():
        raise RmplError(
            "no finished stage here",
            where=str(folder),
            remedy="train it with 'rmpl train', or name a run's folder",
        )
    return msgspec.json.decode(path.read_bytes(), type=Trained)


def load_trained(folder: Path) -> Backbone:
    """Load what a run (its last stage) or one of its stages has trained, adapters merged."""
    if (folder / RECIPE).is_file():
        folder = folder / load_recipe(folder / RECIPE).stages[-1].name
    trained = read_trained(folder)
    backbone = load_backbone(_base(trained, folder), trained.settings)
    backbone.model = merge_adapters(backbone.model, [folder / name for name in trained.adapters])
    return backbone


def _base(trained: Trained, folder: Path) -> str:
    own = folder / trained.base
    return str(own) if own.is_dir() else trained.base


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
        self._documents: dict[str, list[Document]] = {}

    def train(self, report: Report | None = None) -> None:
        """Train every stage that is not finished yet.

        Raises
        ------
        RmplError
            If a folder cannot be written, a corpus cannot be read, or a stage in the folder
            belongs to another recipe or other data.
        """
        self._check_corpora()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            tree = self.recipe.model_dump(mode="json")
            (self.folder / RECIPE).write_text(yaml.safe_dump(tree, sort_keys=False))
        except OSError as error:
            raise RmplError(
                f"cannot write here ({error.strerror})",
                where=str(self.folder),
                remedy="choose another --out",
            ) from error
        before = "base"
        fingerprints = {"base": before}
        for stage in self.recipe.stages:
            before = fingerprints[stage.start]
            fingerprints[stage.name] = self._train_stage(stage, before, report)

    def _train_stage(self, stage: StageRecipe, before: str, report: Report | None) -> str:
        folder = self.folder / stage.name
        sources = self._sources(stage)
        fingerprint = self._fingerprint(stage, before, sources)
        if self._is_finished(folder, fingerprint):
            if report is not None:
                report(stage.name, stage.steps, stage.steps, float("nan"))
            return fingerprint
        folder.mkdir(parents=True, exist_ok=True)
        (folder / STARTED).write_text(fingerprint)
        torch.manual_seed(self.recipe.seed)
        backbone, base, kept = self._start(stage, folder)
        mixture = Mixture(
            sources,
            batches=stage.steps * stage.accumulate,
            batch=stage.batch,
            seed=self.recipe.seed,
        )
        if report is not None:
            report(stage.name, 0, stage.steps, float("nan"))
        train_stage(
            backbone,
            mixture,
            folder,
            self._schedule(stage),
            progress=None
            if report is None
            else lambda step, steps, loss: report(stage.name, step, steps, loss),
        )
        if stage.adapter.kind == "full":
            trained = Trained(FULL, [], backbone.settings, fingerprint)
        else:
            trained = Trained(base, [*kept, ADAPTER], backbone.settings, fingerprint)
        self._save(folder, backbone, trained)
        return fingerprint

    def _schedule(self, stage: StageRecipe) -> Schedule:
        optimizer = stage.optimizer
        return Schedule(
            steps=stage.steps,
            batch=stage.batch,
            accumulate=stage.accumulate,
            optimizer=optimizer.name,
            learning_rate=optimizer.learning_rate,
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

    def _settings(self) -> Settings:
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

    def _sources(self, stage: StageRecipe) -> list[Source]:
        ontology = load_ontology(self.recipe.ontology)
        context = context_of(self.recipe.backbone.model, self._settings(), ontology)
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
        digest.update(stage.model_dump_json().encode())
        digest.update(f"{recipe.seed} {recipe.precision} {recipe.backbone}".encode())
        for source in sources:
            for sample in source.samples:
                digest.update(f"{sample.id}\0{sample.prompt.text}\0{sample.target}\0".encode())
        return digest.hexdigest()

    def _is_finished(self, folder: Path, fingerprint: str) -> bool:
        started = folder / STARTED
        if started.is_file() and started.read_text() != fingerprint:
            raise RmplError(
                "this stage was trained by another recipe, seed or data",
                where=str(folder),
                remedy="choose another --out, or delete that folder",
            )
        return (folder / TRAINED).is_file()

    def _start(self, stage: StageRecipe, folder: Path) -> tuple[Backbone, str, list[str]]:
        """Return the model to train, its base, and the adapters merged into it (copies)."""
        below: list[str] = []
        earlier = self.folder / stage.start
        base = self.recipe.backbone.model
        source = base
        if stage.start != "base":
            trained = read_trained(earlier)
            below = trained.adapters
            source = _base(trained, earlier)
            is_folder_of_run = source != trained.base
            base = f"../{stage.start}/{trained.base}" if is_folder_of_run else trained.base
        adapter = stage.adapter
        goes_on = stage.by == "continue" and adapter.kind == "lora" and bool(below)
        kept = _copy(below[:-1] if goes_on else below, earlier, folder)
        backbone = load_backbone(source, self._settings())
        model = merge_adapters(backbone.model, [folder / name for name in kept])
        if goes_on:
            backbone.model = continue_lora(model, earlier / below[-1])
        elif adapter.kind == "full":
            backbone.model = full_parameters(model, backbone.family, adapter.parts)
        else:
            backbone.model = new_lora(
                model,
                backbone.family,
                adapter.parts,
                rank=adapter.rank,
                alpha=adapter.alpha,
                dropout=adapter.dropout,
            )
        return backbone, base, kept

    def _save(self, folder: Path, backbone: Backbone, trained: Trained) -> None:
        if trained.base == FULL:
            backbone.save(folder / FULL)
        else:
            backbone.model.save_pretrained(folder / ADAPTER)
        temporary = folder / f"{TRAINED}.part"
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(trained)))
        temporary.replace(folder / TRAINED)
        for checkpoint in folder.glob("checkpoint-*"):
            shutil.rmtree(checkpoint)


def _copy(adapters: list[str], source: Path, target: Path) -> list[str]:
    names = []
    for number, name in enumerate(adapters):
        kept = f"adapter-{number}"
        shutil.copytree(source / name, target / kept, dirs_exist_ok=True)
        names.append(kept)
    return names
