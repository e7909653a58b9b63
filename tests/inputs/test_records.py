"""Documents as JSON: their images, with an id and without."""

import json

import pytest

from article_files import png, write


@pytest.mark.parametrize(
    "form", [{"text": "He fell."}, {"sentences": [{"id": "s", "text": "He."}]}]
)
def test_an_image_without_an_id_is_named_by_its_path(tmp_path, read, form):
    (tmp_path / "p").mkdir()
    for name in ("a.jpg", "p/b.jpg"):
        write(tmp_path / name, png())
    images = [
        {"path": "a.jpg", "caption": "A man."},
        {"path": "a.jpg"},
        {"id": "p/b.jpg", "path": "a.jpg", "width": 40},
        {"path": "p/b.jpg"},
    ]
    (tmp_path / "e.json").write_text(json.dumps({"id": "d", **form, "images": images}))
    document = read(tmp_path / "e.json").one.document
    found = [(image.id, image.path, image.caption) for image in document.images]
    assert found == [
        ("p/b.jpg", str(tmp_path / "a.jpg"), ""),
        ("p/b.jpg (2)", str(tmp_path / "p/b.jpg"), ""),
    ]


def test_an_image_without_id_and_path_is_one_line(tmp_path, read):
    written = {"id": "d", "text": "He fell.", "images": [{"caption": "A man."}]}
    (tmp_path / "e.json").write_text(json.dumps(written))
    found = read(tmp_path / "e.json")
    assert not found.items
    [told] = found.told
    assert told.what == "an image without id and path"
    assert told.where.startswith(f"{tmp_path}/e.json")


def test_a_document_whose_text_has_another_key_is_told_of_with_its_keys(tmp_path, read):
    write(tmp_path / "e.json", json.dumps({"content": "He fell.", "headline": "x"}).encode())
    [told] = read(tmp_path / "e.json").told
    assert told.what == "a document without \"text\" (its keys: 'content', 'headline')"
    assert 'the key "text"' in told.remedy
