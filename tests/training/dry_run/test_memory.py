"""Estimates of memory, held against models that really run."""

import PIL.Image
import pytest
import torch

from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.checkpoints import empty_model, read_config
from rmpl.backbones.families import family_names, family_of
from rmpl.records import Image
from rmpl.runs.adapters import full_parameters, new_lora
from rmpl.tasks import Prompt
from rmpl.training.dry_run.memory import (
    language_activations,
    logit_bytes,
    sharded,
    state_memory,
    vision_activations,
)

PARTS = ["language", "projector", "vision"]


@pytest.fixture(scope="module", params=family_names())
def backbone(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin")
    family_of(request.param, "").twin(folder)
    backbone = load_backbone(str(folder))
    parts = list(backbone.family.parts)
    backbone.model = new_lora(backbone.model, backbone.family, parts, rank=2, alpha=4, dropout=0.0)
    return backbone


def really_kept(model, call):
    """What autograd keeps of a pass that is really computed, weights left out."""
    weights = {p.untyped_storage()._cdata for p in (*model.parameters(), *model.buffers())}
    kept, alive = {}, []

    def pack(tensor):
        if tensor.untyped_storage()._cdata not in weights:
            kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage().nbytes()
            alive.append(tensor)
        return tensor

    model.train()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        call()
    return sum(kept.values())


def test_the_count_without_contents_is_that_of_a_real_pass(backbone):
    model = backbone.model
    language = model.get_base_model().get_decoder()
    width = model.get_base_model().config.get_text_config().hidden_size
    # Where parts before the words are trained, their gradient passes through.
    embedded = torch.randn(2, 24, width, requires_grad=backbone.family.reads_images)
    mask = torch.ones(24, 24, dtype=torch.bool).tril()[None, None].expand(2, 1, 24, 24)
    # Eager attention adds its mask, fused kernels take true and false.
    mask = torch.zeros(2, 1, 24, 24).masked_fill(~mask, torch.finfo(torch.float32).min)
    really = really_kept(
        model,
        lambda: language(inputs_embeds=embedded, attention_mask=mask, use_cache=False),
    )
    counted = language_activations(model, batch=2, tokens=24, autocast=False)
    assert counted.whole + counted.copies == pytest.approx(really, rel=0.02)


def test_checkpointing_keeps_less(backbone):
    kept = language_activations(backbone.model, batch=2, tokens=64, autocast=False)
    assert 0 < kept.checkpointed < kept.whole


def test_what_is_kept_grows_with_the_tokens():
    family = family_of("qwen3_vl", "")
    config, _ = read_config("Qwen/Qwen3-VL-2B-Instruct")
    model = empty_model(config, family, torch.float32)
    model = new_lora(model, family, ["language"], rank=8, alpha=8, dropout=0.0)
    kept = [
        language_activations(model, batch=batch, tokens=tokens, autocast=True).whole
        for batch, tokens in ((1, 200), (1, 400), (3, 200))
    ]
    assert kept[2] - kept[1] == pytest.approx(kept[1] - kept[0], rel=0.02)
    assert kept[1] > kept[0]


def test_a_picture_costs_what_it_costs_and_nothing_where_all_before_the_words_is_frozen(
    backbone, tmp_path
):
    if not backbone.family.reads_images:
        pytest.skip("reads no images")
    path = tmp_path / "picture.png"
    PIL.Image.new("RGB", (90, 60), "navy").save(path)
    vision = backbone.encode(Prompt("What?", Image("a", str(path), 90, 60))).vision
    base = backbone.model.get_base_model()
    really = really_kept(
        backbone.model, lambda: base.get_image_features(**vision, return_dict=True)
    )
    counted = vision_activations(backbone.model, vision, autocast=False)
    assert counted.whole + counted.copies == pytest.approx(really, rel=0.02)
    frozen = load_backbone(base.config.name_or_path)
    model = full_parameters(frozen.model, frozen.family, ["language"])
    assert vision_activations(model, vision, autocast=False) == (0, 0, 0)


def test_states_and_their_spreading(twin):
    backbone = load_backbone(str(twin))
    model = full_parameters(backbone.model, backbone.family, PARTS)
    weights = sum(p.numel() for p in model.parameters()) * 4
    memory = state_memory(model, "adamw")
    assert (memory.gradients, memory.optimizer) == (weights, 2 * weights)
    assert weights <= memory.weights < 1.01 * weights
    assert memory.optimizer > state_memory(model, "muon").optimizer > weights
    one, ddp, two, three = (
        sharded(memory, model, how, 4) for how in ("none", "ddp", "zero2", "zero3")
    )
    assert one == memory
    assert ddp.total == memory.total + memory.gradients
    assert (two.weights, two.optimizer) == (memory.weights, memory.optimizer // 4)
    assert three.weights == memory.weights // 4
    assert 0 < three.gathered < memory.weights


def test_lora_trains_little(twin):
    backbone = load_backbone(str(twin))
    model = new_lora(backbone.model, backbone.family, ["language"], rank=2, alpha=4, dropout=0.0)
    memory = state_memory(model, "adamw")
    assert 0 < memory.optimizer == 2 * memory.gradients < memory.weights / 5


def test_the_head_of_a_large_vocabulary_counts():
    assert logit_bytes(1000, 152_064, autocast=True) > 2 * 2**30
