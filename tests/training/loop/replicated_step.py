"""What each of two processes does with its half of a batch under DDP; started by torchrun."""

from __future__ import annotations

import os
import sys

import torch
from torch.nn.parallel import DistributedDataParallel

from rmpl.backbones.backbone import load_backbone
from rmpl.tasks import Prompt
from rmpl.training.loop.losses import target_losses
from rmpl.training.loop.shared_prefix import shared_prefixes

BEGINNING = "Find the event triggers. - Conflict:Attack: force is used - Contact:Meet: people meet"
TEXTS = ["Police fired.", "Three men met.", "Nobody came to the square.", "Rebels attacked it."]


def batch(backbone, texts):
    pairs = [(Prompt(f"{BEGINNING}\n{text}"), f'[{{"type":"{text[:4]}"}}]') for text in texts]
    inputs = backbone.collate([backbone.encode(*pair) for pair in pairs], pad_left=False)
    return inputs, inputs.pop("labels")


def main(twin: str, out: str) -> None:
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    backbone = load_backbone(twin)
    model = backbone.model
    with shared_prefixes(model, backbone):
        wrapped = DistributedDataParallel(model, find_unused_parameters=True)
        inputs, labels = batch(backbone, TEXTS[2 * rank : 2 * rank + 2])
        target_losses(wrapped, inputs, labels).sum().backward()
    if rank == 0:
        grads = {n: 2 * p.grad for n, p in model.named_parameters() if p.grad is not None}
        torch.save(grads, out)
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    # Threads of gloo may outlive Python's own end, and then abort the process.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
