"""Runs of a very small model, and how they are killed: what tests of training share."""

from __future__ import annotations

import importlib
import os
import signal
from pathlib import Path

import torch
from safetensors.torch import load_file

from rmpl.recipe.recipe import Recipe
from rmpl.training.run import Run

ADAPTER = {"rank": 4, "alpha": 8, "parts": ["language", "projector", "vision"]}


def recipe(twin, **changes) -> Recipe:
    stage = {"steps": 4, "batch": 4, "save_every": 2, "adapter": ADAPTER}
    tree = {
        "name": "test",
        "precision": "fp32",
        "backbone": {"model": str(twin), "style": "brief", "pad": " ", "box_step": 20},
        "corpora": {
            "ace": {"reader": "jmee", "path": "ace"},
            "swig": {"reader": "swig", "path": "swig"},
            "mnre": {"reader": "mnre", "path": "mnre"},
        },
        "stages": [
            {
                "name": "one",
                "mixture": [
                    {"task": "text-events", "corpora": ["ace"]},
                    {"task": "image-events", "corpora": ["swig"]},
                    {"task": "relations", "corpora": ["mnre"]},
                ],
                **stage,
            },
            {
                "name": "two",
                "start": "one",
                "mixture": [
                    {"task": "text-emi", "corpora": ["ace"]},
                    {"task": "same-event", "corpora": ["ace", "swig"]},
                ],
                **stage,
            },
        ],
    }
    tree.update(changes)
    return Recipe.model_validate(tree)


def one_stage(twin, *, held_out=0.0, **changes) -> Recipe:
    """The first stage alone, with some of its keys changed."""
    tree = recipe(twin, held_out=held_out).model_dump(mode="json")
    tree["stages"] = [{**tree["stages"][0], **changes}]
    return Recipe.model_validate(tree)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter" / "adapter_model.safetensors")


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at(place: str, call: int, *, after: bool) -> None:
    """Have this process killed at a call of a function, ``module:owner.function``."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner = importlib.import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    real = getattr(owner, name)
    calls = 0

    def counted(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == call and not after:
            die()
        result = real(*args, **kwargs)
        if calls == call:
            die()
        return result

    setattr(owner, name, counted)


def killed_run(tree: Recipe, folder: Path, data: Path, place: str, call: int, after: bool) -> None:
    """Train until the given moment; what a process of its own is started with."""
    kill_at(place, call, after=after)
    Run(tree, folder, data).train()
