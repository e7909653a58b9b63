"""The image feature cache: each image once, images of one size together, bounded memory."""

from __future__ import annotations

import PIL.Image
import pytest
import torch

from rmpl.backbones import backbone as backbones
from rmpl.backbones import image_cache
from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import family_of
from rmpl.backbones.image_cache import ImageFeatureCache, compute_images
from rmpl.records import Image
from rmpl.tasks import Prompt

SIZES = ((90, 60), (220, 60), (90, 60), (90, 60))


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("embedded")


@pytest.fixture(scope="module")
def prompts(tmp_path_factory) -> list[Prompt]:
    folder = tmp_path_factory.mktemp("images")
    made = []
    for number, size in enumerate(SIZES):
        path = folder / f"{number}.png"
        PIL.Image.effect_noise(size, 20 + 10 * number).convert("RGB").save(path)
        made.append(Prompt("What?", Image(str(number), str(path), *size)))
    return made


@pytest.fixture
def passes(monkeypatch) -> list[int]:
    """The number of images in each pass through the tower."""
    seen: list[int] = []
    made = image_cache.image_features

    def counted(model, vision):
        seen.append(len(vision["pixel_values"]))
        if "image_grid_thw" in vision:
            seen[-1] = len(vision["image_grid_thw"])
        return made(model, vision)

    monkeypatch.setattr(image_cache, "image_features", counted)
    return seen


def test_one_pass_has_the_images_of_one_size(backbone, prompts, passes):
    together = compute_images(backbone, prompts)
    assert sorted(passes) == [1, 3]
    for prompt, image in zip(prompts, together, strict=True):
        (alone,) = compute_images(backbone, [prompt])
        for one, other in zip(
            image.features["pooler_output"], alone.features["pooler_output"], strict=True
        ):
            assert torch.allclose(one, other, atol=1e-5)


def test_a_pass_has_a_bounded_number_of_pixels(backbone, prompts, passes, monkeypatch):
    vision = backbone.encode(prompts[0]).vision
    monkeypatch.setattr(image_cache, "MAX_VALUES", 2 * vision["pixel_values"].numel())
    assert len(compute_images(backbone, prompts)) == len(prompts)
    assert sorted(passes) == [1, 1, 2]


def test_an_image_above_the_bound_goes_alone(backbone, prompts, passes, monkeypatch):
    monkeypatch.setattr(image_cache, "MAX_VALUES", 1)
    compute_images(backbone, prompts)
    assert passes == [1, 1, 1, 1]


def test_images_do_not_hold_each_others_features(backbone, prompts):
    for image in compute_images(backbone, prompts):
        for tensor in image.features["pooler_output"]:
            assert tensor.untyped_storage().nbytes() == tensor.nbytes


def bytes_of(backbone, prompt):
    """The bytes that an image takes in the cache."""
    return image_cache._size(compute_images(backbone, [prompt])[0])


def test_a_full_cache_drops_what_was_not_used_for_longest(backbone, prompts, passes):
    a, _, b, c = prompts
    cache = ImageFeatureCache(backbone, max_bytes=2 * bytes_of(backbone, a))
    passes.clear()
    for prompt in (a, b, a, c):
        cache.encode([prompt])
    assert [one.image in cache for one in (a, b, c)] == [True, False, True]
    assert len(passes) == 3
    cache.encode([a, c])
    assert len(passes) == 3
    cache.encode([b])
    assert len(passes) == 4


def test_a_full_cache_that_does_not_evict_keeps_what_it_has(backbone, prompts, passes):
    a, _, b, _ = prompts
    cache = ImageFeatureCache(backbone, max_bytes=bytes_of(backbone, a), evicts=False)
    passes.clear()
    alone = [cache.encode([prompt])[0].features for prompt in (a, b, a, b)]
    assert len(passes) == 3
    assert [one.image in cache for one in (a, b)] == [True, False]
    for one, other in ((alone[0], alone[2]), (alone[1], alone[3])):
        assert torch.equal(one["pooler_output"][0], other["pooler_output"][0])


@pytest.fixture(scope="module", params=["llava", "llava_next", "paligemma", "qwen3_vl"])
def family_backbone(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin") / request.param
    family_of(request.param, request.param).twin(folder)
    return load_backbone(str(folder))


def test_an_image_is_opened_and_processed_once_in_every_layout(
    family_backbone, prompts, passes, monkeypatch
):
    """Layouts that go on with text after the prompt's own, and others."""
    texts = ("What?", "Who did what to whom?", "3 men")
    asked = [Prompt(text, prompt.image) for text in texts for prompt in prompts[:2]]
    expected = [family_backbone.encode(prompt, "[]") for prompt in asked]
    sum(family_backbone.length(prompt) for prompt in asked)  # a blank image, once
    opened, processed = [], []
    open_image = backbones.open_image
    kind = type(family_backbone.processor.image_processor)
    process = kind.__call__
    monkeypatch.setattr(backbones, "open_image", lambda p: opened.append(p) or open_image(p))
    monkeypatch.setattr(kind, "__call__", lambda *a, **k: processed.append(1) or process(*a, **k))
    cache = ImageFeatureCache(family_backbone)
    encoded = [cache.encode([prompt], ["[]"])[0] for prompt in asked]
    assert [family_backbone.length(p, "[]") for p in asked] == [len(e.input_ids) for e in encoded]
    assert len(opened) == len(processed) == len(passes) == 2
    for one, other in zip(encoded, expected, strict=True):
        assert (one.input_ids, one.prompt_length) == (other.input_ids, other.prompt_length)
        assert one.per_token == other.per_token
        assert one.vision.keys() == other.vision.keys() - {"pixel_values"}
        assert all(torch.equal(one.vision[name], other.vision[name]) for name in one.vision)
