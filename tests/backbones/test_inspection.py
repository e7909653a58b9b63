"""What a model reads, and a model without weights."""

from __future__ import annotations

import PIL.Image

from rmpl.backbones.inspection import inspect_image, inspect_tokens, inspected_document
from rmpl.backbones.weightless import load_weightless
from rmpl.records import Box, Document, Image, ImageArgument, ImageEvent
from rmpl.tasks import Prompt, Sample


def test_a_sample_is_read_token_by_token_with_its_picture_counted(twin, tmp_path):
    model, stand_in = load_weightless(str(twin))
    assert stand_in is None
    path = tmp_path / "one.png"
    PIL.Image.new("RGB", (64, 48)).save(path)
    prompt = Prompt("text-emi: Police fired <|im_end|>", Image("one", str(path), 64, 48))
    sample = Sample("image-emi", "one", prompt, "[]")
    reading = inspect_tokens(model, sample)
    encoded = model.encode(sample.prompt, "[]")
    own = [text for text, is_own in reading.prompt if is_own]
    count = encoded.input_ids.count(model.tokenizer.convert_tokens_to_ids("<|image_pad|>"))
    assert f"<|image_pad|> x {count}" in own
    assert reading.target == (("[]", False), ("<|im_end|>", True))
    assert sum(reading.tokens) == len(encoded.input_ids)


def test_a_checkpoint_that_is_not_here_is_seen_through_a_stand_in(tmp_path):
    model, stand_in = load_weightless("llava-hf/llava-1.5-7b-hf")
    assert "stand-in" in (stand_in or "")
    path = tmp_path / "wide.png"
    PIL.Image.new("RGB", (672, 336)).save(path)
    image = Image("wide", str(path), 672, 336)
    inspected = inspect_image(model, image)
    assert inspected.tiles[inspected.whole].size == (336, 336)
    event = ImageEvent(
        "e", "wide", "Life:Die", (ImageArgument("Victim", Box(0, 0, 672, 336, group=True)),)
    )
    shown = inspected_document(Document("d", images=(image,), image_events=(event,)), inspected)
    box = shown.image_events[0].arguments[0].box
    # The picture is padded to a square: a quarter of what the model sees lies above it.
    assert abs(box.y1 - 84) < 1
    assert abs(box.y2 - 252) < 1
    assert box.group
