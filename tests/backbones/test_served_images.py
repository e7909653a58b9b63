"""Every family on a stand-in server, which resizes images by its checkpoint's own bounds."""

import base64
import io
import json
import shutil

import numpy as np
import PIL.Image
import pytest

from rmpl.backbones.families import family_names, family_of
from rmpl.backbones.served_images import served_images
from rmpl.backbones.settings import Settings, bound_pixels, write_settings
from rmpl.extraction.extractor import Extractor
from rmpl.records import Box, Document, Image
from rmpl.tasks.boxes import resized
from scripted_server import question, said, scripted_server

FAMILIES = {name: family_of(name, name) for name in family_names()}
SEEING = [name for name, family in FAMILIES.items() if family.reads_images]
RESIZING = [name for name in SEEING if FAMILIES[name].pixels is not None]
PUBLISHED = (3136, 12845056)
TRAINED = Settings(min_pixels=3136, max_pixels=50176)
ORIENTATION = 0x0112


def checkpoint(twins, name, folder, own=None):
    """Copy a twin without weights, with the settings of a training and bounds of its own."""
    shutil.copytree(twins / name, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    write_settings(TRAINED if name in RESIZING else Settings(), folder)
    if own is not None:
        path = folder / "processor_config.json"
        tree = json.loads(path.read_text())
        size = {"shortest_edge": own[0], "longest_edge": own[1]}
        tree["image_processor"]["size"] = size
        path.write_text(json.dumps(tree))
    return folder


def red_square(path, size, box):
    """Save an image with a red box, in pixels of the upright image; one is stored sideways."""
    picture = PIL.Image.new("RGB", size, "white")
    picture.paste("red", box)
    exif = PIL.Image.Exif()
    if path.suffix == ".jpg":
        picture = picture.transpose(PIL.Image.Transpose.ROTATE_90)
        exif[ORIENTATION] = 6
    picture.save(path, exif=exif)
    return Image(path.stem, str(path))


def boxes_of(picture):
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    down, across = np.where((pixels[..., 0] > 200) & (pixels[..., 1] < 90))
    return Box(across.min(), down.min(), across.max() + 1, down.max() + 1)


class StandIn:
    """Says where the red box is, in the convention of a family, for the image as it sees it."""

    def __init__(self, folder, name):
        self.family = FAMILIES[name]
        self.sizes, self.options = [], []
        processor = self.family.load_processor(str(folder))
        if self.family.pixels is not None:
            own = processor.image_processor
            self.own = (own.size["shortest_edge"], own.size["longest_edge"])
            self.factor = own.patch_size * own.merge_size

    def __call__(self, body):
        picture, text = body["messages"][0]["content"][0], question(body)
        if "participants" not in text:
            return said('[{"type":"Justice:Arrest-Jail"}]' if "Which events" in text else "a man")
        sent = PIL.Image.open(io.BytesIO(base64.b64decode(picture["image_url"]["url"][22:])))
        options, bounds = body.get("mm_processor_kwargs"), (0, 0)
        if self.family.pixels is not None:
            told = options or dict(zip(("min_pixels", "max_pixels"), self.own, strict=True))
            bounds = (told["min_pixels"], told["max_pixels"])
            assert resized(*sent.size, self.factor, *bounds) == sent.size
        self.sizes.append(sent.size)
        self.options.append(options)
        codec = self.family.boxes(1, bounds)
        value = codec.encode(boxes_of(sent), *sent.size)
        return said(json.dumps([{"role": "Person", codec.key: value}], separators=(",", ":")))


def overlap(one, other):
    across = min(one.x2, other.x2) - max(one.x1, other.x1)
    down = min(one.y2, other.y2) - max(one.y1, other.y1)
    areas = sum((b.x2 - b.x1) * (b.y2 - b.y1) for b in (one, other))
    return across * down / (areas - across * down)


def answered(folder, name, tmp_path, owner="someone"):
    """Ask a stand-in about images of several sizes; return it and the boxes with the right ones."""
    stand_in = StandIn(folder, name)
    sizes = {"plain.png": (640, 480), "big.png": (1200, 1500), "exif.jpg": (300, 400)}
    sizes["tiny.png"] = (40, 32)
    right, documents = [], []
    for file, (width, height) in sizes.items():
        box = (width // 8, height // 4, width * 5 // 8, height * 7 // 8)
        right.append(Box(*box))
        picture = red_square(tmp_path / file, (width, height), box)
        documents.append(Document(file, images=(picture,)))
    with scripted_server() as server:
        server.owner, server.script = owner, stand_in
        made = Extractor.from_server(server.url, "tiny", model=folder, at_once=1)
        found = [made.extract(one) for one in documents]
    boxes = [one.image_events[0].arguments[0].box for one in found]
    return stand_in, list(zip(boxes, right, strict=True))


@pytest.mark.parametrize("name", SEEING)
def test_boxes_of_every_family_are_read_for_the_size_that_the_model_saw(twins, name, tmp_path):
    folder = checkpoint(twins, name, tmp_path / "model", PUBLISHED if name in RESIZING else None)
    stand_in, boxes = answered(folder, name, tmp_path)
    assert all(overlap(found, right) > 0.85 for found, right in boxes), boxes
    assert stand_in.options == [None] * 4
    if name == "llava":  # whose stock processor would crop them
        assert all(width == height for width, height in stand_in.sizes)


@pytest.mark.parametrize("name", RESIZING)
def test_images_are_sent_as_the_local_processor_resizes_them(twins, name, tmp_path):
    folder = checkpoint(twins, name, tmp_path / "model", PUBLISHED)
    processor = FAMILIES[name].load_processor(str(folder))
    bound_pixels(processor, FAMILIES[name], TRAINED)
    images = served_images(str(folder), TRAINED, lambda: pytest.fail("nobody needs to know"))
    for size in [(640, 480), (2000, 2500), (300, 400), (64, 48), (900, 40), (224, 224)]:
        picture = PIL.Image.effect_noise(size, 60).convert("RGB")
        made = processor.image_processor(picture, return_tensors="pt")
        _, down, across = (int(n) for n in made["image_grid_thw"][0])
        patch = processor.image_processor.patch_size
        sent = images.prepared(picture)
        assert sent.size == (across * patch, down * patch)
        again = processor.image_processor(sent, return_tensors="pt")
        difference = (again["pixel_values"] - made["pixel_values"]).abs().max()
        assert difference < 0.05  # rounding of colours


@pytest.mark.parametrize("owner", ["vllm", "someone"])
@pytest.mark.parametrize("name", RESIZING)
def test_bounds_that_the_checkpoint_does_not_allow(twins, name, owner, tmp_path):
    folder = checkpoint(twins, name, tmp_path / "model")  # a twin's own bounds are narrow
    stand_in, boxes = answered(folder, name, tmp_path, owner)
    assert all(overlap(found, right) > 0.75 for found, right in boxes), boxes
    told = {"min_pixels": 3136, "max_pixels": 50176} if owner == "vllm" else None
    assert stand_in.options == [told] * 4
