"""Lines, JSON and their errors; files that appear only when they are complete."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import msgspec
import pytest

from rmpl.corpora.files import decode, read_bytes, read_lines, repeated_keys, replacing
from rmpl.errors import RmplError, one_line

LIST = msgspec.json.Decoder(list[int])


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_gzip_is_told_by_its_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for content in (b"\xef\xbb\xbfone\r\n\n two", gzip.compress(b"\xef\xbb\xbfone\r\n\n two")):
        path.write_bytes(content)
        assert list(read_lines(path)) == [(f"{path}:1", b"one"), (f"{path}:3", b"two")]
        assert read_bytes(path) == b"one\r\n\n two"


def test_what_cannot_be_read_is_one_error(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gz"
    damaged.write_bytes(gzip.compress(b"line\n" * 1_000)[:-9])
    for read in (read_bytes, lambda path: list(read_lines(path))):
        with pytest.raises(RmplError, match=r"nowhere: no such file; check the path"):
            read(tmp_path / "nowhere")
        with pytest.raises(RmplError, match=r"cannot be read \(Is a directory\)"):
            read(tmp_path)
        with pytest.raises(RmplError, match=r"damaged\.gz.*cut short or damaged"):
            read(damaged)


def test_an_error_in_a_file_of_several_lines_names_the_line() -> None:
    with pytest.raises(RmplError, match=r"^f:3: not a valid record"):
        decode(LIST, b"[1,\n2,\nx]", "f")
    with pytest.raises(RmplError, match=r"^f: not a valid record"):
        decode(LIST, b"[1, 2, x]", "f")


def test_keys_that_come_twice_are_found() -> None:
    once = {"a": {"verb": "x"}, "b": {"verb": "verb"}}
    data = json.dumps(once)
    assert repeated_keys(data.encode(), once, "verb") == []
    twice = data.replace('"b"', '"a"').encode()
    assert repeated_keys(twice, json.loads(twice), "verb") == ["a"]


def test_a_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]
    with replacing(path) as file:
        file.write(b"new")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"new"]
    with pytest.raises(RmplError, match="cannot be written"), replacing(tmp_path / "no" / "a"):
        pass


def test_the_same_content_gives_the_same_packed_bytes(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        with replacing(tmp_path / name) as file:
            file.write(b"content")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert read_bytes(tmp_path / "a.gz") == b"content"


def test_quoted_content_stays_on_one_line() -> None:
    assert one_line("a b\n\x1b[31mé") == r"a b\n\x1b[31mé"
