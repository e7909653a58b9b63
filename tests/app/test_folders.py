"""The app's temporary files are gone when it ends, however it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="no uvicorn: pip install 'rmpl[serve]'")

from rmpl.app.folders import work_folder

PROGRAM = """
import sys
from rmpl.app import server
from rmpl.app.service import Service

def examples(count, folder):
    print(folder, flush=True)
    if sys.argv[1] == "early":
        import time; time.sleep(60)
    return []

server.make_examples = examples
started = server.uvicorn.Server.startup
async def startup(self, sockets=None):
    await started(self, sockets)
    print("started", flush=True)
server.uvicorn.Server.startup = startup
made = Service(['none'], load=lambda *_: None)
server.serve(made, host="127.0.0.1", port=0, hosts=server.LOOPBACK)
print("ended", flush=True)
"""


def started(tmp_path: Path, when: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, when],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    folder = Path(process.stdout.readline().strip())
    if when == "late":
        assert process.stdout.readline() == "started\n"
    return process, folder


@pytest.mark.parametrize(
    ("how", "when"),
    [(signal.SIGTERM, "late"), (signal.SIGINT, "late"), (signal.SIGTERM, "early")],
)
def test_a_signal_ends_it_in_order(tmp_path, how, when):
    process, folder = started(tmp_path, when)
    assert folder.is_dir()
    process.send_signal(how)
    said, wrong = process.communicate(timeout=60)
    assert (process.returncode, said, wrong) == (0, "ended\n", "")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_left_is_removed_and_nothing_else(tmp_path, monkeypatch):
    process, left = started(tmp_path, "late")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (left / "private.jpg").write_bytes(b"x")
    kept = tmp_path / "mine"
    kept.mkdir()
    (tmp_path / "rmpl-app-link").symlink_to(kept)
    (kept / "file").write_text("x")
    with work_folder() as other:
        assert left.is_dir()  # its app still runs
        assert other != left
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while left.exists() and time.monotonic() < deadline:
        with work_folder() as other:
            assert other.is_dir()
    assert not left.exists()
    assert (kept / "file").exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mine", "rmpl-app-link"]
