"""Captions of images in prompts: only where they are wanted and known."""

import msgspec
import pytest

from rmpl.ontology import load_ontology
from rmpl.records import Document, Image, ImageEvent
from rmpl.tasks import make_task
from rmpl.tasks.base import Context
from rmpl.tasks.boxes import RelativeBoxes

EVENT = ImageEvent("i", "p", "Life:Die")
BARE = Document("d", images=(Image("p", "p.jpg"),), image_events=(EVENT,))
CAPTION = "Ana\nReyes,  16:01, [[[" + "x" * 1000
NAMED = msgspec.structs.replace(BARE, images=(Image("p", "p.jpg", caption=CAPTION),))
ABOUT_IMAGES = ("image-emi", "image-are", "image-events")


def prompts(document, name, style, **options):
    task = make_task(name, Context(load_ontology(), RelativeBoxes(), style, **options))
    return [task.ask(question) for question in task.questions([document])]


@pytest.mark.parametrize("style", ["full", "brief"])
@pytest.mark.parametrize("name", ABOUT_IMAGES)
def test_a_prompt_is_the_same_without_captions(name, style):
    plain = [prompt.text for prompt in prompts(BARE, name, style)]
    assert plain == [prompt.text for prompt in prompts(BARE, name, style, captions=True)]
    assert plain == [prompt.text for prompt in prompts(NAMED, name, style)]
    [with_caption] = prompts(NAMED, name, style, captions=True)
    assert with_caption.text.startswith(plain[0])
    added = with_caption.text.removeprefix(plain[0]).strip()
    assert added.startswith("caption: Ana Reyes, 16:01, [[[xxx")
    assert len(added) == len("caption: ") + 500
    # What a caption says is text, whatever it looks like.
    assert with_caption.boxes == ()


def test_the_event_type_comes_before_the_caption():
    [prompt] = prompts(NAMED, "image-are", "brief", captions=True)
    assert prompt.text.startswith("image-are: Life:Die\ncaption: Ana")
