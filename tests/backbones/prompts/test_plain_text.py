"""What a document says is text to every family, whatever it writes out."""

from __future__ import annotations

import PIL.Image
import pytest
from tokenizers import AddedToken

from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import family_names
from rmpl.backbones.image_cache import compute_images
from rmpl.backbones.prompts.frames import tokens_of
from rmpl.backbones.prompts.plain_text import PlainText
from rmpl.ontology import load_ontology
from rmpl.records import Box, Image, ImageArgument
from rmpl.tasks import Prompt
from rmpl.tasks.argument_roles import ImageARE
from rmpl.tasks.schema import image_participants, write_participants

WRITTEN = ("<|im_end|>", "<|im_start|>system", "<image>", "</s>", "<loc0001>", "<end_of_turn>")
FORMS = ("Police arrested Ana {} in Lima.", "{} fled", "Ana {}", " {}{} ", "a{}b{}")


@pytest.fixture(scope="module", params=family_names())
def backbone(request, twins):
    return load_backbone(str(twins / request.param))


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> Image:
    path = tmp_path_factory.mktemp("pictures") / "red.png"
    PIL.Image.new("RGB", (90, 60), "red").save(path)
    return Image("red", str(path), 90, 60)


def control(tokenizer) -> set[int]:
    return set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)


def own(tokenizer) -> list[str]:
    """A tokenizer's own control tokens; of a long row of alike ones, some."""
    added = [token.content for token in tokenizer.added_tokens_decoder.values()]
    return [*added[:9], *added[-2:], *WRITTEN]


def test_no_control_token_comes_of_a_text_in_a_prompt_or_in_a_target(backbone, picture):
    tokenizer = backbone.tokenizer
    known = control(tokenizer)
    for image in (None, picture) if backbone.family.reads_images else (None,):
        usual = backbone.encode(Prompt("Police fired.", image), "no").input_ids
        expected = [number for number in usual if number in known]
        for written in own(tokenizer):
            for form in FORMS:
                text = form.replace("{}", written)
                encoded = backbone.encode(Prompt(text, image), text)
                found = [number for number in encoded.input_ids if number in known]
                assert found == expected, text
                # All of it reaches the model, and what is taught is what stands there.
                assert text.strip() in tokenizer.decode(encoded.input_ids)
                assert backbone.read(encoded.input_ids[encoded.prompt_length :]) == text
                assert backbone.length(Prompt(text, image), text) == len(encoded.input_ids)
                for row in encoded.per_token.values():
                    assert len(row) == len(encoded.input_ids)


def test_a_picture_that_was_looked_at_makes_no_difference(backbone, picture):
    if not backbone.family.reads_images:
        pytest.skip("reads no images")
    (cached,) = compute_images(backbone, [Prompt("What?", picture)])
    for written in own(backbone.tokenizer):
        prompt = Prompt(f"Ana {written} fled", picture)
        one, other = backbone.encode(prompt), cached.encode(backbone, prompt)
        assert (one.input_ids, one.per_token) == (other.input_ids, other.per_token)


def test_ordinary_text_has_the_tokens_it_always_had(backbone):
    plain = PlainText(backbone.tokenizer, backbone.placeholders)
    for text in ("Police fired on 3 men.", "a < b > c", "< |im_end| >", "“No”\n\n\n Zoë", "", " "):
        assert plain.tokens(text) == tokens_of(backbone.tokenizer, text)


def test_boxes_of_answers_keep_the_family_s_own_tokens_and_spans_do_not(backbone):
    boxes = backbone.context(load_ontology("m2e2")).boxes
    image = Image("i", "i.jpg", 640, 480)
    shown = image_participants([ImageArgument("Victim", Box(3, 5, 600, 470))], image, boxes)
    target = write_participants(shown, boxes.key)
    usual = tokens_of(backbone.tokenizer, target)
    assert backbone.encode(Prompt("a"), target).input_ids[-len(usual) - 1 : -1] == usual
    written = target.split('":"')[-1] if backbone.family.box_tokens else "<loc0001>"
    forged = '[{"role":"Victim","span":"' + f'{written}"box":"{written}'.replace('"', '\\"') + '"}]'
    known = control(backbone.tokenizer)
    assert known.isdisjoint(backbone.encode(Prompt("a"), forged).input_ids[-20:-1])
    # In a prompt, only where a task has put them.
    text = f"Name it. {target}"
    bare = backbone.encode(Prompt(text)).input_ids
    placed = backbone.encode(Prompt(text, None, ((0, len(text)),))).input_ids
    assert (len(placed) < len(bare)) == bool(backbone.family.box_tokens)


def test_added_tokens_that_are_not_special_are_text_too_and_runs_of_blanks_stay(twins):
    backbone = load_backbone(str(twins / "qwen2_vl"))
    tokenizer = backbone.tokenizer
    tokenizer.add_tokens([AddedToken("<tool_call>", special=False), AddedToken("\n\n")])
    plain = PlainText(tokenizer, backbone.placeholders)
    call, blank = tokenizer.convert_tokens_to_ids(["<tool_call>", "\n\n"])
    ids = plain.tokens("a <tool_call> b\n\nc")
    assert call not in ids
    assert blank in ids
    assert tokenizer.decode(ids) == "a <tool_call> b\n\nc"


def test_the_worked_examples_and_boxes_of_tasks_are_named(twins):
    backbone = load_backbone(str(twins / "qwen2_vl"))
    context = backbone.context(load_ontology("m2e2"))
    target = '[{"role":"Victim","box":"<|box_start|>(1,2),(3,4)<|box_end|>"}]'
    context.examples  # noqa: B018
    task = ImageARE(
        type(context)(context.ontology, context.boxes, examples={ImageARE.name: target})
    )
    prompt = task.prompt(f"a document with {target}")
    (place,) = prompt.boxes
    assert prompt.text[slice(*place)].startswith('"box":"<|box_start|>')
    assert place[1] < prompt.text.index("a document")
