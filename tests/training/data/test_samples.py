"""Samples are tokenised once, images of a frozen tower computed once, within bounded memory."""

from __future__ import annotations

import PIL.Image
import pytest
import torch

from rmpl.backbones import image_cache
from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.features import feature_bytes
from rmpl.records import Image
from rmpl.tasks import Prompt, Sample
from rmpl.training.data.samples import EncodedMixture, collator


class Samples:
    """The part of a mixture that tokenising asks for."""

    def __init__(self, samples):
        self.samples = samples

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]

    def locate(self, index):
        return 0, index


@pytest.fixture
def backbone(twin):
    loaded = load_backbone(str(twin))
    for parameter in loaded.model.parameters():
        parameter.requires_grad_(False)
    return loaded


@pytest.fixture
def samples(tmp_path):
    made = []
    for number in range(2):
        path = tmp_path / f"{number}.png"
        PIL.Image.effect_noise((90, 60), 20 + 30 * number).convert("RGB").save(path)
        image = Image(str(number), str(path), 90, 60)
        made += [Sample("t", text, Prompt(text, image), "[]") for text in ("one", "two", "three")]
    return Samples(made)


@pytest.fixture
def passes(monkeypatch):
    made, seen = image_cache.image_features, []
    monkeypatch.setattr(image_cache, "image_features", lambda *a: seen.append(1) or made(*a))
    return seen


def test_an_image_is_computed_once_for_all_its_samples(backbone, samples, passes):
    mixture = EncodedMixture(samples, backbone)
    encoded = [mixture[number][1] for number in [*range(6), *range(6)]]
    assert len(passes) == 2
    assert all(one.features is not None and "pixel_values" not in one.vision for one in encoded)
    assert encoded[0] is encoded[6]


def test_a_full_cache_holds_no_features_of_other_images(backbone, samples, passes):
    first = EncodedMixture(samples, backbone)[0][1]
    size = feature_bytes(first.features)
    passes.clear()
    # Room for one image, and for samples without features.
    mixture = EncodedMixture(samples, backbone, cache_bytes=int(1.5 * size / 0.75))
    room = mixture._left
    for _ in range(2):
        features = [mixture[number][1].features for number in range(6)]
    assert len({id(one) for one in features}) == 1 + 3
    assert len(passes) == 1 + 3 * 2
    assert 0 <= mixture._left < room


def test_a_tower_that_learns_gets_pixels(backbone, samples, passes):
    for parameter in backbone.model.parameters():
        parameter.requires_grad_(True)
    for mixture in (
        EncodedMixture(samples, backbone),
        EncodedMixture(samples, backbone, keeps_features=False),
    ):
        assert mixture[0][1].features is None
        assert "pixel_values" in mixture[0][1].vision
    assert not passes


def test_a_blank_image_ties_the_tower_into_a_batch_of_texts(backbone):
    text = backbone.encode(Prompt("Police fired."), "[]")
    inputs = collator(backbone, anchored=True)([(0, text)])
    assert inputs["anchor"] == 1
    assert len(inputs["input_ids"]) == 2
    assert torch.isfinite(inputs["pixel_values"]).all()
