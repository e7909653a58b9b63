import json
import shutil
from pathlib import Path

import PIL.Image
import pytest
import torch

from rmpl.backbones import backbone as backbone_module
from rmpl.backbones.backbone import IGNORE, load_backbone, load_to_answer
from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.io.images import open_image
from rmpl.records import Image
from rmpl.tasks import Prompt

TARGET = '[{"type":"Conflict:Attack","trigger":" fired"}]'


@pytest.fixture(scope="module")
def backbone(twin):
    return load_backbone(str(twin))


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> Image:
    path = tmp_path_factory.mktemp("picture") / "red.jpg"
    PIL.Image.new("RGB", (90, 60), "red").save(path)
    return Image("red", str(path), 90, 60)


def test_labels_cover_exactly_the_target_and_the_end_of_the_turn(backbone, picture):
    for prompt in (Prompt("text-emi: Police fired."), Prompt("image-emi:", picture)):
        batch = backbone.collate([backbone.encode(prompt, TARGET)], pad_left=False)
        labels = batch["labels"][0]
        learnt = labels[labels != IGNORE]
        assert backbone.tokenizer.decode(learnt[:-1]) == TARGET
        assert learnt[-1] == backbone.tokenizer.eos_token_id
        assert torch.equal(labels[-len(learnt) :], batch["input_ids"][0][-len(learnt) :])


def test_training_and_generation_see_the_same_prompt(backbone, picture):
    prompt = Prompt("image-emi:", picture)
    asked, taught = backbone.encode(prompt), backbone.encode(prompt, TARGET)
    assert taught.input_ids[: taught.prompt_length] == asked.input_ids
    assert taught.vision.keys() == asked.vision.keys() == {"pixel_values", "image_grid_thw"}


def test_an_opened_image_stands_for_a_file(backbone, picture):
    opened = open_image(Path(picture.path))
    named = backbone.encode(Prompt("image-emi:", picture), "[]")
    for prompt in (Prompt("image-emi:"), Prompt("image-emi:", Image("gone", "gone.jpg"))):
        given = backbone.encode(prompt, "[]", image=opened)
        assert given.input_ids == named.input_ids
        assert torch.equal(given.vision["pixel_values"], named.vision["pixel_values"])


def test_text_only_and_image_samples_share_a_batch_and_learn(backbone, picture):
    samples = [
        backbone.encode(Prompt("text-emi: Police fired on 3 men."), TARGET),
        backbone.encode(Prompt("image-emi:", picture), "[]"),
    ]
    inputs = backbone.collate(samples, pad_left=False)
    loss = backbone.model(**inputs).loss
    loss.backward()
    assert torch.isfinite(loss)
    assert backbone.model.model.visual.patch_embed.proj.weight.grad.abs().sum() > 0


def test_padding_does_not_change_what_is_computed(backbone):
    short, long = (backbone.encode(Prompt(text)) for text in ("Police", "Police fired on 3 men."))
    alone = backbone.model(**backbone.collate([short], pad_left=True)).logits[0, -1]
    beside = backbone.model(**backbone.collate([short, long], pad_left=True)).logits[0, -1]
    assert torch.allclose(alone, beside, atol=1e-5)


def test_a_saved_model_computes_the_same_again(backbone, picture, tmp_path):
    backbone.save(tmp_path / "again")
    again = load_backbone(str(tmp_path / "again"))
    assert again.settings == backbone.settings
    inputs = backbone.collate([backbone.encode(Prompt("image-emi:", picture))], pad_left=True)
    assert torch.equal(backbone.model(**inputs).logits, again.model(**inputs).logits)
    assert not list((tmp_path / "again").glob("*.bin"))


def test_the_tokenizer_gives_every_text_back(backbone):
    for text in (TARGET, "“No” — Ana’s ▶ 12 men\u00a0left, é ğ\n", '[{"role":"A","span":" \\"x"}]'):
        ids = backbone.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert backbone.tokenizer.decode(ids) == text


@pytest.mark.parametrize("config", [None, {"model_type": "bert"}, {}])
def test_what_is_no_known_model_is_refused(tmp_path, config):
    if config is not None:
        (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(RmplError, match=r"config\.json|no backbone family named"):
        load_backbone(str(tmp_path), Settings())


@pytest.mark.parametrize("spoil", ["cut off", "pickled"])
def test_weights_that_are_not_whole_or_pickled_are_refused(spoil, twin, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(twin, folder)
    weights = folder / "model.safetensors"
    if spoil == "cut off":
        weights.write_bytes(weights.read_bytes()[:-1000])
    else:
        weights.unlink()
        torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(RmplError, match=r"cannot load the weights.*complete safetensors"):
        load_backbone(str(folder))


@pytest.mark.parametrize(
    "changes",
    [
        {"quantization_config": {"quant_method": "gptq", "bits": 4}},
        {"text_config": {"intermediate_size": 1_000_000}},
    ],
)
def test_a_configuration_that_does_not_fit_is_one_line(changes, twin, tmp_path):
    shutil.copytree(twin, tmp_path / "odd")
    path = tmp_path / "odd" / "config.json"
    tree = json.loads(path.read_text())
    for key, value in changes.items():
        tree[key] = {**tree.get(key, {}), **value}
    path.write_text(json.dumps(tree))
    with pytest.raises(RmplError, match="cannot load the weights") as refused:
        load_backbone(str(tmp_path / "odd"))
    assert "\n" not in str(refused.value)


def test_a_model_that_is_to_answer_is_loaded_onto_the_gpu_where_there_is_one(twin, monkeypatch):
    assert load_to_answer(str(twin)).model.dtype == torch.float32
    moved = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(
        backbone_module.transformers.PreTrainedModel,
        "to",
        lambda model, where: moved.append((str(where), model.dtype)) or model,
    )
    load_to_answer(str(twin))
    assert moved == [("cuda", torch.bfloat16)]
