"""A run to damage: of a model so small that it is read in milliseconds, with every kind of file."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from rmpl.backbones import embedded
from rmpl.backbones.backbone import Backbone
from rmpl.backbones.families.qwen3_vl import FAMILY
from rmpl.backbones.settings import Settings
from rmpl.calibration.measure import save
from rmpl.extraction.calibration import Calibration, Scale
from rmpl.io.files import write_file
from rmpl.recipe.recipe import Recipe
from rmpl.synthetic.build import build_world
from rmpl.training.run import Run

_SCHEMA = """\
name: own
events:
  Life:Die:
    description: Somebody dies.
    text: [Victim, Agent, Place]
    image: [Victim]
"""
_MODEL, _WORLD, _RUN = "model", "world", "run"


def train(folder: Path) -> Path:
    """Train for two steps, once all weights and once an adapter, and return the run's folder."""
    _save_model(folder / _MODEL)
    write_file(folder / "own.yaml", _SCHEMA)
    stage = {"steps": 1, "batch": 2}
    recipe = {
        "name": "small",
        "precision": "fp32",
        "ontology": str(folder / "own.yaml"),
        "backbone": {"model": str(folder / _MODEL), "style": "brief", "pad": " ", "box_step": 20},
        "corpora": {"ace": {"reader": "jmee", "path": "ace"}},
        "stages": [
            {
                "name": "one",
                "mixture": [{"task": "text-events", "corpora": ["ace"]}],
                "adapter": {"kind": "full", "parts": ["language"]},
                **stage,
            },
            {
                "name": "two",
                "start": "one",
                "mixture": [{"task": "text-emi", "corpora": ["ace"]}],
                "adapter": {"rank": 2, "alpha": 4, "parts": ["language"]},
                **stage,
            },
        ],
    }
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
        build_world(folder / _WORLD, seed=5, scale=0.02)
        Run(Recipe.model_validate(recipe), folder / _RUN, folder / _WORLD).train()
    calibration = Calibration({"text-emi": Scale(0.8, -0.2)}, 0.6, "the corpus of the run")
    save(calibration, folder / _RUN)
    return folder / _RUN


def _save_model(folder: Path) -> None:
    tokenizer = embedded.train_tokenizer(["Police fired on 3 men in Lima on Monday."], 320)
    processor = embedded.build_processor(tokenizer, min_pixels=1024, max_pixels=4096)
    model = embedded.build_model(tokenizer, seed=1, hidden=16, layers=1, vision=(16, 1))
    Backbone(model, processor, FAMILY, Settings("brief", " ", 20, 1024, 4096)).save(folder)
