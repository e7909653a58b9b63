"""The requirements of a reproduction: data, weights, a GPU, disk space, and how to get them."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import torch
import yaml

from rmpl.backbones import embedded
from rmpl.backbones.checkpoints import local_folder
from rmpl.backbones.known import hub_id, known_checkpoint, named_models
from rmpl.corpora.registry import find_corpus, read_corpus
from rmpl.corpora.text.selection import Types
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.recipe.recipe import Recipe
from rmpl.records import Document

GB = 10**9
_BYTES_A_WEIGHT = 2
"""Checkpoints are published in bf16."""


class Requirement(msgspec.Struct, frozen=True):
    """A requirement of a reproduction.

    Parameters
    ----------
    what
        Its name.
    is_met
        Whether it is met.
    found
        What was found, or what is wrong.
    remedy
        What to do if it is not met, in lines.
    blocks
        Whether the reproduction is impossible without it.
    """

    what: str
    is_met: bool
    found: str
    remedy: tuple[str, ...] = ()
    blocks: bool = True


@functools.cache
def _sources() -> dict[str, Any]:
    text = (resources.files(__package__) / "sources.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def gpu_hours(model: str) -> tuple[float, float] | None:
    """Return the estimated hours on one H100 and on one A100 for a shipped recipe."""
    found = _sources()["gpu_hours"].get(hub_id(model))
    return None if found is None else (found[0], found[1])


def requirements(recipe: Recipe, data: Path, benchmark: Path, out: Path) -> list[Requirement]:
    """Return all requirements of a recipe, met or not.

    Parameters
    ----------
    recipe
        The recipe.
    data
        The folder that its corpora's paths are relative to.
    benchmark
        The folder of M2E2.
    out
        The run's folder.

    Raises
    ------
    RmplError
        If it names no model.
    """
    recipe.require_model()
    found = [
        _corpus(name, corpus.reader, data / corpus.path, corpus.split, corpus.types)
        for name, corpus in recipe.corpora.items()
    ]
    found.append(_corpus("the benchmark", "m2e2", benchmark, None))
    found += _model(recipe, out)
    return found


def _corpus(
    name: str, reader: str, path: Path, split: str | None, types: Types = "mapped"
) -> Requirement:
    what = f"{name} ({reader})"
    report = ReadReport()
    try:
        documents = read_corpus(reader, path, split=split, report=report, types=types)
        images, missing = _images(documents)
    except RmplError as error:
        return Requirement(what, False, str(error), _how_to_get(reader, path))
    used = ", ".join(f"{count:,} {thing}" for thing, count in report.used.items())
    left = sum(report.left_out.values())
    summary = f"{path}: {used}" + (f"; {left:,} left out" if left else "")
    if missing:
        return Requirement(
            what,
            False,
            f"{summary}; {missing:,} of {images:,} images missing",
            _how_to_get(reader, path),
            # Texts can be used without images, but an image corpus cannot.
            blocks=missing == images and reader in {"swig", "imsitu"},
        )
    return Requirement(what, True, summary)


def _images(documents: Iterator[Document]) -> tuple[int, int]:
    """Return the number of images of documents, and of those without a file."""
    paths = [image.path for document in documents for image in document.images]
    return len(paths), sum(path is None for path in paths)


def _how_to_get(reader: str, path: Path) -> tuple[str, ...]:
    files = _sources()["corpora"].get(reader)
    try:
        corpus = find_corpus(reader)
    except RmplError:  # the wrong name has been reported
        return ()
    lines = [f"from: {corpus.source}", f"terms: {corpus.terms}"] if corpus.source else []
    if files is None:
        return (*lines, f"put it at {path}")
    lines += [f"put into {path}: {files['files']}", f"disk: {files['disk']}"]
    if "instead" in files:
        lines.append(files["instead"])
    return tuple(lines)


def _download(model: str, about: str) -> str:
    if model in named_models():
        return f"rmpl models get {model}  # {about}"
    return f"hf download {model}  # {about}; `rmpl train` does it, too"


def _model(recipe: Recipe, out: Path) -> Iterator[Requirement]:
    model = recipe.backbone.model
    if model == embedded.NAME:
        yield Requirement("the model", True, "the embedded one")
        return
    known = known_checkpoint(model)
    size = 0 if known is None else known.parameters * _BYTES_A_WEIGHT
    here = local_folder(model)
    has_weights = here is not None and any(here.glob("*.safetensors"))
    about = f"{size / GB:.0f} GB to download" if size else "of unknown size"
    yield Requirement(
        "the model",
        has_weights,
        f"{model}: {here if has_weights else 'its weights are not on this machine'}",
        () if has_weights else (_download(model, about),),
        blocks=False,
    )
    if known is None:
        return
    hours = gpu_hours(model)
    time = "" if hours is None else f"about {hours[0]} hours on one H100, {hours[1]} on one A100"
    yield Requirement(
        "a GPU",
        torch.cuda.is_available(),
        f"{time}, estimated, not measured (docs/backbones.md)".strip(", "),
        (
            "on a machine with one: the same command; memory: rmpl train RECIPE --dry-run",
            "on eight: torchrun --nproc_per_node 8 --no-python rmpl reproduce RECIPE",
        ),
    )
    place = next(parent for parent in (out.resolve(), *out.resolve().parents) if parent.exists())
    free = shutil.disk_usage(place).free
    wanted = 0 if has_weights else size
    yield Requirement(
        "disk",
        free > wanted,
        f"{free / GB:.0f} GB free at {place}; {wanted / GB:.0f} GB for weights",
        ("make room, or choose another --out and HF_HOME",),
    )
