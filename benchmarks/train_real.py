"""How fast a real small language model trains on full prompts, beside a bare loop.

    rmpl models get smollm2-135m
    OMP_WAIT_POLICY=passive python benchmarks/train_real.py

SmolLM2-135M (or another ``--model``), LoRA rank 32, `text-emi` over sentences of the synthetic
corpus with the instruction and the schema in every prompt. All loops train on the same batches, in
turns; the table has medians of samples per second and their ratio to the bare loop's in the same
round. Nothing else may run: a busy neighbour changes ratios, too.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from training_inputs import DEVICE, SEED

from rmpl.backbones.backbone import Backbone, load_backbone
from rmpl.backbones.precision import bf16_works
from rmpl.corpora.registry import read_corpus
from rmpl.ontology import load_ontology
from rmpl.recipe.recipe import OptimizerRecipe
from rmpl.runs.adapters import new_lora
from rmpl.synthetic.build import build_world
from rmpl.tasks import Sample, make_task
from rmpl.training.data.samples import collator
from rmpl.training.loop.losses import target_losses
from rmpl.training.loop.optimizer import make_optimizer
from rmpl.training.loop.shared_prefix import shared_prefixes

Batch = dict[str, Any]
SORTED_TOGETHER = 20
"""The number of batches whose samples are sorted by length, as ``by_length`` does."""


def real_samples(backbone: Backbone, task: str, count: int) -> list[Sample]:
    """Return samples of a task over the synthetic corpus, with full prompts."""
    with tempfile.TemporaryDirectory() as folder:
        build_world(Path(folder) / "world", seed=SEED, scale=0.3)
        documents = list(read_corpus("jmee", Path(folder) / "world" / "ace", split="train"))
    context = backbone.context(load_ontology("m2e2"))
    return list(make_task(task, context).samples(documents))[:count]


def batches_of(backbone: Backbone, samples: list[Sample], size: int) -> list[Batch]:
    """Encode samples and put those of similar length into one batch."""
    encoded = [(0, backbone.encode(one.prompt, one.target)) for one in samples]
    stretch = size * SORTED_TOGETHER
    ordered = [
        one
        for at in range(0, len(encoded), stretch)
        for one in sorted(encoded[at : at + stretch], key=lambda pair: len(pair[1].input_ids))
    ]
    collate = collator(backbone)
    return [collate(ordered[at : at + size]) for at in range(0, len(ordered), size)]


def bare_loss(model: Any, batch: Batch) -> torch.Tensor:
    """Return the loss as every tutorial does."""
    inputs = {name: value for name, value in batch.items() if name not in {"source", "anchor"}}
    loss: torch.Tensor = model(**inputs, use_cache=False).loss
    return loss


def our_loss(model: Any, batch: Batch) -> torch.Tensor:
    """Return the loss as a stage does."""
    inputs = {name: value for name, value in batch.items() if name not in {"source", "anchor"}}
    return target_losses(model, inputs, inputs.pop("labels")).mean()


def seconds(
    backbone: Backbone, batches: list[Batch], loss_of: Callable[..., torch.Tensor]
) -> float:
    """Train on every batch once; return the seconds that it took."""
    model = backbone.model.train()
    recipe = OptimizerRecipe(name="adamw", learning_rate=1e-4)
    optimizer = make_optimizer(recipe, model.named_parameters())
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    begin = time.perf_counter()
    for batch in batches:
        inputs = {n: v.to(DEVICE) if hasattr(v, "to") else v for n, v in batch.items()}
        with torch.autocast(DEVICE, torch.bfloat16, enabled=bf16_works()):
            loss: Any = loss_of(model, inputs)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return time.perf_counter() - begin


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--task", default="text-emi")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=4, help="steps of a loop in a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    backbone = load_backbone(options.model)
    samples = real_samples(backbone, options.task, options.batch * options.steps * options.rounds)
    backbone.model = new_lora(
        backbone.model.to(DEVICE), backbone.family, ["language"], rank=32, alpha=64, dropout=0.0
    )
    backbone.model.config.get_text_config().use_cache = False
    batches = batches_of(backbone, samples, options.batch)

    def shared(batches: list[Batch]) -> float:
        with shared_prefixes(backbone.model, backbone):
            return seconds(backbone, batches, our_loss)

    loops: dict[str, Callable[[list[Batch]], float]] = {
        "bare loop": lambda given: seconds(backbone, given, bare_loss),
        "logits of targets only": lambda given: seconds(backbone, given, our_loss),
        "shared prefix (rmpl train)": shared,
    }
    taken: dict[str, list[float]] = {name: [] for name in loops}
    for loop in loops.values():
        loop(batches[:1])
    for number in range(options.rounds):
        given = batches[number :: options.rounds]
        for name, loop in loops.items():
            taken[name].append(loop(given) / (len(given) * options.batch))
    lengths = [backbone.length(one.prompt, one.target) for one in samples]
    table = Table(
        "loop", "samples/s", "ratio", title=f"{options.task}, {statistics.mean(lengths):.0f} tokens"
    )
    for name, spent in taken.items():
        ratios = [first / own for first, own in zip(taken["bare loop"], spent, strict=True)]
        row = (name, f"{1 / statistics.median(spent):.2f}", f"{statistics.median(ratios):.2f}")
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
