"""Figures and objects: boxes follow from what is seen, looks can be told apart, poses reach."""

import random

import pytest
from PIL import Image

from rmpl.synthetic.images.canvas import Canvas, Frame
from rmpl.synthetic.images.drawing import COLOURED, HEIGHTS, draw_thing
from rmpl.synthetic.images.figures import Person, Pose, draw_person
from rmpl.synthetic.images.stage import Figure, Stage
from rmpl.synthetic.story.plot import (
    COLOURED_THINGS,
    COLOURS,
    PERSONS,
    PLAIN_THINGS,
    VEHICLES,
    Entity,
)

KINDS = (*PERSONS, *VEHICLES, *COLOURED_THINGS, *PLAIN_THINGS)
GREY = (120, 120, 120)


def blank(width=240, height=180):
    return Canvas(Image.new("RGB", (2 * width, 2 * height), GREY))


def drawn(kind, colour, seed=0, facing=1):
    canvas = blank()
    canvas.own(Entity(kind, colour))
    size = 80 * HEIGHTS.get(kind, 1.0) * (0.5 if kind in {*VEHICLES, "building"} else 1.0)
    frame = Frame.upright(canvas, 120, 150, size, facing)
    draw_thing(frame, kind, colour, random.Random(seed))
    ((_, box, _),) = canvas.visible()
    return canvas, box


@pytest.mark.parametrize("kind", KINDS)
def test_the_box_is_exactly_what_differs_from_the_backdrop(kind):
    canvas, box = drawn(kind, "pink" if kind in COLOURED else None)
    small = canvas.image.reduce(2)
    changed = [
        (x, y)
        for y in range(small.height)
        for x in range(small.width)
        if small.getpixel((x, y)) != GREY
    ]
    seen = (
        min(x for x, _ in changed),
        min(y for _, y in changed),
        max(x for x, _ in changed) + 1,
        max(y for _, y in changed) + 1,
    )
    assert max(abs(a - b) for a, b in zip(box, seen, strict=True)) <= 2


@pytest.mark.parametrize("kind", sorted(COLOURED))
def test_the_colour_of_the_look_is_the_colour_seen_most(kind):
    for colour, rgb in COLOURS.items():
        canvas, box = drawn(kind, colour)
        part = canvas.image.crop(tuple(2 * side for side in box))
        counts = {pixel: count for count, pixel in part.getcolors(maxcolors=1 << 20)}
        # Tyres, belts and writing are black or white whatever the look.
        others = [COLOURS[name] for name in COLOURS if name not in {colour, "black", "white"}]
        assert counts[rgb] > 4 * max(counts.get(other, 0) for other in others)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_drawing(kind):
    colour = "red" if kind in COLOURED else None
    assert drawn(kind, colour)[0].image.tobytes() == drawn(kind, colour)[0].image.tobytes()


def test_facing_left_mirrors_facing_right():
    canvas, (x1, _, x2, _) = drawn("truck", "red", facing=1)
    _, (m1, _, m2, _) = drawn("truck", "red", facing=-1)
    assert abs((x1 + m2) - canvas.width) <= 2
    assert abs((x2 + m1) - canvas.width) <= 2


def test_what_is_covered_no_longer_counts():
    canvas = blank()
    canvas.own(Entity("crate", "red"))
    canvas.polygon([(20, 20), (99, 20), (99, 99), (20, 99)], COLOURS["red"])
    canvas.own(Entity("sheet"))
    canvas.polygon([(60, 10), (120, 10), (120, 110), (60, 110)], COLOURS["white"])
    (crate, box, share), (_, _, sheet_share) = canvas.visible()
    assert crate.entity.kind == "crate"
    assert box == (20, 20, 60, 100)
    assert share == pytest.approx(0.5, abs=0.02)
    assert sheet_share == 1


def test_what_is_entirely_covered_has_no_box():
    canvas = blank()
    canvas.own(Entity("phone"))
    canvas.ellipse((50, 50), 5, 5, GREY)
    canvas.own(Entity("sheet"))
    canvas.ellipse((50, 50), 20, 20, GREY)
    assert canvas.visible()[0][1] is None


def test_something_held_is_at_the_hand_whichever_way_one_faces():
    for facing in (1, -1):
        canvas = blank()
        stage = Stage(canvas, random.Random(0), 120, 170, 100, 1, 1.0)
        who = Person.dress("man", "red", random.Random(0))
        figure = Figure(1, Frame.upright(canvas, 120, 170, 100, facing), who)
        frame = stage.held(figure, (0.3, 0.7), 40)
        assert (frame.x, frame.y) == pytest.approx((120 + facing * 30, 100))
        assert frame.at(1, 0) == pytest.approx((120 + facing * 70, 100))


@pytest.mark.parametrize("kind", PERSONS)
def test_a_pose_changes_the_outline(kind):
    def height(pose):
        canvas = blank()
        canvas.own(Entity(kind, "red"))
        who = Person.dress(kind, "red", random.Random(0))
        draw_person(Frame.upright(canvas, 120, 170, 100), who, pose)
        ((_, box, _),) = canvas.visible()
        return box[3] - box[1]

    standing = height(Pose())
    assert 95 <= standing <= 106
    assert height(Pose(drop=0.2, seated=True)) < standing - 12
    assert height(Pose(near=(0.05, 1.15))) > standing
