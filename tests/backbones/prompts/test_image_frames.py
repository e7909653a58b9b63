"""A size that came before needs the image processor only, where that is known to do the same."""

from __future__ import annotations

import PIL.Image
import pytest
import torch

from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import family_names, family_of
from rmpl.backbones.prompts import image_frames as module
from rmpl.backbones.prompts.image_frames import ImageFrames

# Families whose processor tells its image processor more than the picture, or lays it out further.
INDIRECT = {"internvl", "llava"}


@pytest.fixture(scope="module", params=family_names())
def backbone(request, tmp_path_factory):
    family = family_of(request.param, request.param)
    if not family.reads_images:
        pytest.skip("reads no images")
    folder = tmp_path_factory.mktemp("twin")
    family.twin(folder / "model")
    return load_backbone(str(folder / "model"))


@pytest.fixture
def asked(backbone):
    """Sizes of the pictures that a whole prompt was laid out for."""
    return []


@pytest.fixture
def frames(backbone, asked):
    def layout(picture, text):
        asked.append(picture.size)
        return backbone.family.chat(backbone.processor, picture, text)

    return ImageFrames(layout, backbone.processor)


def noise(size, strength):
    return PIL.Image.effect_noise(size, strength).convert("RGB")


def test_frames_are_those_of_whole_prompts(backbone, frames, asked):
    pictures = [noise(size, 20 + n) for n, size in enumerate([(64, 64), (90, 60), (300, 40)] * 3)]
    for picture in pictures:
        found = frames.of(picture)
        whole = ImageFrames(frames._layout, backbone.processor).of(picture)
        assert (found is None) == (whole is None)
        if found is None:
            continue
        assert (found.before, found.after) == (whole.before, whole.after)
        assert found.rows_before == whole.rows_before
        assert found.others.keys() == whole.others.keys()
        for name, value in whole.others.items():
            assert torch.equal(found.others[name], value)


def test_a_size_is_laid_out_twice_at_most(backbone, frames, asked):
    for strength in range(5):
        frames.of(noise((90, 60), 20 + strength))
    assert len(asked) == (5 if backbone.family.model_type in INDIRECT else 2)


def test_sizes_are_forgotten(backbone, frames, asked, monkeypatch):
    monkeypatch.setattr(module, "MAX_SIZES", 1)
    for size in ((90, 60), (90, 60), (300, 40), (90, 60)):
        frames.of(noise(size, 20))
    assert asked == [(90, 60), (90, 60), (300, 40), (90, 60)]


def test_another_image_processor_is_not_believed(backbone, frames, asked, monkeypatch):
    made = backbone.processor.image_processor

    class Brighter:
        def __call__(self, **told):
            found = made(**told)
            return {name: value + 1 for name, value in found.items()}

    monkeypatch.setattr(frames, "_processor", Surrounded(backbone.processor, Brighter()))
    for strength in range(3):
        frames.of(noise((90, 60), 20 + strength))
    assert len(asked) == 3


class Surrounded:
    def __init__(self, processor, image_processor):
        self.tokenizer, self.image_processor = processor.tokenizer, image_processor
