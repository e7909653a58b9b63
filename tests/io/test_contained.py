"""Members of archives: read where they are, and no more of them than they say."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from article_files import archive, png, write
from rmpl.errors import RmplError
from rmpl.io import contained
from rmpl.io.contained import Archive, archive_of, is_file, open_file, size_of, version_of
from rmpl.io.files import read_bytes
from rmpl.io.images import image_size, open_image


def test_a_member_is_opened_by_its_name(tmp_path: Path) -> None:
    inner = archive({"word/media/1.png": png()}, zipfile.ZIP_STORED)
    path = write(tmp_path / "a.zip", archive({"x/s.docx": inner, "a.txt": "He fell."}))
    image = path / "x/s.docx/word/media/1.png"
    assert is_file(image)
    assert image_size(image) == open_image(image).size == (40, 30)
    assert read_bytes(path / "a.txt") == b"He fell."
    assert size_of(path / "a.txt") == 8
    assert version_of(path / "a.txt") == version_of(path) != (0, 0)
    for name in ("b.txt", "x", "x/s.docx/none.png", "a.txt/b"):
        assert not is_file(path / name)
        with pytest.raises(OSError, match="Not a directory"):
            open_file(path / name)


def test_an_archive_that_changed_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", archive({"a.txt": "one"}))
    assert read_bytes(path / "a.txt") == b"one"
    write(path, archive({"a.txt": "another"}))
    assert read_bytes(path / "a.txt") == b"another"


def members(content: bytes) -> Archive:
    return Archive(lambda: io.BytesIO(content), "a.zip")


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RmplError, match=r"a\.zip/a\.txt: 10 MB compressed to 10 kB"):
        members(archive({"a.txt": b"\0" * 10 * 2**20})).read("a.txt")
    monkeypatch.setattr(contained, "MAX_MEMBER", 1000)
    with pytest.raises(RmplError, match="MB when unpacked"):
        members(archive({"a.txt": "x" * 1001})).read("a.txt")
    monkeypatch.setattr(contained, "MAX_MEMBERS", 2)
    with pytest.raises(RmplError, match="an archive of 3 files"):
        members(archive(dict.fromkeys("abc", "")))


def test_a_member_that_is_longer_than_it_says_is_refused() -> None:
    content = archive({"a.txt": "x" * 1000})
    place = content.index(b"PK\x01\x02") + 24
    lying = content[:place] + struct.pack("<I", 10) + content[place + 4 :]
    with pytest.raises(RmplError, match=r"a\.zip/a\.txt: the zip archive is cut short or damaged"):
        members(lying).read("a.txt")


def test_members_that_share_their_data_are_refused() -> None:
    content = archive({"a": "x" * 100, "b": "y" * 100}, zipfile.ZIP_STORED)
    second = content.rindex(b"PK\x01\x02") + 42
    lying = content[:second] + struct.pack("<I", 0) + content[second + 4 :]
    with pytest.raises(RmplError, match="files that overlap"):
        members(lying)


@pytest.mark.parametrize(
    ("at", "value", "what"), [(8, 1, "an encrypted file"), (10, 12, "another method")]
)
def test_what_cannot_be_unpacked_is_one_line(at: int, value: int, what: str) -> None:
    content = archive({"a.txt": "x" * 100})
    place = content.index(b"PK\x01\x02") + at
    changed = content[:place] + struct.pack("<H", value) + content[place + 2 :]
    with pytest.raises(RmplError, match=what):
        members(changed).read("a.txt")


def test_a_list_of_members_of_gigabytes_is_not_read() -> None:
    content = archive({"a.txt": "x"})
    place = content.rindex(b"PK\x05\x06") + 12
    with pytest.raises(RmplError, match="too many files"):
        members(content[:place] + struct.pack("<I", 2**31) + content[place + 4 :])


def test_a_folder_named_like_an_archive_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.zip").mkdir()
    write(tmp_path / "a.zip" / "a.txt", b"x")
    assert read_bytes(tmp_path / "a.zip" / "a.txt") == b"x"
    assert not is_file(tmp_path / "a.zip" / "b.txt")
    with pytest.raises(RmplError):
        archive_of(write(tmp_path / "b.zip", b"no"))
