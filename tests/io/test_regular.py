"""What is opened to be read: regular files, nothing that never ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rmpl.errors import RmplError
from rmpl.io.regular import open_regular, read_text


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def ear(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


@pytest.mark.parametrize("make", [pipe, device, ear])
def test_what_is_no_regular_file_is_one_line_and_nobody_waits(tmp_path, monkeypatch, make):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    make(Path("a.jsonl"))
    with pytest.raises(RmplError, match=r"^a\.jsonl: not a regular file"):
        open_regular(Path("a.jsonl"))


def test_a_regular_file_and_a_link_to_one_are_opened(tmp_path):
    (tmp_path / "a").write_text("ä")
    (tmp_path / "b").symlink_to("a")
    assert read_text(tmp_path / "b") == "ä"
    with open_regular(tmp_path / "a") as file:
        assert os.get_blocking(file.fileno())
        assert file.read() == "ä".encode()
    with pytest.raises(RmplError, match="more than 0 MB"):
        read_text(tmp_path / "a", most=1)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "c")
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)


def test_a_pipe_that_the_shell_hands_over_is_read():
    script = (
        "import sys, pathlib\n"
        "from rmpl.io.regular import open_regular\n"
        "print(open_regular(pathlib.Path(sys.argv[1])).read())"
    )
    command = f"{sys.executable} -c '{script}' <(echo a); echo b | {sys.executable} -c '{script}' "
    found = subprocess.run(
        ["bash", "-c", command + "/dev/stdin"], capture_output=True, text=True, check=False
    )
    assert found.stdout == "b'a\\n'\nb'b\\n'\n", found.stderr
