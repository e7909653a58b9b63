"""Training samples on a page: prompt and target, annotation and what the target says."""

from __future__ import annotations

import dataclasses
import re

import msgspec
import PIL.Image
import pytest

from rmpl.viewer.drawing.thumbnails import embed
from rmpl.viewer.inspection import ShownDocument, ShownSample, write_inspection
from viewer import chromium
from viewer.payloads import HOSTILE
from viewer.samples import gold_document, make_picture, predicted_document
from viewer.test_hostile_text import ALLOWED, _Structure, hostile_documents


def written(tmp_path, documents, **more):
    path = tmp_path / "inspect.html"
    options = {"title": "a corpus", "notes": ["a note"], **more}
    assert write_inspection(path, documents=documents, **options) == path
    return path.read_text(encoding="utf-8")


def sample(parts, tiles=(), prompt=(("<|im_start|>", True), ("text-emi: Police", False))):
    return ShownSample("text-emi", "s1", prompt, (("[]", False),), (46, 12), parts, tiles)


def test_a_sample_shows_prompt_target_tokens_and_both_readings(tmp_path):
    picture = make_picture(tmp_path)
    parts = gold_document(picture), predicted_document(picture)
    unlinked = msgspec.structs.replace(gold_document(), links=())
    page = written(tmp_path, [ShownDocument(unlinked, [sample(parts)], left_out=3)])
    assert "<i>&lt;|im_start|&gt;</i>text-emi: Police</pre>" in page
    assert "46 + 12 tokens" in page
    assert "parsed target" in page
    assert "3 more samples of this document" in page
    # Sentences without events are training samples, too.
    assert "Nothing happened" in page
    assert "without events" not in page


def test_links_of_a_document_are_drawn_with_both_ends(tmp_path):
    gold = gold_document(make_picture(tmp_path))
    page = written(tmp_path, [ShownDocument(gold, []), ShownDocument(gold_document(key="b"), [])])
    rows = re.findall(r'<li id="d1yk0".*?</li>', page, re.DOTALL)
    assert len(rows) == 1
    assert "sentence 2 and image 1: Arrest-Jail" in rows[0]
    assert page.count('data-l="d1yl0"') == 3  # the trigger's badge, the image's and the list's
    assert "links</b> of the document" in page
    unlinked = msgspec.structs.replace(gold, links=())
    assert "links</b> of" not in written(tmp_path, [ShownDocument(unlinked, [])])


def test_what_the_model_gets_is_shown_tile_by_tile(tmp_path):
    tiles = [PIL.Image.new("RGB", (56, 56), "red"), PIL.Image.new("RGB", (56, 56), "blue")]
    page = written(tmp_path, [ShownDocument(gold_document(), [sample(None, tiles)])])
    assert "2 images of 56 x 56 pixels" in page
    assert len(re.findall(r'<img src="data:image/jpeg;base64,', page)) == 2


def test_boxes_are_drawn_on_the_tile_that_shows_the_whole_image(tmp_path):
    parts = gold_document(make_picture(tmp_path)), predicted_document(make_picture(tmp_path))
    tile = PIL.Image.new("RGB", (56, 56), "red")
    one = dataclasses.replace(sample(parts, [tile]), whole=0)
    assert embed(tile, 10_000) in written(tmp_path, [ShownDocument(gold_document(), [one])])
    assert embed(tile, 10_000) not in written(
        tmp_path, [ShownDocument(gold_document(), [sample(parts, [tile])])]
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_element_attribute_or_script(tmp_path, text):
    parts = hostile_documents(tmp_path, text)
    one = ShownSample(text, text, ((text, True), (text, False)), ((text, False),), (1, 1), parts)
    page = written(tmp_path, [ShownDocument(parts[0], [one])], title=text, notes=[text])
    parsed = _Structure()
    parsed.feed(page)
    assert set(parsed.tags) <= ALLOWED | {"pre", "i", "img"}
    assert parsed.tags.count("script") == len(parsed.scripts) == 1
    for tag, name, value in parsed.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in {"href", "src"}:
            assert re.match(r"#[\w-]+$|data:image/jpeg;base64,", value or ""), (tag, value)


@pytest.fixture(scope="module")
def browser():
    if chromium.PROGRAM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with chromium.launch() as running:
        yield running


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("width", [360, 800, 1200])
def test_the_page_fits_and_boxes_lie_on_the_picture_at_every_width(browser, tmp_path, width):
    picture = make_picture(tmp_path)
    parts = gold_document(picture), predicted_document(picture)
    tiles = [PIL.Image.new("RGB", (448, 448), "red")] * 5
    written(tmp_path, [ShownDocument(gold_document(), [sample(parts, tiles)])] * 2)
    browser.problems.clear()
    browser.open(tmp_path / "inspect.html", width=width)
    browser.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert browser.problems == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    shown, left, high = browser.run(
        """(() => {
             const photo = document.querySelector('.pane.gold .photo').getBoundingClientRect();
             const line = document.querySelector('.pane.gold rect.line').getBoundingClientRect();
             return [photo.width, line.left - photo.left, line.height];
           })()"""
    )
    assert [left, high] == pytest.approx([shown * 220 / 400, shown * 230 / 400], abs=1)


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_no_hostile_text_runs(browser, tmp_path):
    browser.problems.clear()
    for number, text in enumerate(HOSTILE):
        folder = tmp_path / str(number)
        folder.mkdir()
        parts = hostile_documents(folder, text)
        one = ShownSample(text, text, ((text, True),), ((text, False),), (1, 1), parts)
        written(folder, [ShownDocument(parts[0], [one])], title=text, notes=[text])
        browser.open(folder / "inspect.html")
        assert browser.run("document.querySelectorAll('script').length") == 1
    assert browser.problems == []
