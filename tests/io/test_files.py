"""Lines, JSON and their errors; files that appear only when they are complete."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import msgspec
import pytest

from rmpl.errors import RmplError, one_line
from rmpl.io.files import (
    appearing,
    decode,
    lines_of,
    read_bytes,
    read_lines,
    repeated_keys,
    replacing,
)

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


BOMB = 30_000_000
"""Bytes of one bomb; what is allowed below is a tenth of that."""


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bombs") / "bomb.txt"
    path.write_bytes(gzip.compress(b"a" * BOMB))
    return path


def test_a_bomb_is_counted_while_it_is_unpacked(bomb: Path) -> None:
    most = BOMB // 10
    tracemalloc.start()
    try:
        with pytest.raises(RmplError, match=r"bomb\.txt: more than 3 MB when unpacked; split"):
            read_bytes(bomb, most)
        with bomb.open("rb") as file, pytest.raises(RmplError, match=r"b:1: a line of more than 3"):
            next(lines_of(file, "b", most))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * most


def test_a_file_or_a_line_that_is_just_not_too_long_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (b"12345\n123\n", gzip.compress(b"12345\n123\n")):
        path.write_bytes(content)
        assert read_bytes(path, most=10) == b"12345\n123\n"
        with pytest.raises(RmplError, match="more than"):
            read_bytes(path, most=9)
        with path.open("rb") as file:
            assert [line for _, line in lines_of(file, "a", most=6)] == [b"12345", b"123"]
        with path.open("rb") as file, pytest.raises(RmplError, match="a:1: a line of more than"):
            list(lines_of(file, "a", most=5))


def test_what_never_ends_is_not_read_to_its_end(tmp_path: Path) -> None:
    endless = io.BufferedReader(io.FileIO("/dev/zero"))
    with endless, pytest.raises(RmplError, match="a line of more than 64 MB"):
        list(lines_of(endless, "standard input"))
    os.mkfifo(tmp_path / "a.jsonl")
    for read in (read_bytes, lambda path: next(read_lines(path))):
        with pytest.raises(RmplError, match=r"a\.jsonl: not a regular file"):
            read(tmp_path / "a.jsonl")


def test_a_partial_file_is_none_that_somebody_put_there(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".o.jsonl.partial").symlink_to(tmp_path / "mine")
    (tmp_path / "o.jsonl").symlink_to(tmp_path / "mine")
    with replacing(tmp_path / "o.jsonl") as file:
        file.write(b"new")
    assert (tmp_path / "mine").read_text() == "mine"
    assert (tmp_path / "o.jsonl").read_text() == "new"
    assert not (tmp_path / "o.jsonl").is_symlink()


def test_two_writers_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    with replacing(path) as one:
        one.write(b"1" * 10)
        with replacing(path) as other:
            other.write(b"2" * 100)
        assert path.read_bytes() == b"2" * 100
        one.write(b"1" * 10)
    assert path.read_bytes() == b"1" * 20
    assert [p.name for p in tmp_path.iterdir()] == ["o.jsonl"]


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib\n"
        "from rmpl.io.files import replacing\n"
        "with replacing(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write(b'half')\n"
        "    file.flush()\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "a.txt"
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".partial")
    (tmp_path / ".a.txt.notes.partial").write_text("kept")
    with replacing(path) as one:
        thread = threading.Thread(target=lambda: replacing(path).__enter__().close())
        thread.start()
        thread.join()
        one.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert not left.exists()
    assert (tmp_path / ".a.txt.notes.partial").read_text() == "kept"


def test_a_full_disk_is_one_line_and_what_was_there_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.gz"
    with replacing(path) as file:
        file.write(b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RmplError, match=r"cannot be written \(No space left"), replacing(path) as f:
        f.write(b"new")
    assert read_bytes(path) == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.gz"]
    with pytest.raises(RmplError, match="No space left"), replacing(Path("/dev/full")) as f:
        f.write(b"new")


def test_standard_output_and_long_names_can_be_written(tmp_path: Path) -> None:
    script = "import sys, pathlib\nfrom rmpl.io.files import replacing\n"
    script += "with replacing(pathlib.Path('/dev/stdout')) as file: file.write(b'told')"
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", script], stdout=out, check=True)
    assert (tmp_path / "out").read_bytes() == b"told"
    with appearing(tmp_path / ("n" * 250)) as file:
        file.write(b"long")
    assert (tmp_path / ("n" * 250)).read_bytes() == b"long"
