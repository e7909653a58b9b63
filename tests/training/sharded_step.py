"""What each of two processes does that share one model: one has texts only, the other pictures.

Started by torchrun. Without the blank picture the processes wait for each other for ever.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard

from rmpl.backbones.backbone import load_backbone
from rmpl.records import Image
from rmpl.tasks import Prompt
from rmpl.training.data.samples import collator
from rmpl.training.loop.losses import target_losses

ANSWER = '[{"type":"Conflict:Attack"}]'
Prompts = list[list[Prompt]]


def prompts(picture: Path) -> Prompts:
    shown = Prompt("Which events?", Image("one", str(picture), 70, 50))
    return [[Prompt("Police fired."), Prompt("Three men met.")], [shown, shown]]


def loss_of(backbone, model, mine: list[Prompt], *, anchored: bool) -> torch.Tensor:
    encoded = [(0, backbone.encode(prompt, ANSWER)) for prompt in mine]
    batch = collator(backbone, anchored=anchored)(encoded)
    anchor = batch.pop("anchor")
    del batch["source"]
    losses = target_losses(model, batch, batch.pop("labels"))
    counted = losses[: len(losses) - anchor]
    return counted.sum() + 0.0 * losses[len(losses) - anchor :].sum()


def main(twin: str, picture: str, out: str) -> None:
    mesh = init_device_mesh("cpu", (2,))
    rank = mesh.get_rank()
    backbone = load_backbone(twin)
    model = backbone.model
    # Blocks of the tower and layers of the language model, and the rest, as a launcher would.
    for name, module in model.named_modules():
        if name.endswith((".0", ".1")) and ("layers" in name or "blocks" in name):
            fully_shard(module, mesh=mesh)
    fully_shard(model, mesh=mesh)
    assert isinstance(model, FSDPModule)
    loss = loss_of(backbone, model, prompts(Path(picture))[rank], anchored=True)
    loss.backward()
    grads = {
        name: parameter.grad.full_tensor()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }
    if rank == 0:
        torch.save(grads, out)
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    # Threads of gloo may outlive Python's own end, and then abort the process.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
