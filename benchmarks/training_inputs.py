"""What ``benchmarks/train.py`` trains: samples of the synthetic corpus, or made ones of any length.

A model of a hub checkpoint's shape has random weights and a toy's tokenizer: neither changes how
long a step takes, and nothing is downloaded.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
import transformers

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.checkpoints import model_type_of, read_config, stand_in_processor
from rmpl.backbones.families import family_of
from rmpl.backbones.loading import attention_of
from rmpl.backbones.settings import Settings
from rmpl.corpora.registry import read_corpus
from rmpl.ontology import load_ontology
from rmpl.records import Image
from rmpl.synthetic.build import build_world
from rmpl.tasks import Prompt, Sample, make_task

SEED = 7
IS_GPU = torch.cuda.is_available()
DEVICE = "cuda" if IS_GPU else "cpu"


def world_samples(backbone: Backbone, folder: Path, count: int) -> Iterator[list[Sample]]:
    """Yield ``count`` texts and ``count`` pictures of a synthetic corpus."""
    build_world(folder / "world", seed=SEED, scale=count / 3000)
    context = backbone.context(load_ontology("m2e2"))
    for task, reader in (("text-events", "jmee"), ("image-events", "swig")):
        path = folder / "world" / ("ace" if reader == "jmee" else reader)
        documents = list(read_corpus(reader, path, split="train"))
        samples = list(make_task(task, context).samples(documents))
        yield random.Random(SEED).sample(samples, count)


def made_samples(backbone: Backbone, folder: Path, count: int, tokens: int) -> list[list[Sample]]:
    """Make ``count`` texts and ``count`` pictures, of 0.6 to 1.4 times ``tokens`` tokens each."""
    chooser = random.Random(SEED)
    some = backbone.length(Prompt("police " * 100)) - backbone.length(Prompt(""))

    def words(wanted: float) -> str:
        return "police " * max(1, round(100 * wanted / some))

    def sample(number: int, image: Image | None) -> Sample:
        answer = words(chooser.uniform(40, 120))
        wanted = tokens * chooser.uniform(0.6, 1.4)
        rest = wanted - backbone.length(Prompt("", image), answer)
        return Sample("made", str(number), Prompt(words(rest), image), answer)

    def picture(number: int) -> Image:
        width, height = 640, chooser.randrange(448, 737)
        path = folder / f"{number}.png"
        noise = np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)
        PIL.Image.fromarray(noise).save(path, compress_level=1)
        return Image(str(number), str(path), width, height)

    return [[sample(n, None) for n in range(count)], [sample(n, picture(n)) for n in range(count)]]


def random_backbone(name: str) -> Backbone:
    """Return a model of a hub checkpoint's shape with random weights and a toy's tokenizer."""
    family = family_of(model_type_of(name), name)
    config, _ = read_config(name)
    processor = stand_in_processor(name, family)
    with tempfile.TemporaryDirectory() as folder:
        family.twin(Path(folder))
        toy = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    for key, value in toy.items():
        if key.endswith(("token_id", "token_index")):
            setattr(config, key, value)
    dtype = torch.bfloat16 if IS_GPU else torch.float32
    kernels = attention_of(family, "bf16" if IS_GPU else "fp32", "auto", is_tiny=False)
    model_class: Any = getattr(transformers, family.model_class)
    with torch.device(DEVICE):
        model = model_class._from_config(config, dtype=dtype, attn_implementation=kernels)
    settings = Settings() if family.pixels is None else Settings(max_pixels=640 * 768)
    return Backbone(model, processor, family, settings)
