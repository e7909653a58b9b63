"""What is known of the recipes' checkpoints, checked against what the hub says of them."""

import json
import re

import pytest
import torch

from rmpl.backbones import checkpoints
from rmpl.backbones.backbone import Backbone, load_backbone
from rmpl.backbones.checkpoints import empty_model, model_type_of, read_config, stand_in_processor
from rmpl.backbones.families import family_of
from rmpl.backbones.known import known_checkpoints
from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.records import Image
from rmpl.runs.trained import load_any
from rmpl.tasks import Prompt

KNOWN = known_checkpoints()


def empty(name) -> Backbone:
    family = family_of(model_type_of(name), name)
    config, _ = read_config(name)
    model = empty_model(config, family, torch.bfloat16)
    return Backbone(model, stand_in_processor(name, family), family, Settings())


@pytest.mark.parametrize("name", KNOWN)
def test_a_model_of_the_known_sizes_has_as_many_parameters_as_the_hub_says(name):
    model = empty(name).model
    assert sum(parameter.numel() for parameter in model.parameters()) == KNOWN[name].parameters
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}


# Tokens of a picture of 640 x 480: the arithmetic of each family's documentation.
TOKENS = {
    # Twelve tiles of 64, four by three as the picture enlarged to 2048, and the whole picture.
    "HuggingFaceTB/SmolVLM-256M-Instruct": 13 * 64,
    "Qwen/Qwen2-VL-7B-Instruct": 23 * 17,
    "Qwen/Qwen2.5-VL-3B-Instruct": 23 * 17,
    "Qwen/Qwen2.5-VL-7B-Instruct": 23 * 17,
    "Qwen/Qwen3-VL-2B-Instruct": 20 * 15,
    "Qwen/Qwen3-VL-4B-Instruct": 20 * 15,
    "Qwen/Qwen3-VL-8B-Instruct": 20 * 15,
    "llava-hf/llava-1.5-7b-hf": 24 * 24,
    # The whole picture, and four tiles without their padding: 40 rows of 54 and a line break.
    "llava-hf/llava-onevision-qwen2-7b-ov-hf": 27 * 27 + 40 * (54 + 1),
    # Twelve tiles of 256, four by three as the picture, and the whole picture.
    "OpenGVLab/InternVL3-2B-hf": 13 * 256,
    "OpenGVLab/InternVL3-8B-hf": 13 * 256,
}


@pytest.mark.parametrize(
    "name", [n for n, known in KNOWN.items() if family_of(known.model_type, n).reads_images]
)
def test_a_picture_has_as_many_tokens_as_the_checkpoint_gives_it(name):
    backbone = empty(name)
    picture = Image("a", None, 640, 480)
    around = backbone.length(Prompt("", picture)) - TOKENS[name]
    assert 0 < around < 120


def test_a_known_checkpoint_needs_no_hub(monkeypatch):
    monkeypatch.setattr(checkpoints, "_auto_config", lambda _: pytest.fail("asked the hub"))
    assert model_type_of("Qwen/Qwen3-VL-8B-Instruct") == "qwen3_vl"


def test_a_folder_with_only_a_config_is_enough_for_sizes(twin, tmp_path):
    (tmp_path / "config.json").write_text((twin / "config.json").read_text())
    config, where = read_config(str(tmp_path))
    assert str(tmp_path) in where
    model = empty_model(config, family_of("qwen3_vl", ""), torch.float32)
    assert sum(p.numel() for p in model.parameters()) > 0


def test_a_cached_config_comes_before_what_is_known(tmp_path, monkeypatch):
    name = "Qwen/Qwen3-VL-8B-Instruct"
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "qwen3_vl"}))
    monkeypatch.setattr(checkpoints, "local_folder", lambda _: tmp_path)
    _, where = read_config(name)
    assert str(tmp_path) in where


def test_a_broken_config_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(RmplError, match=r"config\.json: not JSON"):
        model_type_of(str(tmp_path))


def test_an_unknown_checkpoint_has_no_stand_in():
    with pytest.raises(RmplError, match="not on this machine"):
        stand_in_processor("somebody/something", family_of("qwen3_vl", ""))


def test_a_hub_that_does_not_answer_is_told_at_once_with_what_to_download(monkeypatch):
    class Silent:
        asked = 0

        def head(self, *_, **__):
            Silent.asked += 1
            raise OSError("no route to host")

    monkeypatch.setattr(checkpoints.huggingface_hub, "get_session", Silent)
    monkeypatch.setattr(checkpoints.huggingface_hub, "try_to_load_from_cache", lambda *_: None)
    name = "Qwen/Qwen3-VL-2B-Instruct"
    with pytest.raises(RmplError, match=rf"no route.*hf download {name} --local-dir DIR`, 4 GB"):
        load_backbone(name)
    with pytest.raises(RmplError, match="cannot be reached"):
        model_type_of("somebody/something")
    assert Silent.asked == 2


@pytest.mark.parametrize("name", ["./twins/model", "../model", "~/models/m", "/nowhere/model"])
def test_of_a_path_the_hub_is_never_asked(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkpoints, "reach_hub", lambda _: pytest.fail("the hub is asked"))
    for load in (load_backbone, load_any):
        with pytest.raises(RmplError, match=rf"^{re.escape(name)}: no such folder; check the path"):
            load(name)
