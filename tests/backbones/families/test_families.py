"""Every family, through its tiny twin: from a prompt and a picture to a merged adapter."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest
import torch

from rmpl.backbones.backbone import IGNORE, load_backbone
from rmpl.backbones.families import family_names
from rmpl.backbones.features import image_features
from rmpl.backbones.image_cache import compute_images
from rmpl.backbones.inspection import inspect_image
from rmpl.backbones.prompts.frames import inputs_of
from rmpl.backbones.settings import Settings, inference_settings
from rmpl.errors import RmplError
from rmpl.io.images import open_image
from rmpl.ontology import load_ontology
from rmpl.records import Box, Document, Image, ImageArgument, ImageEvent
from rmpl.runs.adapters import merge_adapters, new_lora, part_of
from rmpl.tasks import Prompt, make_task
from rmpl.tasks.schema import image_arguments, read_predicates

TEXT = '[{"type":"Conflict:Attack","trigger":"fired"}]'
SIZES = ((90, 60), (41, 127), (300, 24), (64, 64))
ORIENTATION = 0x0112


@pytest.fixture(scope="module", params=family_names())
def backbone(request, twins):
    loaded = load_backbone(str(twins / request.param))
    loaded.model.eval()
    return loaded


@pytest.fixture(scope="module")
def seeing(backbone):
    """The backbone, if its family reads images; the test is skipped if not."""
    if not backbone.family.reads_images:
        pytest.skip(f"{backbone.family.name} reads no images")
    return backbone


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> list[Image]:
    folder = tmp_path_factory.mktemp("pictures")
    made = []
    for number, (width, height) in enumerate(SIZES):
        path = folder / f"{number}.jpg"
        picture = PIL.Image.effect_noise((width, height), 60).convert("RGB")
        exif = picture.getexif()
        if number == 1:  # stored lying on its side, shown upright
            picture = picture.transpose(PIL.Image.Transpose.ROTATE_90)
            exif[ORIENTATION] = 6
        picture.save(path, exif=exif)
        made.append(Image(path.stem, str(path), width, height))
    return made


@pytest.fixture(scope="module")
def samples(backbone, pictures):
    """Text-only and image samples; the answers of the latter hold boxes."""
    text = [(Prompt("Police fired."), TEXT), (Prompt("Which events? Police fired."), "[]")]
    if not backbone.family.reads_images:
        return text
    task = make_task("image-events", backbone.context(load_ontology("m2e2")))
    event = ImageEvent("e", "0", "Conflict:Attack", (ImageArgument("Target", Box(10, 12, 40, 22)),))
    documents = [
        Document(id=i.id, images=(i,), image_events=(with_image(event, i),)) for i in pictures
    ]
    shown = [(s.prompt, s.target) for s in task.samples(documents)]
    assert len(shown) == len(pictures)
    return [text[0], *shown, text[1]]


def with_image(event, image):
    return ImageEvent(event.id, image.id, event.event_type, event.arguments)


def is_idle(name, model) -> bool:
    """Whether a parameter lies after the layer whose features LLaVA takes."""
    before_last = getattr(model.config, "vision_feature_layer", -1) == -2
    return before_last and ".vision_tower." in name and ".layers.1." in name


def logits(backbone, prompts):
    inputs = backbone.collate([backbone.encode(p) for p in prompts], pad_left=True)
    with torch.no_grad():
        return backbone.model(**inputs).logits[:, -1]


def test_a_twin_looks_like_a_checkpoint(backbone, twins):
    folder = twins / backbone.family.model_type
    assert (folder / "model.safetensors").is_file()
    assert not list(folder.glob("*.bin"))
    # Other programs find the processor by the name of the stock class.
    assert "ImageOnly" not in "".join(p.read_text() for p in folder.glob("*.json"))
    assert sum(p.numel() for p in backbone.model.parameters()) < 400_000


def test_labels_cover_exactly_the_target_token_by_token(backbone, samples):
    encoded = [backbone.encode(prompt, target) for prompt, target in samples]
    batch = backbone.collate(encoded, pad_left=False)
    for row, (prompt, target) in enumerate(samples):
        asked = backbone.encode(prompt).input_ids
        answer = backbone.tokenizer(target, add_special_tokens=False)["input_ids"]
        answer = [*answer, backbone.end_id]
        expected = [IGNORE] * len(asked) + answer
        expected += [IGNORE] * (batch["labels"].shape[1] - len(expected))
        assert batch["labels"][row].tolist() == expected
        assert batch["input_ids"][row].tolist()[: len(asked) + len(answer)] == asked + answer
        assert int(batch["attention_mask"][row].sum()) == len(asked) + len(answer)


def test_an_answer_ends_with_the_turn(backbone):
    ends = {
        "gemma3": "<end_of_turn>",
        "gemma3_text": "<end_of_turn>",
        "idefics3": "<end_of_utterance>",
        "smolvlm": "<end_of_utterance>",
        "paligemma": "<eos>",
        "llava": "</s>",
        "llava_next": "</s>",
    }
    end = backbone.tokenizer.convert_ids_to_tokens(backbone.end_id)
    assert end == ends.get(backbone.family.model_type, "<|im_end|>")
    stops = backbone.model.generation_config.eos_token_id
    assert backbone.end_id in (stops if isinstance(stops, list) else [stops])


def test_a_mixed_batch_reaches_every_part(backbone, samples):
    encoded = [backbone.encode(prompt, target) for prompt, target in samples]
    backbone.model.zero_grad()
    loss = backbone.model(**backbone.collate(encoded, pad_left=False)).loss
    loss.backward()
    assert torch.isfinite(loss)
    reached = {
        part_of(name, backbone.family)
        for name, parameter in backbone.model.named_parameters()
        if parameter.grad is not None and parameter.grad.abs().sum() > 0
    }
    assert reached == set(backbone.family.parts)
    assert backbone.family.reads_images == (reached == {"language", "projector", "vision"})
    backbone.model.zero_grad()


def test_a_batch_without_pictures_has_the_same_loss_as_in_company(seeing, samples):
    text = [seeing.encode(*samples[0]), seeing.encode(*samples[-1])]
    mixed = [*text, seeing.encode(*samples[1])]
    alone = seeing.collate(text, pad_left=False)
    beside = seeing.collate(mixed, pad_left=False)
    with torch.no_grad():
        one = seeing.model(**alone).logits
        other = seeing.model(**beside).logits
    for row in range(2):
        length = int(alone["attention_mask"][row].sum())
        assert torch.allclose(one[row, :length], other[row, :length], atol=1e-5)


def test_training_sees_the_prompt_as_generation_does_and_no_later_answer(backbone, samples):
    for prompt, target in samples:
        asked = logits(backbone, [prompt])[0]
        taught = backbone.encode(prompt, target)
        other = backbone.encode(prompt, target)
        other.input_ids[-1] = other.input_ids[-2]
        with torch.no_grad():
            one = backbone.model(**backbone.collate([taught], pad_left=False)).logits[0]
            two = backbone.model(**backbone.collate([other], pad_left=False)).logits[0]
        assert torch.allclose(asked, one[taught.prompt_length - 1], atol=1e-5)
        assert torch.allclose(one[:-1], two[:-1], atol=1e-5)
        assert not torch.allclose(one[-1], two[-1], atol=1e-5)


def test_padding_does_not_change_what_is_computed(backbone, samples):
    prompts = [prompt for prompt, _ in samples]
    together = logits(backbone, prompts)
    for row, prompt in enumerate(prompts):
        assert torch.allclose(logits(backbone, [prompt])[0], together[row], atol=1e-5)


def test_the_picture_is_seen(seeing, samples, pictures):
    one, other = (Prompt("What?", image) for image in (pictures[0], pictures[3]))
    assert not torch.allclose(*logits(seeing, [one, other]), atol=1e-6)


def test_features_of_pictures_stand_in_for_pixels(seeing, samples):
    encoded = [seeing.encode(prompt, target) for prompt, target in samples]
    with torch.no_grad():
        seen = seeing.model(**seeing.collate(encoded, pad_left=False)).logits
    for sample in encoded:
        if sample.vision:
            sample.features = image_features(seeing.model, sample.vision)
            del sample.vision["pixel_values"]
    inputs = seeing.collate(encoded, pad_left=False)
    assert "pixel_values" not in inputs
    with torch.no_grad():
        remembered = seeing.model(**inputs).logits
    assert torch.allclose(seen, remembered, atol=1e-5)


def test_pictures_of_one_size_are_seen_together(seeing, samples, pictures, tmp_path):
    light = PIL.Image.effect_noise(SIZES[0], 20).convert("RGB")
    light.save(tmp_path / "light.png")
    other = Image("light", str(tmp_path / "light.png"), *SIZES[0])
    prompts = [Prompt("What?", image) for image in (pictures[0], pictures[1], other)]
    together = compute_images(seeing, prompts)
    assert not torch.equal(
        logits_of(seeing, prompts[0], together[0]), logits_of(seeing, prompts[2], together[2])
    )
    for prompt, seen in zip(prompts, together, strict=True):
        alone = logits_of(seeing, prompt, *compute_images(seeing, [prompt]))
        assert torch.allclose(logits_of(seeing, prompt, seen), alone, atol=1e-5)


def logits_of(backbone, prompt, seen):
    inputs = backbone.collate([seen.encode(backbone, prompt)], pad_left=True)
    assert "pixel_values" not in inputs
    with torch.no_grad():
        return backbone.model(**inputs).logits


def test_answers_are_generated_and_read(backbone, samples):
    prompts = [prompt for prompt, _ in samples]
    inputs = backbone.collate([backbone.encode(p) for p in prompts], pad_left=True)
    with torch.no_grad():
        output = backbone.model.generate(**inputs, max_new_tokens=3, do_sample=False)
    first = output[:, inputs["input_ids"].shape[1]]
    assert first.tolist() == logits(backbone, prompts).argmax(dim=-1).tolist()
    for row in output[:, inputs["input_ids"].shape[1] :]:
        answer = read_predicates(backbone.read(row.tolist()))
        assert answer.failure is not None  # a random model writes no JSON, and that is said


def test_what_is_taught_is_read_back(seeing, samples, pictures):
    boxes = seeing.context(load_ontology("m2e2")).boxes
    for (prompt, target), image in zip(samples[1:-1], pictures, strict=True):
        encoded = seeing.encode(prompt, target)
        text = seeing.read(encoded.input_ids[encoded.prompt_length :])
        answer = read_predicates(text, boxes.key)
        assert answer.failure is None
        (found,) = image_arguments(answer.items[0].args, image, boxes)
        across, down = boxes.tolerance(image.width, image.height)
        wanted = Box(10, 12, 40, 22)
        assert abs(found.box.x1 - wanted.x1) <= across + 1e-6
        assert abs(found.box.y1 - wanted.y1) <= down + 1e-6
        assert abs(found.box.x2 - wanted.x2) <= across + 1e-6
        assert abs(found.box.y2 - wanted.y2) <= down + 1e-6


def test_an_adapter_survives_saving_loading_and_merging(backbone, samples, twins, tmp_path):
    folder = str(twins / backbone.family.model_type)
    trained = load_backbone(folder)
    parts = list(backbone.family.parts)
    trained.model = new_lora(trained.model, trained.family, parts, rank=2, alpha=4, dropout=0.0)
    encoded = [trained.encode(prompt, target) for prompt, target in samples]
    trained.model(**trained.collate(encoded, pad_left=False)).loss.backward()
    moved = set()
    with torch.no_grad():
        for name, parameter in trained.model.named_parameters():
            if parameter.requires_grad:
                assert parameter.grad is not None or is_idle(name, trained.model), name
                moved.add(part_of(name.removeprefix("base_model.model."), trained.family))
                parameter.add_(torch.randn_like(parameter) * 0.02)
    assert moved == set(parts)
    trained.model.save_pretrained(tmp_path)
    assert not list(tmp_path.glob("*.bin"))
    again = load_backbone(folder)
    again.model = merge_adapters(again.model, [tmp_path])
    prompts = [prompt for prompt, _ in samples]
    trained.model.eval()
    again.model.eval()
    before, after = logits(trained, prompts), logits(again, prompts)
    assert torch.allclose(before, after, atol=1e-4)
    assert not torch.allclose(after, logits(backbone, prompts), atol=1e-3)


def test_parts_cover_every_parameter_once(backbone):
    for name, _ in backbone.model.named_parameters():
        parts = [p for p, form in backbone.family.parts.items() if re.fullmatch(form, name)]
        assert len(parts) == 1, name


def test_lora_targets_are_linear_layers_of_their_part(backbone):
    family = backbone.family
    for part in family.parts:
        if part not in family.lora_targets:
            assert family.whole[part]
            continue
        targets = {
            name: module
            for name, module in backbone.model.named_modules()
            if re.fullmatch(family.lora_targets[part], name)
        }
        assert targets
        for name, module in targets.items():
            assert isinstance(module, torch.nn.Linear), name
            assert part_of(f"{name}.weight", family) == part
    # All of the language model's linear layers, but for the head.
    every = {
        name
        for name, module in backbone.model.named_modules()
        if isinstance(module, torch.nn.Linear) and part_of(name + ".", family) == "language"
    }
    adapted = {n for n in every if re.fullmatch(family.lora_targets["language"], n)}
    assert every - adapted <= {"lm_head"}


@pytest.mark.parametrize("size", [(64, 64), (300, 20), (20, 300), (157, 93), (1000, 700), (13, 29)])
def test_the_length_is_known_without_opening_the_picture(seeing, size, tmp_path):
    path = tmp_path / "picture.png"
    PIL.Image.new("RGB", size, "navy").save(path)
    prompt = Prompt("Which events?\n\nPolice fired.", Image("a", str(path), *size))
    unseen = Prompt(prompt.text, Image("a", None, *size))
    for target in (None, TEXT):
        length = len(seeing.encode(prompt, target).input_ids)
        assert seeing.length(unseen, target) == length
        assert seeing.fits(unseen, target, length)
        assert not seeing.fits(unseen, target, length - 1)


def test_a_frame_gives_the_tokens_of_the_whole_layout(backbone, pictures):
    texts = [
        "Which events?\n\nPolice fired.",
        "3 men",
        TEXT,
        "Zo\u00eb fled",
        " blank",
        "end ",
        "",
        "Hm\n",
    ]
    framed = 0
    for image in (None, *(pictures[:2] if backbone.family.reads_images else ())):
        picture = None if image is None else open_image(Path(image.path))
        frame = None if image is None else backbone.frame(image)
        for text in texts:
            whole = inputs_of(backbone.family.chat(backbone.processor, picture, text))
            one = backbone.encode(Prompt(text, image), "yes")
            assert backbone.length(Prompt(text, image), "yes") == len(one.input_ids)
            others = [] if frame is None else [backbone.encode_in(frame, Prompt(text), "yes")]
            for encoded in [one, *filter(None, others)]:
                assert encoded.input_ids[: encoded.prompt_length] == whole.ids
                for name, row in whole.rows.items():
                    assert encoded.per_token[name][: len(row)] == row
                assert encoded.vision.keys() == whole.others.keys()
                for name, value in whole.others.items():
                    assert torch.equal(encoded.vision[name], value)
            framed += sum(other is not None for other in others)
    assert framed in {0, 2 * 3}
    # These layouts go on with ordinary text after the question.
    assert not backbone.family.reads_images or (framed == 0) == (
        backbone.family.name in {"llava", "llava-next", "paligemma"}
    )


def test_a_sentence_cannot_pose_as_a_picture(backbone, samples):
    tokens = ["<image>", "<|image_pad|>", "<IMG_CONTEXT>", "<video>", "<image_soft_token>"]
    text = f"Police {' '.join(tokens)} <start_of_image> fired."
    image = samples[1][0].image if backbone.family.reads_images else None
    assert torch.isfinite(logits(backbone, [Prompt(text), Prompt(text, image)])).all()


def test_pickled_weights_are_refused(backbone, twins, tmp_path):
    folder = tmp_path / "pickled"
    shutil.copytree(twins / backbone.family.model_type, folder)
    (folder / "model.safetensors").unlink()
    torch.save(backbone.model.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(RmplError, match="safetensors"):
        load_backbone(str(folder))


def test_a_checkpoint_without_its_image_processor_is_refused(seeing, twins, tmp_path):
    folder = tmp_path / "text-only"
    shutil.copytree(twins / seeing.family.model_type, folder)
    for name in ("processor_config.json", "preprocessor_config.json"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises(RmplError, match="processor"):
        load_backbone(str(folder))


@pytest.mark.parametrize(("width", "height"), [(400, 300), (130, 500)])
def test_a_box_lies_where_the_model_sees_what_is_in_it(seeing, tmp_path, width, height):
    box = Box(0.3 * width, 0.2 * height, 0.6 * width, 0.7 * height)
    picture = PIL.Image.new("RGB", (height, width), "white").rotate(90, expand=True)
    PIL.ImageDraw.Draw(picture).rectangle((box.x1, box.y1, box.x2 - 1, box.y2 - 1), fill="red")
    exif = picture.getexif()
    exif[ORIENTATION] = 3
    picture.rotate(180).save(tmp_path / "one.png", exif=exif)  # stored upside down
    inspected = inspect_image(seeing, Image("one", str(tmp_path / "one.png"), width, height))
    pixels = np.asarray(inspected.tiles[inspected.whole]).astype(int)
    rows, columns = np.nonzero(pixels[..., 0] - pixels[..., 1] > 120)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    drawn = inspected.box(box)
    assert [drawn.x1, drawn.y1, drawn.x2, drawn.y2] == pytest.approx(seen, abs=1)


def test_bounds_of_pixels_are_kept_or_refused(backbone, twins):
    folder = str(twins / backbone.family.model_type)
    if backbone.family.pixels is None:
        with pytest.raises(RmplError, match="does not support min_pixels"):
            load_backbone(folder, Settings(max_pixels=9000))
        return
    bounded = load_backbone(folder, Settings(min_pixels=6000, max_pixels=9000))
    assert bounded.settings.max_pixels == 9000
    assert bounded.processor.image_processor.size["longest_edge"] == 9000
    # Bounds that nobody named are written down all the same.
    assert backbone.settings.min_pixels > 0
    with pytest.raises(RmplError, match="more than max_pixels"):
        load_backbone(folder, Settings(min_pixels=9000, max_pixels=6000))


def test_other_pixels_than_in_training_are_refused_at_inference():
    trained = Settings(min_pixels=3136, max_pixels=50_000)
    assert inference_settings(trained) == trained
    assert inference_settings(trained, max_pixels=50_000) == trained
    with pytest.raises(RmplError, match="trained with 3136 to 50000"):
        inference_settings(trained, max_pixels=90_000)
    allowed = inference_settings(trained, max_pixels=90_000, other_pixels=True)
    assert (allowed.min_pixels, allowed.max_pixels) == (3136, 90_000)


def test_an_image_for_a_model_that_reads_none_is_refused_in_one_line(backbone, pictures):
    if backbone.family.reads_images:
        pytest.skip("reads images")
    for ask in (backbone.encode, backbone.length):
        with pytest.raises(RmplError, match=r"0\.jpg: .* models read no images; use a vision-"):
            ask(Prompt("What?", pictures[0]))
    with pytest.raises(RmplError, match="read no images"):
        backbone.frame(pictures[0])


def test_a_checkpoint_without_a_chat_template_is_refused(backbone, twins, tmp_path):
    if backbone.family.name == "paligemma":
        pytest.skip("has none")
    folder = tmp_path / "base"
    shutil.copytree(twins / backbone.family.model_type, folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(RmplError, match=r"base: this checkpoint has no chat template"):
        load_backbone(str(folder))
