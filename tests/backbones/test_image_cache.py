"""Pictures are looked at together where their sizes allow it, and only so many at once."""

from __future__ import annotations

import PIL.Image
import pytest
import torch

from rmpl.backbones import image_cache as pictures
from rmpl.backbones.backbone import load_backbone
from rmpl.records import Image
from rmpl.tasks import Prompt

SIZES = ((90, 60), (220, 60), (90, 60), (90, 60))


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("embedded")


@pytest.fixture(scope="module")
def prompts(tmp_path_factory) -> list[Prompt]:
    folder = tmp_path_factory.mktemp("pictures")
    made = []
    for number, size in enumerate(SIZES):
        path = folder / f"{number}.png"
        PIL.Image.effect_noise(size, 20 + 10 * number).convert("RGB").save(path)
        made.append(Prompt("What?", Image(str(number), str(path), *size)))
    return made


@pytest.fixture
def passes(monkeypatch) -> list[int]:
    """How many pictures each pass through the tower had."""
    seen: list[int] = []
    made = pictures.picture_features

    def counted(model, vision):
        seen.append(len(vision["image_grid_thw"]))
        return made(model, vision)

    monkeypatch.setattr(pictures, "picture_features", counted)
    return seen


def test_one_pass_has_the_pictures_of_one_size(backbone, prompts, passes):
    together = pictures.look_at_all(backbone, prompts)
    assert sorted(passes) == [1, 3]
    for prompt, seen in zip(prompts, together, strict=True):
        alone = pictures.look_at(backbone, prompt)
        for one, other in zip(
            seen.features["pooler_output"], alone.features["pooler_output"], strict=True
        ):
            assert torch.allclose(one, other, atol=1e-5)


def test_so_many_at_once_as_memory_is_given(backbone, prompts, passes, monkeypatch):
    vision = backbone.encode(prompts[0]).vision
    monkeypatch.setattr(pictures, "TOGETHER", 2 * vision["pixel_values"].numel())
    assert len(pictures.look_at_all(backbone, prompts)) == len(prompts)
    assert sorted(passes) == [1, 1, 2]


def test_a_picture_above_the_bound_is_seen_alone(backbone, prompts, passes, monkeypatch):
    monkeypatch.setattr(pictures, "TOGETHER", 1)
    pictures.look_at_all(backbone, prompts)
    assert passes == [1, 1, 1, 1]


def test_pictures_do_not_hold_each_others_features(backbone, prompts):
    for seen in pictures.look_at_all(backbone, prompts):
        for tensor in seen.features["pooler_output"]:
            assert tensor.untyped_storage().nbytes() == tensor.nbytes
