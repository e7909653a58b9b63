import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rmpl.records import Box
from rmpl.tasks.boxes import RelativeBoxes, resized


def test_boxes_are_written_relative_to_the_image():
    assert RelativeBoxes().encode(Box(10, 20, 50, 100), 100, 200) == [100, 100, 500, 500]
    assert RelativeBoxes(step=20).encode(Box(13, 20, 50, 100), 100, 200) == [120, 100, 500, 500]


def test_boxes_outside_the_image_are_clipped():
    assert RelativeBoxes().encode(Box(-5, 0, 120, 200), 100, 200) == [0, 0, 1000, 1000]
    assert RelativeBoxes().decode([-3, 0, 2000, 1000], 100, 200) == Box(0, 0, 100, 200)


def test_reversed_corners_are_put_right():
    assert RelativeBoxes().decode([500, 800, 100, 200], 100, 100) == Box(10, 20, 50, 80)


@pytest.mark.parametrize("value", ["loc", [], [1, 2, 3], [1, 2, 3, float("nan")]])
def test_what_is_no_box_is_refused(value):
    with pytest.raises(ValueError, match="not a box"):
        RelativeBoxes().decode(value, 10, 10)


@given(
    st.integers(1, 6000),
    st.integers(1, 6000),
    st.tuples(*[st.floats(0, 1)] * 4),
    st.sampled_from([1, 20, 50]),
)
def test_the_round_trip_is_within_half_a_step(width, height, shares, step):
    x1, x2 = sorted(shares[:2])
    y1, y2 = sorted(shares[2:])
    box = Box(x1 * width, y1 * height, x2 * width, y2 * height)
    boxes = RelativeBoxes(step=step)
    back = boxes.decode(boxes.encode(box, width, height), width, height)
    allowed = step / 2 / 1000 + 1e-9
    assert abs(back.x1 - box.x1) <= allowed * width
    assert abs(back.y2 - box.y2) <= allowed * height


@given(
    width=st.integers(1, 6000),
    height=st.integers(1, 6000),
    factor=st.sampled_from([8, 28, 32]),
    min_pixels=st.sampled_from([1024, 3136, 200_704]),
    max_pixels=st.sampled_from([200_704, 401_408, 12_845_056]),
)
def test_the_size_after_resizing_is_that_of_the_processor(
    width, height, factor, min_pixels, max_pixels
):
    processing = pytest.importorskip(
        "transformers.models.qwen2_vl.image_processing_pil_qwen2_vl", reason="needs rmpl[train]"
    )
    assume(max(width, height) <= 200 * min(width, height))
    down, across = processing.smart_resize(height, width, factor, min_pixels, max_pixels)
    assert resized(width, height, factor, min_pixels, max_pixels) == (across, down)
