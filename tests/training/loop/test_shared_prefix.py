"""A prefix computed once gives the loss and the gradients of one computed in every row."""

from __future__ import annotations

import subprocess
import sys

import PIL.Image
import pytest
import torch

from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import family_names, family_of
from rmpl.records import Image
from rmpl.runs.adapters import full_parameters, new_lora
from rmpl.tasks import Prompt
from rmpl.training.loop.losses import target_losses
from rmpl.training.loop.shared_prefix import shared_prefixes, shared_tokens
from training.loop import replicated_step

SCHEMA = "Find the event triggers. - Conflict:Attack: force is used - Contact:Meet: people meet"
TEXTS = ["Rebels attacked a convoy.", "The two met.", "Nobody came to the square on that day."]


@pytest.fixture(scope="module", params=family_names())
def backbone(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin") / request.param
    family_of(request.param, request.param).twin(folder)
    return load_backbone(str(folder))


def adapted(backbone, kind: str):
    """The model with something to train; LoRA's matrices are both random, so that all get grads."""
    if kind == "full":
        return full_parameters(backbone.model, backbone.family, ["language"])
    torch.manual_seed(0)
    model = new_lora(backbone.model, backbone.family, ["language"], rank=4)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def batch(backbone, image=None):
    samples = [
        (Prompt(f"{SCHEMA}\n{text}", image), f'[{{"type":"Conflict:Attack","trigger":"{n}"}}]')
        for n, text in enumerate(TEXTS)
    ]
    inputs = backbone.collate([backbone.encode(*one) for one in samples], pad_left=False)
    return inputs, inputs.pop("labels")


def gradients(model, inputs, labels) -> tuple[float, torch.Tensor]:
    """The loss, and all gradients in one vector."""
    model.zero_grad()
    loss = target_losses(model, inputs, labels).mean()
    loss.backward()
    grads = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    return float(loss.detach()), torch.cat(grads).clone()


def passes(model, backbone) -> list[tuple[int, int]]:
    """The shapes of what the embedding is asked for from now on."""
    seen: list[tuple[int, int]] = []
    embedding = backbone.model.get_input_embeddings()
    embedding.register_forward_hook(lambda _, given, __: seen.append(tuple(given[0].shape)))
    return seen


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("kind", ["lora", "full"])
def test_loss_and_gradients_are_those_of_the_plain_pass(backbone, kind, checkpointing, tmp_path):
    backbone.model.train()
    backbone.model.config.get_text_config().use_cache = False
    model = adapted(backbone, kind)
    if checkpointing:
        backbone.model.activation_checkpointing_enable({"use_reentrant": False})
    else:
        backbone.model.activation_checkpointing_disable()
    inputs, labels = batch(backbone)
    loss, plain = gradients(model, inputs, labels)
    seen = passes(model, backbone)
    with shared_prefixes(model, backbone):
        also, shared = gradients(model, inputs, labels)
    assert also == pytest.approx(loss, rel=1e-5)
    assert float((plain - shared).norm() / plain.norm()) < 1e-5
    rows, length = inputs["input_ids"].shape
    if backbone.family.sees_ahead:
        assert seen[0] == (rows, length)
    else:
        common = seen[0][1]
        assert seen[:2] == [(1, common), (rows, length - common)]
        assert common > length / 3
    if kind == "lora":
        backbone.model = model.unload()
    assert "forward" not in model.__dict__


def test_a_batch_without_padding_needs_no_mask(backbone):
    backbone.model.eval()
    sample = (Prompt(f"{SCHEMA}\n{TEXTS[0]}"), "[]")
    inputs = backbone.collate([backbone.encode(*sample)] * 3, pad_left=False)
    labels = inputs.pop("labels")
    del inputs["attention_mask"]
    with torch.no_grad():
        plain = target_losses(backbone.model, inputs, labels)
        with shared_prefixes(backbone.model, backbone):
            shared = target_losses(backbone.model, inputs, labels)
    assert torch.allclose(plain, shared, atol=1e-5)


def test_prompts_with_images_are_computed_as_before(backbone, tmp_path):
    if backbone.family.sees_ahead or not backbone.family.pixels:
        pytest.skip("no shared prefixes, or no image of two sizes")
    path = tmp_path / "one.png"
    PIL.Image.effect_noise((70, 50), 60).convert("RGB").save(path)
    backbone.model.eval()
    inputs, labels = batch(backbone, Image("one", str(path), 70, 50))
    with torch.no_grad():
        plain = target_losses(backbone.model, inputs, labels)
        with shared_prefixes(backbone.model, backbone):
            shared = target_losses(backbone.model, inputs, labels)
    assert torch.equal(plain, shared)


def test_a_prefix_ends_where_rows_differ_are_padded_or_are_learnt():
    tokens = torch.arange(40).repeat(4, 1)
    kept = torch.zeros_like(tokens, dtype=torch.bool)
    kept[:, 35:] = True
    given = {"input_ids": tokens, "logits_to_keep": kept}
    assert shared_tokens(given) == 35
    other = tokens.clone()
    other[2, 30] = 7
    assert shared_tokens({**given, "input_ids": other}) == 30
    mask = torch.ones_like(tokens)
    mask[1, 25:] = 0
    assert shared_tokens({**given, "attention_mask": mask}) == 25
    types = torch.zeros_like(tokens)
    types[3, 20] = 1
    assert shared_tokens({**given, "token_type_ids": types}) == 20


def test_what_saves_too_little_is_not_shared():
    tokens = torch.arange(40).repeat(4, 1)
    kept = torch.zeros_like(tokens, dtype=torch.bool)
    kept[:, 15:] = True
    assert shared_tokens({"input_ids": tokens, "logits_to_keep": kept}) == 0
    kept[:, 15:] = False
    kept[:, 35:] = True
    assert shared_tokens({"input_ids": tokens[:1], "logits_to_keep": kept[:1]}) == 0
    assert shared_tokens({"input_ids": tokens, "logits_to_keep": 1}) == 0
    images = torch.zeros(4, 3, 8, 8)
    given = {"input_ids": tokens, "logits_to_keep": kept, "pixel_values": images}
    assert shared_tokens(given) == 0


@pytest.mark.slow
def test_replicas_of_a_model_share_prefixes_too(twin, tmp_path):
    out = tmp_path / "gradients.pt"
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += [replicated_step.__file__, str(twin), str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    found = torch.load(out, weights_only=True)
    backbone = load_backbone(str(twin))
    inputs, labels = replicated_step.batch(backbone, replicated_step.TEXTS)
    target_losses(backbone.model, inputs, labels).sum().backward()
    plain = {n: p.grad for n, p in backbone.model.named_parameters() if p.grad is not None}
    assert found.keys() >= plain.keys()
    for name, gradient in plain.items():
        assert torch.allclose(found[name], gradient, rtol=1e-4, atol=1e-5)
