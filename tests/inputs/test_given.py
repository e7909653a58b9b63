"""What programs give to an extractor besides a text."""

import PIL.Image
import pytest

from rmpl.errors import RmplError
from rmpl.inputs.given import looks_like_a_path, with_image_files
from rmpl.records import Document, Image


def test_names_of_files_look_like_paths_and_sentences_do_not(tmp_path, monkeypatch):
    (tmp_path / "my news").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("story.txt", "news/a.HTML", "C:\\news\\a.jpg", str(tmp_path), "my news"):
        assert looks_like_a_path(name)
    for text in (
        "Police shot Ana.",
        "Read story.txt",
        "",
        "news",
        "a\nb.txt",
        "x" * 5000,
        "\0",
        "."[:0],
    ):
        assert not looks_like_a_path(text)


def test_images_are_measured_and_come_after_the_documents_own(tmp_path):
    for name in ("a.png", "b.png"):
        PIL.Image.new("RGB", (40, 30)).save(tmp_path / name)
    document = Document("d", images=(Image("own"),))
    found = with_image_files(document, [tmp_path / "a.png", str(tmp_path / "b.png")])
    assert [(image.width, image.height) for image in found.images] == [(0, 0), (40, 30), (40, 30)]
    assert found.images[2].id == str(tmp_path / "b.png")
    assert with_image_files(document, str(tmp_path / "a.png")).images[1].width == 40
    assert with_image_files(document, ()) is document


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (["none.jpg"], r"none\.jpg: no such image"),
        (["https://example.org/a.jpg"], "URLs are never fetched"),
        ([PIL.Image.new("RGB", (2, 2))], "an image is a Image; save it"),
        (PIL.Image.new("RGB", (2, 2)), "an image is a Image; save it"),
        (7, "an image is a int; save it"),
        (b"a.png", "an image is a bytes; save it"),
        (["FILE", "FILE"], "given twice"),
        (["TEXT"], r"a\.txt"),
    ],
)
def test_images_that_cannot_be_used_are_one_line(tmp_path, images, said):
    PIL.Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("no image")
    places = {"FILE": tmp_path / "a.png", "TEXT": tmp_path / "a.txt"}
    given = images
    if isinstance(images, list):
        given = [places.get(one, one) if isinstance(one, str) else one for one in images]
    with pytest.raises(RmplError, match=said) as refused:
        with_image_files(Document("d"), given)
    assert "\n" not in str(refused.value)
