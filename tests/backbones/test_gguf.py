"""A GGUF file becomes a model's folder that loads like any checkpoint's."""

import json

import pytest
import torch

from backbones.tiny_gguf import write_gguf
from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.gguf import convert
from rmpl.errors import RmplError
from rmpl.tasks import Prompt

pytest.importorskip("gguf", reason="needs rmpl[gguf]")


def converted(file, folder, **more):
    folder.mkdir()
    steps = []
    options = {"model_type": "llama", "pre_tokenizer": "smollm", "end_of_turn": "<|im_end|>"}
    convert(file, folder, progress=lambda *step: steps.append(step), **(options | more))
    return steps


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("gguf")
    write_gguf(made / "tiny.gguf")
    steps = converted(made / "tiny.gguf", made / "model")
    assert [done for _, done, _ in steps] == [0, 1, 2, 3, 4]
    return made / "model"


def test_it_is_a_checkpoint_in_bf16_without_traces_of_the_quantisation(folder):
    from safetensors.torch import load_file

    weights = load_file(folder / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.bfloat16}
    assert "lm_head.weight" not in weights  # tied to the embeddings
    config = json.loads((folder / "config.json").read_text())
    assert config["model_type"] == "llama"
    assert not {"quantization_config", "_model_name_or_path"} & config.keys()


def test_it_answers_and_its_turn_ends_with_the_trained_token(folder):
    backbone = load_backbone(str(folder))
    assert backbone.end_id == 2
    encoded = backbone.encode(Prompt("Who fled?"), "[]")
    asked = backbone.tokenizer.decode(encoded.input_ids)
    assert asked == "<|im_start|>user\nWho fled?<|im_end|>\n<|im_start|>assistant\n[]<|im_end|>"
    inputs = backbone.collate([encoded], pad_left=False)
    assert torch.isfinite(backbone.model(**inputs).loss)


def test_digits_are_split_before_blanks_are_merged(folder):
    tokenizer = load_backbone(str(folder)).tokenizer
    # As SmolLM's own tokenizer has it; GPT-2's split would leave the second blank to the digit.
    assert tokenizer.tokenize("a  12") == ["a", "ĠĠ", "1", "2"]


def test_another_architecture_is_one_line(tmp_path):
    write_gguf(tmp_path / "other.gguf", architecture="qwen2")
    with pytest.raises(RmplError, match=r"other\.gguf: a model of the architecture qwen2, not lla"):
        converted(tmp_path / "other.gguf", tmp_path / "model")
    write_gguf(tmp_path / "strange.gguf", architecture="plamo")
    with pytest.raises(
        RmplError, match=r"strange\.gguf: not a GGUF file that can be read \(.*plam"
    ):
        converted(tmp_path / "strange.gguf", tmp_path / "again")


def test_a_file_that_is_no_gguf_is_one_line(tmp_path):
    (tmp_path / "a.gguf").write_bytes(b"GGUF but not really" * 9)
    with pytest.raises(RmplError, match=r"a\.gguf: not a GGUF file that can be read"):
        converted(tmp_path / "a.gguf", tmp_path / "model")


def test_a_tokenizer_without_a_template_or_with_another_end_is_refused(tmp_path):
    write_gguf(tmp_path / "bare.gguf", template=None)
    with pytest.raises(RmplError, match="its tokenizer has no chat template; get it again"):
        converted(tmp_path / "bare.gguf", tmp_path / "model")
    write_gguf(tmp_path / "tiny.gguf")
    with pytest.raises(RmplError, match="another end of a turn than <end>"):
        converted(tmp_path / "tiny.gguf", tmp_path / "again", end_of_turn="<end>")
