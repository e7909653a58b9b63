"""The token that ends an answer must be one that the checkpoint was trained with."""

import logging
import shutil

import pytest
import torch
import transformers

from rmpl.backbones import end_of_turn
from rmpl.backbones.backbone import load_backbone


@pytest.fixture
def added(twins, tmp_path):
    """A checkpoint whose turns end with a token that was only added to it."""
    folder = tmp_path / "added"
    shutil.copytree(twins / "llama", folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"eos_token": "<end>"})
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    model.resize_token_embeddings(len(tokenizer))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_token_that_was_only_added_is_reported_once(added, caplog, monkeypatch):
    monkeypatch.setattr(end_of_turn, "_reported", set())
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            backbone = load_backbone(str(added))
    assert backbone.tokenizer.convert_ids_to_tokens(backbone.end_id) == "<end>"
    (told,) = [one.getMessage() for one in caplog.records if "not trained" in one.getMessage()]
    assert f"{added}: the model was not trained with the token <end>, which ends" in told


@pytest.mark.parametrize("name", ["embedded", "llama", "qwen3_vl", "gemma3_text"])
def test_tokens_of_whole_checkpoints_are_not_reported(name, twins, caplog, monkeypatch):
    monkeypatch.setattr(end_of_turn, "_reported", set())
    load_backbone(name if name == "embedded" else str(twins / name))
    assert "not trained" not in caplog.text


def test_the_same_is_read_from_the_files_of_a_checkpoint(added, twins):
    for folder, is_new in ((added, True), (twins / "llama", False), (twins / "qwen3_vl", False)):
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        end = tokenizer.eos_token_id
        assert end_of_turn.is_untrained_in_files(folder, tokenizer, end) == is_new
    assert not end_of_turn.is_untrained_in_files(added.parent, tokenizer, end)  # no weights


def test_an_embedding_of_zeros_or_the_same_as_another_s_is_untrained(twins):
    backbone = load_backbone(str(twins / "llama"))
    weight = backbone.model.get_input_embeddings().weight
    assert not end_of_turn.is_untrained(backbone.model, 2, [0, 1])
    with torch.no_grad():
        weight[2] = weight[1] * 1.0001
        assert end_of_turn.is_untrained(backbone.model, 2, [0, 1])
        weight[2] = 0
    assert end_of_turn.is_untrained(backbone.model, 2, [0, 1])
