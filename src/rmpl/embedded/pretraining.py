"""Pretraining the embedded model's base: a tokenizer, random weights, and generic skills.

The data is a synthetic corpus with a seed of its own, read by the ordinary readers. Names are made
up from letters and differ between documents, so that the model learns to copy instead of
memorising names. No task uses event types, triggers or roles.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import torch

from rmpl.backbones import embedded
from rmpl.backbones.backbone import Backbone, family_context, load_backbone
from rmpl.backbones.families.qwen3_vl import FAMILY
from rmpl.backbones.family import Part
from rmpl.backbones.settings import Settings
from rmpl.corpora.registry import read_corpus
from rmpl.embedded.vision import NamedImages, VisionPretraining, collate, vocabulary
from rmpl.errors import RmplError
from rmpl.io.documents import read_documents, write_documents
from rmpl.io.folders import appearing_folder
from rmpl.io.locks import writing_file
from rmpl.io.regular import read_text
from rmpl.io.yaml_files import load_yaml
from rmpl.ontology import load_ontology
from rmpl.recipe.recipe import StageRecipe, validated
from rmpl.recipe.shipped import find_recipe
from rmpl.records import Document
from rmpl.runs.adapters import full_parameters
from rmpl.synthetic.build import build_world, is_built
from rmpl.synthetic.gallery import write_gallery
from rmpl.synthetic.story.names import TRAIN_NAMES
from rmpl.tasks import TASKS, make_task
from rmpl.training.data.made_up_names import renamed
from rmpl.training.data.mixture import Mixture, Source
from rmpl.training.loop.stage import Progress, Schedule, fit, train_stage

Report = Callable[[str, int, int, str], None]
INITIAL = "initial"
FINISHED = "finished"
SEEING = "seeing"


class Phase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phase of pretraining: its skills with weights, its length, and the trained parts.

    ``weights`` are keyed ``skill@corpus``: ``text`` (sentences with made-up names), ``situations``
    (images with a caption) or ``gallery`` and ``close_ups`` (images in which everything is
    named).
    """

    name: Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9_-]*\Z")]
    steps: int
    decay: float
    parts: list[Part]
    weights: dict[str, float]


class Seeing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The schedule of the vision tower's own pretraining (``rmpl.embedded.vision``)."""

    steps: int
    batch: int
    decay: float


class BaseRecipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The recipe of the base: data, shape, schedule and the weight of each skill.

    Every sentence is used ``renamings`` times, with different names.
    """

    name: str
    seed: int
    world_seed: int
    world_scale: float
    renamings: int
    gallery: int
    close_ups: int
    vocabulary: int
    hidden: int
    layers: int
    vision: tuple[int, int]
    min_pixels: int
    max_pixels: int
    pad: str
    box_step: int
    batch: int
    learning_rate: float
    weight_decay: float
    warmup: int
    save_every: int
    seeing: Seeing
    phases: list[Phase]

    @property
    def settings(self) -> Settings:
        """The settings that are fixed for inference."""
        return Settings("brief", self.pad, self.box_step, self.min_pixels, self.max_pixels)

    def schedule(self, steps: int, batch: int, decay: float) -> Schedule:
        """Return the schedule of a phase."""
        optimizer = {
            "name": "muon",
            "learning_rate": self.learning_rate,
            "weight_decay": self.weight_decay,
            "warmup": self.warmup,
            "decay": decay,
        }
        stage = {
            "name": "skills",
            "mixture": [{"task": "skills", "corpora": ["synthetic"]}],
            "steps": steps,
            "batch": batch,
            "optimizer": optimizer,
            "save_every": self.save_every,
        }
        return Schedule(validated(StageRecipe, stage, self.name), steps, self.seed)


def pretrain(path: Path, *, out: Path, work: Path, report: Report) -> None:
    """Train the base that the recipe ``path`` describes and write it to ``out``, in bf16.

    An interrupted run resumes from its last checkpoint in ``work``.

    Raises
    ------
    RmplError
        If the recipe is malformed.
    """
    recipe = _read(path)
    world = work / "world"
    if not is_built(world, seed=recipe.world_seed, scale=recipe.world_scale):
        build_world(
            world,
            seed=recipe.world_seed,
            scale=recipe.world_scale,
            progress=lambda done, total, _: report("world", done, total, ""),
        )
    sentences = list(read_corpus("jmee", world / "ace", split="train"))
    corpora = {
        "text": [
            document
            for variant in range(recipe.renamings)
            for document in renamed(sentences, TRAIN_NAMES.words(), recipe.seed + variant)
        ],
        "situations": list(read_corpus("swig", world / "swig", split="train")),
        "gallery": _images(recipe, work / "gallery", recipe.gallery, report),
        "close_ups": _images(recipe, work / "close_ups", recipe.close_ups, report),
    }
    source = work / INITIAL
    if not (source / "config.json").is_file():
        _build(recipe, [*corpora["text"], *corpora["situations"]]).save(source)
    source = _pretrain_vision(recipe, source, work / SEEING, corpora, report)
    for phase in recipe.phases:
        source = _train(recipe, phase, source, work / phase.name, corpora, report)
    backbone = load_backbone(str(source), recipe.settings)
    backbone.model.to(torch.bfloat16)
    _put_in_place(backbone, out)


def _put_in_place(backbone: Backbone, out: Path) -> None:
    """Write a base beside its folder, then replace the folder."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with writing_file(out, folder=True), appearing_folder(out) as written:
        backbone.save(written)


def _images(recipe: BaseRecipe, folder: Path, count: int, report: Report) -> list[Document]:
    """Draw images, unless that was done before, and write their annotations beside them."""
    listed = folder.with_suffix(".jsonl")
    if not listed.is_file():
        drawn = itertools.count(1)
        documents = write_gallery(
            folder,
            count,
            seed=recipe.world_seed,
            close_ups=folder.name == "close_ups",
            drawn=lambda: report(folder.name, next(drawn), count, ""),
        )
        write_documents(documents, listed)
    return list(read_documents(listed))


def _pretrain_vision(
    recipe: BaseRecipe,
    source: Path,
    folder: Path,
    corpora: dict[str, list[Document]],
    report: Report,
) -> Path:
    if not (folder / FINISHED).is_dir():
        backbone = load_backbone(str(source), recipe.settings)
        documents = [*corpora["gallery"], *corpora["close_ups"]]
        random.Random(recipe.seed).shuffle(documents)
        known = vocabulary(documents)
        seeing = recipe.seeing
        torch.manual_seed(recipe.seed)
        pretraining = VisionPretraining(backbone.model.model.visual, recipe.hidden, len(known))
        fit(
            pretraining,
            NamedImages(documents, backbone, known, seeing.steps * seeing.batch),
            collate,
            folder,
            recipe.schedule(seeing.steps, seeing.batch, seeing.decay),
            progress=_progress(report, SEEING),
        )
        _save_finished(backbone, folder)
    return folder / FINISHED


def _train(
    recipe: BaseRecipe,
    phase: Phase,
    source: Path,
    folder: Path,
    corpora: dict[str, list[Document]],
    report: Report,
) -> Path:
    if (folder / FINISHED).is_dir():
        return folder / FINISHED
    backbone = load_backbone(str(source), recipe.settings)
    context = backbone.context(load_ontology())
    sources = []
    for name, weight in phase.weights.items():
        task, _, corpus = name.partition("@")
        samples = list(make_task(task, context).samples(corpora[corpus]))
        sources.append(Source(name, samples, weight))
    full_parameters(backbone.model, backbone.family, phase.parts)
    train_stage(
        backbone,
        Mixture(sources, batches=phase.steps, batch=recipe.batch, seed=recipe.seed),
        folder,
        recipe.schedule(phase.steps, recipe.batch, phase.decay),
        progress=_progress(report, phase.name),
    )
    return _save_finished(backbone, folder)


def _save_finished(backbone: Backbone, folder: Path) -> Path:
    place = folder / FINISHED
    with writing_file(place, folder=True), appearing_folder(place) as written:
        backbone.save(written)
    return place


def _progress(report: Report, name: str) -> Progress:
    return lambda step, of, loss: report(f"base: {name}", step, of, f"loss {loss:.3f}")


def _read(path: Path) -> BaseRecipe:
    try:
        text = read_text(find_recipe(path))
        return msgspec.convert(load_yaml(text), BaseRecipe)
    except (OSError, ValueError) as error:
        raise RmplError(
            f"not a recipe of an embedded base ({' '.join(str(error).split())})",
            where=str(path),
            remedy="compare with recipes/embedded_base.yaml",
        ) from error


def _build(recipe: BaseRecipe, documents: list[Document]) -> Backbone:
    tokenizer = embedded.train_tokenizer(_texts(documents, recipe), recipe.vocabulary)
    processor = embedded.build_processor(
        tokenizer, min_pixels=recipe.min_pixels, max_pixels=recipe.max_pixels
    )
    model = embedded.build_model(
        tokenizer,
        seed=recipe.seed,
        hidden=recipe.hidden,
        layers=recipe.layers,
        vision=recipe.vision,
    )
    return Backbone(model, processor, FAMILY, recipe.settings)


def _texts(documents: list[Document], recipe: BaseRecipe) -> Iterator[str]:
    """Yield the tokenizer's training texts: prompts and targets of every task.

    The vocabulary covers the format of answers, including event types, without their meaning.
    """
    context = family_context(FAMILY, recipe.settings, load_ontology())
    for name in TASKS:
        for number, sample in enumerate(make_task(name, context).samples(documents)):
            if number % 3 == 0:
                yield f"{sample.prompt.text}\n{sample.target}"
