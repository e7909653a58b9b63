import pytest
import yaml

from rmpl.backbones.backbone import load_backbone
from rmpl.embedded.pretraining import pretrain
from rmpl.errors import RmplError
from rmpl.runs.curve import read_curve

RECIPE = {
    "name": "small",
    "seed": 1,
    "world_seed": 2,
    "world_scale": 0.01,
    "renamings": 2,
    "gallery": 4,
    "close_ups": 4,
    "vocabulary": 400,
    "hidden": 48,
    "layers": 1,
    "vision": [32, 1],
    "min_pixels": 1024,
    "max_pixels": 4096,
    "pad": " ",
    "box_step": 20,
    "batch": 2,
    "learning_rate": 0.001,
    "weight_decay": 0.0,
    "warmup": 1,
    "save_every": 1,
    "seeing": {"steps": 2, "batch": 2, "decay": 0.5},
    "phases": [
        {
            "name": "text",
            "steps": 2,
            "decay": 0.0,
            "parts": ["language"],
            "weights": {"phrases@text": 1},
        },
        {
            "name": "all",
            "steps": 2,
            "decay": 0.5,
            "parts": ["language", "projector", "vision"],
            "weights": {"describe@gallery": 1, "match@situations": 1},
        },
    ],
}


def test_a_base_is_made_in_phases_and_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(RECIPE))
    said = []
    pretrain(path, out=tmp_path / "out", work=tmp_path / "work", report=lambda *w: said.append(w))
    base = load_backbone(str(tmp_path / "out"))
    assert base.settings.box_step == 20
    assert (tmp_path / "out" / "model.safetensors").stat().st_size < 1_000_000
    assert len(read_curve(tmp_path / "work" / "all" / "curve.jsonl")) == 2
    said.clear()
    pretrain(path, out=tmp_path / "out", work=tmp_path / "work", report=lambda *w: said.append(w))
    assert not [step for step, *_ in said if step.startswith("base")]


def test_a_malformed_recipe_is_refused(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({**RECIPE, "stepz": 1}))
    with pytest.raises(RmplError, match="stepz"):
        pretrain(path, out=tmp_path / "o", work=tmp_path / "w", report=lambda *_: None)
    elsewhere = [{**RECIPE["phases"][0], "name": "../x"}]
    path.write_text(yaml.safe_dump({**RECIPE, "phases": elsewhere}))
    with pytest.raises(RmplError, match="phases"):
        pretrain(path, out=tmp_path / "o", work=tmp_path / "w", report=lambda *_: None)
