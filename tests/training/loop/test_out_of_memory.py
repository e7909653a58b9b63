"""Too little memory is told in one line, with a setting that helps; what is learnt stays."""

import json
import re

import pytest
import torch

from rmpl.errors import RmplError
from rmpl.runs import initialisation as starts
from rmpl.training.loop import trainer
from rmpl.training.loop.out_of_memory import enough_memory, smaller_passes, smaller_weights
from rmpl.training.run import Run
from training.small_runs import one_stage, weights

FULL = {
    "gpu": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has"),
    "cpu": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"
    ),
    "python": MemoryError(),
}


def test_a_smaller_pass_goes_on_where_memory_ran_out(twin, small_world, tmp_path, monkeypatch):
    real = trainer.target_losses
    sizes = []

    def losses(model, inputs, labels):
        sizes.append(len(labels))
        if len(sizes) > 3 and len(labels) > 2:
            raise FULL["gpu"]
        return real(model, inputs, labels)

    Run(one_stage(twin), tmp_path / "whole", small_world).train()
    monkeypatch.setattr(trainer, "target_losses", losses)
    with pytest.raises(
        RmplError, match=r"stages\.0\.micro_batches=2 a micro-batch has 2 samples instead of 4"
    ):
        Run(one_stage(twin), tmp_path / "run", small_world).train()
    Run(one_stage(twin, micro_batches=2), tmp_path / "run", small_world).train()
    assert sizes[4:] == [2, 2] * 2  # the two steps after the last checkpoint
    one, other = (weights(tmp_path / name / "one") for name in ("whole", "run"))
    assert all(torch.allclose(one[k], other[k], atol=1e-5) for k in one)


def test_a_model_that_does_not_fit_names_the_weights(twin, small_world, tmp_path, monkeypatch):
    def load(*_, **__):
        raise FULL["cpu"]

    monkeypatch.setattr(starts, "load_backbone", load)
    with pytest.raises(RmplError, match=r"too little memory to load the model; .*weights=bf16"):
        Run(one_stage(twin), tmp_path, small_world).train()
    assert json.loads((tmp_path / "run.json").read_text())


@pytest.mark.parametrize("kind", FULL)
def test_every_kind_of_too_little_memory_is_told(kind, tmp_path):
    with (
        pytest.raises(RmplError, match=r"too little memory to train; take less$"),
        enough_memory(tmp_path, "train", "take less"),
    ):
        raise FULL[kind]


def test_other_trouble_stays_what_it_is(tmp_path):
    with pytest.raises(RuntimeError, match="shapes"), enough_memory(tmp_path, "train", ""):
        raise RuntimeError("shapes do not match")


@pytest.mark.parametrize(
    ("processes", "stage", "said"),
    [
        (1, (16, 1, 1), r"stages\.2\.micro_batches=2 a micro-batch has 8 samples instead of 16"),
        (1, (16, 1, 4), r"micro_batches=8 a micro-batch has 2 samples instead of 4"),
        (8, (16, 1, 1), r"micro_batches=16 a micro-batch has 1 samples instead of 2"),
        (1, (7, 1, 1), r"micro_batches=7 a micro-batch has 1 samples instead of 7"),
        (2, (3, 2, 1), r"micro_batches=3 a micro-batch has 1 samples instead of 3"),
        (1, (4, 1, 4), r"checkpointing=true"),
    ],
)
def test_the_setting_that_helps(processes, stage, said, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    told = smaller_passes(2, *stage, checkpointing=False, images=True)
    assert re.search(said, told)


def test_where_every_setting_is_used_up_what_is_left_costs_something():
    assert "max_pixels" in smaller_passes(0, 4, 1, 4, checkpointing=True, images=True)
    assert "max_pixels" not in smaller_passes(0, 4, 1, 4, checkpointing=True, images=False)
    assert "weights=bf16" in smaller_weights(0, "dora", "fp32")
    assert "kind=qlora" in smaller_weights(0, "lora", "bf16")
    assert "fsdp2" in smaller_weights(0, "full", "fp32")
