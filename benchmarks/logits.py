"""What logits only where a target token is to be written save, as ratios within one run.

    python benchmarks/logits.py
    python benchmarks/logits.py --vocabulary 151936

The embedded model with LoRA, batches of texts and of pictures of a synthetic corpus; a larger
vocabulary, filled up with tokens that never occur, shows what it is worth for a real backbone's
head. Both ways take turns on every batch; forward and backward are timed.
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
from training_inputs import DEVICE, world_samples

from rmpl.backbones import embedded
from rmpl.backbones.backbone import IGNORE, load_backbone
from rmpl.runs.adapters import new_lora
from rmpl.training.loop.losses import count_targets, target_losses

BATCH = 16
ROUNDS = 5


def everywhere(model: Any, inputs: dict[str, Any], labels: torch.Tensor) -> torch.Tensor:
    """Return the same losses from the logits of all positions."""
    logits = model(**inputs)["logits"][:, :-1].float()
    losses: torch.Tensor = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels[:, 1:].flatten(), reduction="none", ignore_index=IGNORE
    )
    return losses[labels[:, 1:].flatten() != IGNORE]


def seconds(
    losses: Callable[..., torch.Tensor], model: Any, inputs: dict[str, Any], labels: torch.Tensor
) -> float:
    """Return the time of one forward and backward pass."""
    begin = time.perf_counter()
    torch.autograd.backward(losses(model, inputs, labels).mean())
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    model.zero_grad()
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vocabulary", type=int, default=0, help="0: the embedded model's own")
    vocabulary = parser.parse_args().vocabulary
    backbone = load_backbone(embedded.NAME)
    if vocabulary:
        backbone.model.resize_token_embeddings(vocabulary)
    with tempfile.TemporaryDirectory() as folder:
        halves = world_samples(backbone, Path(folder), 4 * BATCH)
        batches = [
            backbone.collate(
                [backbone.encode(one.prompt, one.target) for one in half[:BATCH]], pad_left=False
            )
            for half in halves
        ]
    model = new_lora(
        backbone.model, backbone.family, ["language", "projector"], rank=16, alpha=32, dropout=0.0
    ).to(DEVICE)
    for name, batch in zip(("texts", "pictures"), batches, strict=True):
        inputs = {key: value.to(DEVICE) for key, value in batch.items()}
        labels = inputs.pop("labels")
        took: dict[Callable[..., torch.Tensor], list[float]] = {target_losses: [], everywhere: []}
        for _ in range(ROUNDS + 1):
            for way, times in took.items():
                times.append(seconds(way, model, inputs, labels))
        ratio = statistics.median(
            slow / fast
            for fast, slow in zip(took[target_losses][1:], took[everywhere][1:], strict=True)
        )
        rows = int(count_targets(labels))
        print(
            f"{name}: {rows} of {labels.numel()} positions have a target "
            f"({labels.numel() / rows:.1f} times fewer logits); a pass is {ratio:.2f} times as fast"
        )


if __name__ == "__main__":
    main()
