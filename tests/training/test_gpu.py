"""Training and answering on a GPU, where there is one: the same work as on a CPU, in bf16."""

import math

import pytest
import torch
from safetensors.torch import load_file

from rmpl.backbones.backbone import load_backbone, load_to_answer
from rmpl.extraction.engines.local.engine import LocalEngine
from rmpl.tasks import Prompt
from rmpl.training.run import Run
from training.small_runs import one_stage

pytestmark = [pytest.mark.gpu, pytest.mark.slow]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_stage_is_trained_on_the_gpu(precision, twin, small_world, tmp_path):
    recipe = one_stage(twin, steps=4).model_copy(update={"precision": precision})
    torch.cuda.reset_peak_memory_stats()
    Run(recipe, tmp_path, small_world).train()
    assert torch.cuda.max_memory_allocated() > 0
    (found,) = (tmp_path / "one").rglob("adapter_model.safetensors")
    trained = load_file(found)
    assert all(bool(tensor.isfinite().all()) for tensor in trained.values())
    # What LoRA adds is zero before the first step.
    assert any(bool(t.any()) for name, t in trained.items() if "lora_B" in name)


def test_a_gpu_answers_as_the_cpu_does(twin):
    prompts = [Prompt("text-emi: Police fired."), Prompt("text-emi: Ana met Luis in Lima.")]
    on_cpu = LocalEngine(load_backbone(str(twin))).answer(prompts, max_tokens=5)
    backbone = load_backbone(str(twin), weights="fp32")
    backbone.model = backbone.model.to("cuda")
    on_gpu = LocalEngine(backbone).answer(prompts, max_tokens=5)
    assert [reply.text for reply in on_gpu] == [reply.text for reply in on_cpu]
    for one, other in zip(on_cpu, on_gpu, strict=True):
        assert one.confidence is not None
        assert other.confidence == pytest.approx(one.confidence, rel=1e-3)


def test_a_model_that_answers_is_on_the_gpu_in_bf16(twin):
    backbone = load_to_answer(str(twin))
    weights = next(backbone.model.parameters())
    assert (weights.device.type, weights.dtype) == ("cuda", torch.bfloat16)
    (reply,) = LocalEngine(backbone).answer([Prompt("text-emi: Police fired.")], max_tokens=5)
    assert all(math.isfinite(log) for log in reply.logs)
