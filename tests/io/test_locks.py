"""Who may write: one process at a time, and nobody is kept out by one that was killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rmpl.errors import RmplError
from rmpl.io.locks import writing_file, writing_folder

pytest.importorskip("fcntl", reason="no locks on this system")

HOLD = """
import sys
from pathlib import Path
from rmpl.io.locks import writing_file, writing_folder
with {"file": writing_file, "folder": writing_folder}[sys.argv[1]](Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def held_elsewhere(kind: str, path: Path):
    """Let another process hold a file or a folder; yields it."""
    command = [sys.executable, "-c", HOLD, kind, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.stdin.close()


@pytest.mark.parametrize(("kind", "writing"), [("file", writing_file), ("folder", writing_folder)])
def test_a_second_process_is_refused_until_the_first_ends(tmp_path, kind, writing):
    path = tmp_path / "out"
    with held_elsewhere(kind, path):
        with pytest.raises(RmplError, match="out: is being written by another process; wait"):
            writing(path).__enter__()
        with writing(tmp_path / "other"):
            pass
    with writing(path):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("kind", "writing"), [("file", writing_file), ("folder", writing_folder)])
def test_a_killed_process_keeps_nobody_out(tmp_path, kind, writing):
    path = tmp_path / "out"
    with held_elsewhere(kind, path) as process:
        process.kill()
        process.wait()
        left = list(tmp_path.rglob(".*lock"))
        with writing(path):
            pass
    assert len(left) == 1
    assert not left[0].exists()


def in_another_thread(work) -> list[RmplError]:
    """Return the error of some work done by another thread, if there was one."""
    refused = []

    def run():
        try:
            work()
        except RmplError as error:
            refused.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return refused


def test_one_name_and_another_are_one_file(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for writing, one, other in (
        (writing_file, "real/a", "link/a"),
        (writing_file, "real/a", "real/../link/a"),
        (writing_folder, "real", "link"),
    ):
        with writing(tmp_path / one):
            assert in_another_thread(writing(tmp_path / other).__enter__)


def test_the_thread_that_holds_it_may_hold_it_again_and_no_other_may(tmp_path):
    with writing_folder(tmp_path):
        with writing_folder(tmp_path):
            pass
        assert in_another_thread(writing_folder(tmp_path).__enter__)
    with writing_file(tmp_path / "a"), pytest.raises(RmplError, match="another"):
        writing_file(tmp_path / "a", again=False).__enter__()


def test_a_forked_child_keeps_no_lock_of_its_parent(tmp_path):
    script = (
        "import os, sys, time, pathlib\n"
        "from rmpl.io.locks import writing_file\n"
        "writing_file(pathlib.Path(sys.argv[1])).__enter__()\n"
        "child = os.fork()\n"
        "if not child: time.sleep(60)\n"
        "print(child, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        parent.wait()
        try:
            with writing_file(tmp_path / "a"):
                pass
        finally:
            os.kill(child, 9)


def test_many_that_come_and_go_never_hold_one_file_together(tmp_path):
    """The lock's name is removed each time: nobody may hold a file that has lost its name."""
    script = (
        "import os, sys, pathlib\n"
        "from rmpl.errors import RmplError\n"
        "from rmpl.io.locks import writing_file\n"
        "folder, got = pathlib.Path(sys.argv[1]), 0\n"
        "while got < 40:\n"
        "    try:\n"
        "        with writing_file(folder / 'a'):\n"
        "            os.mkdir(folder / 'alone')\n"
        "            os.rmdir(folder / 'alone')\n"
        "            got += 1\n"
        "    except RmplError:\n"
        "        pass\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    several = [subprocess.Popen(command) for _ in range(3)]
    assert [one.wait(60) for one in several] == [0, 0, 0]


def test_a_folder_is_made_and_goes_again_where_nothing_was_put_into_it(tmp_path):
    with writing_folder(tmp_path / "runs" / "a"):
        assert (tmp_path / "runs" / "a").is_dir()
    assert not (tmp_path / "runs").exists()
    with writing_folder(tmp_path / "runs" / "a"):
        (tmp_path / "runs" / "a" / "kept").touch()
    assert [path.name for path in (tmp_path / "runs" / "a").iterdir()] == ["kept"]


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".a.lock").symlink_to(tmp_path / "mine")
    (tmp_path / ".rmpl.lock").symlink_to(tmp_path / "new")
    for writing in (writing_file(tmp_path / "a"), writing_folder(tmp_path)):
        with pytest.raises(RmplError, match="cannot be written"):
            writing.__enter__()
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["no/such/a", "folder", "file/a"])
def test_what_cannot_be_written_is_told_before_the_work(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(RmplError, match=r"cannot be written|is a folder"):
        writing_file(tmp_path / name).__enter__()


def test_a_long_name_and_what_is_no_file_of_its_own(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / ("ä" * 127), tmp_path / "pipe", Path("/dev/null"), Path("/dev/stdout")):
        with writing_file(path), writing_file(path):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
