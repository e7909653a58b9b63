"""Zip archives are read like folders, and nothing is unpacked to the disk."""

import gzip
import json

import pytest

from article_files import archive, mail, paragraph, png, word, write
from rmpl.errors import RmplError


def test_an_archive_is_read_like_a_folder(tmp_path, read):
    members = {
        "x/a.html": "<p>Fire.</p><img src='../i/1.png' alt='Smoke rises.'>",
        "i/1.png": png(),
        "b/storm.txt": "A storm killed ten.",
        "b/storm-2.png": png((10, 10)),
        "b/other.txt": "He fell.",
        "c/s.docx": word(paragraph("She ran.")),
        "c/m.eml": mail("They ran.", a=png()),
        "d/l.jsonl": json.dumps({"text": "He ran.", "image": "2.png"}),
        "d/2.png": png((30, 30)),
        "e/t.csv": "text\nThey fell.\n",
        "f/a.txt.gz": gzip.compress(b"Gone."),
        "__MACOSX/x/._a.html": b"\0", ".hidden.txt": "x", "x/a.exe": b"\0",
    }  # fmt: skip
    path = write(tmp_path / "n.zip", archive(members))
    found = read(path)
    assert not found.told
    images = {
        name.removeprefix(f"{path}/"): [image.id.removeprefix(f"{path}/") for image in one.images]
        for name, one in found.documents.items()
    }
    assert images == {
        "b/other.txt": [],
        "b/storm.txt": ["b/storm-2.png"],
        "c/m.eml": ["c/m.eml/a.png"],
        "c/s.docx": [],
        "d/l.jsonl:1": ["2.png"],
        "e/t.csv:2": [],
        "f/a.txt.gz": [],
        "x/a.html": ["i/1.png"],
    }
    assert found.report.left_out["unsupported file type"] == 1
    assert [one.name for one in tmp_path.iterdir()] == ["n.zip"]
    # In a folder it is one of its files.
    assert read(tmp_path).documents.keys() == found.documents.keys()


def test_what_would_leave_an_archive_or_is_one_itself_is_told_of(tmp_path, read):
    members = {
        "../out.txt": "x", "/abs.txt": "x", "C:\\x.txt": "x", "in/n.zip": archive({"a.txt": "x"}),
        "a.txt": "He fell.",
    }  # fmt: skip
    path = write(tmp_path / "n.zip", archive(members))
    found = read(path)
    assert list(found.documents) == [f"{path}/a.txt"]
    assert sorted(error.what.split(",")[0] for error in found.told) == [
        *["a name in an archive that leaves its folder"] * 3,
        "an archive within an archive",
    ]


def test_a_page_in_an_archive_shows_no_image_outside_it(tmp_path, read):
    write(tmp_path / "secret.png", png())
    path = write(tmp_path / "n.zip", archive({"a.html": "<p>x</p><img src='../secret.png'>"}))
    found = read(path)
    assert [document.images for document in found.documents.values()] == [()]
    assert [error.what for error in found.told] == ["references an image outside its folder"]


@pytest.mark.parametrize("content", [b"PK\x03\x04 cut short", b"He fell.", archive({})[:10]])
def test_a_broken_archive_is_refused_if_it_is_named_and_skipped_in_a_folder(
    tmp_path, read, content
):
    path = write(tmp_path / "n.zip", content)
    with pytest.raises(RmplError, match=r"n\.zip: "):
        read(path)
    write(tmp_path / "a.txt", b"He fell.")
    found = read(tmp_path)
    assert list(found.documents) == [f"{tmp_path}/a.txt"]
    assert len(found.told) == 1
