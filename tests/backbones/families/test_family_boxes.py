"""Boxes of every family: written and read back, and where the model sees them."""

from __future__ import annotations

import re

import msgspec
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmpl.backbones.backbone import family_context, load_backbone
from rmpl.backbones.families import family_names, family_of, qwen2_5_vl
from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.io.images import image_size, open_image
from rmpl.ontology import load_ontology
from rmpl.records import Box, Image
from rmpl.tasks import Prompt
from rmpl.tasks.boxes import (
    AbsoluteBoxes,
    CornerBoxes,
    LocBoxes,
    RelativeBoxes,
    UnitBoxes,
)

ORIENTATION = 0x0112
NAMES = [name for name in family_names() if family_of(name, name).reads_images]
ALL = [family_context(family_of(n, n), Settings(), load_ontology("m2e2")) for n in NAMES]
CODECS = {name: context.boxes for name, context in zip(NAMES, ALL, strict=True)}
sides = st.integers(1, 6000)
shares = st.tuples(*[st.floats(0, 1)] * 4)


def box_of(shares, width: int, height: int) -> Box:
    x1, x2 = sorted(shares[:2])
    y1, y2 = sorted(shares[2:])
    return Box(x1 * width, y1 * height, x2 * width, y2 * height)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(sides, sides, shares)
def test_the_round_trip_is_within_the_stated_tolerance(name, width, height, shares):
    codec = CODECS[name]
    box = box_of(shares, width, height)
    value = codec.encode(box, width, height)
    form = re.sub(r"<\|(\w+)\|>", r"<\|\1\|>", codec.pattern(width, height))
    assert re.fullmatch(form, msgspec.json.encode(value).decode())
    back = codec.decode(value, width, height)
    across, down = (allowed * (1 + 1e-9) + 1e-6 for allowed in codec.tolerance(width, height))
    assert abs(back.x1 - box.x1) <= across
    assert abs(back.y1 - box.y1) <= down
    assert abs(back.x2 - box.x2) <= across
    assert abs(back.y2 - box.y2) <= down
    assert 0 <= back.x1 <= back.x2 <= width
    assert 0 <= back.y1 <= back.y2 <= height


def test_each_family_writes_a_box_in_its_own_way():
    box = Box(100, 50, 500, 400)
    written = {name: codec.encode(box, 1000, 500) for name, codec in CODECS.items()}
    relative = [100, 100, 500, 800]
    assert written == {
        "gemma3": relative,
        "idefics3": relative,
        "internvl": relative,
        "llava": [0.1, 0.3, 0.5, 0.65],
        "llava_next": [0.1, 0.3, 0.5, 0.65],
        "llava_onevision": relative,
        "paligemma": "<loc0102><loc0102><loc0819><loc0512>",
        "qwen2_5_vl": [101, 50, 504, 403],
        "qwen2_vl": "<|box_start|>(100,100),(500,800)<|box_end|>",
        "qwen3_vl": relative,
        "smolvlm": relative,
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [[], [1.0, 2.0], "", "<loc0001>", "(1,2)", [float("nan")] * 4])
def test_what_is_no_box_of_the_family_is_refused(name, value):
    with pytest.raises(ValueError, match="not a box"):
        CODECS[name].decode(value, 100, 100)


@pytest.mark.parametrize("name", NAMES)
def test_corners_out_of_order_are_put_right(name):
    codec = CODECS[name]
    value = codec.encode(Box(80, 60, 20, 10), 100, 100)
    back = codec.decode(value, 100, 100)
    assert back.x1 < back.x2
    assert back.y1 < back.y2


def test_marks_that_decoding_left_out_are_not_needed():
    assert CornerBoxes().decode("(100, 200), (300, 400)", 1000, 1000) == Box(100, 200, 300, 400)
    assert CornerBoxes(step=20).encode(Box(13, 20, 50, 100), 100, 200) == (
        "<|box_start|>(120,100),(500,500)<|box_end|>"
    )


def test_a_coarser_grid_is_for_relative_boxes_only():
    for name, codec in CODECS.items():
        family = family_of(name, name)
        if isinstance(codec, RelativeBoxes | CornerBoxes):
            assert family.boxes(20, (0, 0)).encode(Box(13, 20, 50, 100), 100, 200)
        else:
            assert isinstance(codec, AbsoluteBoxes | UnitBoxes | LocBoxes)
            with pytest.raises(RmplError, match="box_step"):
                family.boxes(20, (3136, 12_845_056))


def picture_with_a_box(path, box: Box, size: tuple[int, int], orientation: int) -> None:
    """Save a black picture with a white box, stored as a camera held that way would."""
    upright = PIL.Image.new("RGB", size, "black")
    upright.paste("white", (int(box.x1), int(box.y1), int(box.x2), int(box.y2)))
    turned = {
        2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
        3: PIL.Image.Transpose.ROTATE_180,
        4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
        5: PIL.Image.Transpose.TRANSPOSE,
        6: PIL.Image.Transpose.ROTATE_90,
        7: PIL.Image.Transpose.TRANSVERSE,
        8: PIL.Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turned[orientation]) if orientation in turned else upright
    exif = stored.getexif()
    exif[ORIENTATION] = orientation
    stored.save(path, exif=exif)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    made = {}
    for name in ("llava", "qwen2_5_vl"):
        family_of(name, name).twin(folder / name)
        made[name] = load_backbone(str(folder / name))
    return made


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(300, 200), (150, 400)])
def test_llava_sees_a_box_where_it_is_written(loaded, tmp_path, orientation, size):
    box = Box(0.1 * size[0], 0.5 * size[1], 0.5 * size[0], 0.9 * size[1])
    path = tmp_path / "picture.png"
    picture_with_a_box(path, box, size, orientation)
    assert image_size(path) == size == open_image(path).size
    encoded = loaded["llava"].encode(Prompt("Where?", Image("a", str(path), *size)))
    seen = encoded.vision["pixel_values"][0, 0]
    white = (seen > seen.max() - 0.5).nonzero() / seen.shape[0]
    y1, x1 = white.amin(dim=0).tolist()
    y2, x2 = (white.amax(dim=0) + 1 / seen.shape[0]).tolist()
    written = UnitBoxes().encode(box, *size)
    assert written == pytest.approx([x1, y1, x2, y2], abs=1.5 / seen.shape[0])


@settings(max_examples=25)
@given(st.integers(8, 900), st.integers(8, 900), st.sampled_from([1, 3, 6, 8]))
def test_absolute_boxes_know_the_size_that_the_processor_makes(
    loaded, tmp_path_factory, width, height, orientation
):
    backbone = loaded["qwen2_5_vl"]
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    picture_with_a_box(path, Box(0, 0, 1, 1), (width, height), orientation)
    image = Image("a", str(path), *image_size(path))
    _, rows, columns = backbone.encode(Prompt("x", image)).vision["image_grid_thw"][0].tolist()
    whole = backbone.context(load_ontology("m2e2")).boxes.encode(
        Box(0, 0, width, height), width, height
    )
    assert whole == [0, 0, 14 * columns - 1, 14 * rows - 1]


def test_absolute_boxes_depend_on_the_bounds_of_pixels():
    small = qwen2_5_vl.boxes(1, (3136, 50_000))
    large = qwen2_5_vl.boxes(1, qwen2_5_vl.PIXELS)
    box = Box(100, 50, 500, 400)
    assert small.encode(box, 1000, 500) != large.encode(box, 1000, 500)
    # Wider than the processor accepts; files may still hold such boxes.
    assert large.decode(large.encode(Box(0, 0, 900, 2), 1000, 2), 1000, 2).x2 == pytest.approx(
        900, abs=1
    )
