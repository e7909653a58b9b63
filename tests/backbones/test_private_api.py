"""Private interfaces of libraries: a version that drops or changes one fails here by its name."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from llguidance import LLExecutor, LLMatcher
from llguidance.hf import from_tokenizer

import rmpl
from rmpl.backbones import private_api
from rmpl.backbones.backbone import load_backbone
from rmpl.tasks import Prompt


@pytest.fixture(scope="module")
def backbone(twin):
    return load_backbone(str(twin))


def test_positions_count_a_prompts_tokens_and_skip_its_padding(backbone):
    prompts = [backbone.encode(Prompt(text)) for text in ("Police", "Police fired on 3 men.")]
    inputs = backbone.collate(prompts, pad_left=True)
    tokens = inputs.pop("input_ids")
    positions = private_api.prompt_positions(backbone.model, tokens, inputs)
    lengths = inputs["attention_mask"].sum(dim=1)
    assert positions.shape[-2:] == tokens.shape
    assert (positions[..., -1] == lengths - 1).all()


def test_image_tokens_are_counted_from_sizes(backbone):
    sizes = [(64, 64), (20, 300), (16, 16)]
    image_token = backbone.tokenizer.convert_tokens_to_ids(backbone.processor.image_token)
    counts = []
    for height, width in sizes:
        image = PIL.Image.new("RGB", (width, height))
        ids = backbone.encode(Prompt("What?"), image=image).input_ids
        counts.append(ids.count(image_token))
    assert private_api.image_token_counts(backbone.processor, sizes) == counts
    assert len(set(counts)) > 1


def test_a_model_is_made_of_a_configuration_in_a_precision(backbone):
    kind, config = type(backbone.model), backbone.model.config
    with torch.device("meta"):
        model = private_api.model_from_config(kind, config, torch.bfloat16)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_attention_kernels_are_chosen_by_name(backbone):
    before = private_api.attention_kernels(backbone.model.config)
    assert isinstance(before, str)
    try:
        private_api.set_attention_kernels(backbone.model.config, "sdpa")
        # A configuration's parts follow it: models ask theirs.
        assert private_api.attention_kernels(backbone.model.config.text_config) == "sdpa"
        assert private_api.attention_kernels(backbone.model.model.config) == "sdpa"
    finally:
        private_api.set_attention_kernels(backbone.model.config, before)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="a torch without oneDNN")
def test_prepacked_weights_give_the_same_products():
    assert private_api.has_onednn()
    layer, states = torch.nn.Linear(48, 80), torch.randn(2, 7, 48)
    with torch.inference_mode():
        packed = private_api.prepack_weight(layer.weight.detach(), 14)
        for bias in (layer.bias, None):
            product = private_api.prepacked_linear(states, packed, bias)
            expected = torch.nn.functional.linear(states, layer.weight, bias)
            assert torch.allclose(product, expected, atol=1e-5)


def test_whether_the_cpu_multiplies_bf16_is_known():
    assert private_api.cpu_multiplies_bf16() in {True, False}


def test_fake_tensors_have_shapes_and_take_no_memory():
    with private_api.fake_tensors():
        huge = torch.empty(2**20, 2**20)
        assert (huge @ huge.T).shape == (2**20, 2**20)


def test_tensors_share_a_storage_number_exactly_if_they_share_memory():
    with private_api.fake_tensors():
        one = torch.empty(4, 4)
        view, other = one[1:].T, torch.empty(4, 4)
    number = private_api.storage_number
    assert number(one) == number(view) != number(other)


def test_masks_allow_exactly_the_tokens_of_a_grammar(backbone):
    width = len(backbone.tokenizer)
    tokens = from_tokenizer(backbone.tokenizer, n_vocab=width, slices=[])
    matchers = [LLMatcher(tokens, LLMatcher.grammar_from_lark(f"start: {one}")) for one in ANSWERS]
    masks = private_api.token_masks(LLExecutor(num_threads=1), matchers, (width + 31) // 32)
    bits = np.unpackbits(masks.view(np.uint8), axis=1, count=width, bitorder="little")
    for row, answer in zip(bits, ANSWERS, strict=True):
        texts = {backbone.tokenizer.decode([int(token)]) for token in np.flatnonzero(row)}
        assert texts
        assert all(answer.strip('"').startswith(text) for text in texts)


ANSWERS = ('"yes"', '"no"')

HOMES = {
    "backbones/private_api.py",
    "training/loop/private_api.py",
    "predictions/workbooks.py",  # of openpyxl: files that it leaves open where a disk is full
}
# A name with one underscore of something else than the object itself; named tuples' are public,
# and `rmpl._moved` is our own.
PRIVATE = re.compile(r"(?<!\bself)(?<!\bcls)(?<!from rmpl)\._(?!_|replace\b|asdict\b)\w+")


def test_no_other_module_touches_a_private_interface():
    package = Path(rmpl.__file__).parent
    assert all(PRIVATE.search((package / home).read_text(encoding="utf-8")) for home in HOMES)
    found = [
        f"{path.relative_to(package)}:{number}: {line.strip()}"
        for path in sorted(package.rglob("*.py"))
        if str(path.relative_to(package)) not in HOMES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if PRIVATE.search(line)
    ]
    assert found == []
