"""What the app costs under attack: memory, how long others wait, and how it is afterwards.

    python benchmarks/app_load.py --run RUN

Starts ``rmpl app`` on this machine, and asks it for the most that it lets through: each kind of
request alone, while another client asks ``GET /api`` again and again, then sixteen at once, whose
clients hang up after some seconds. Memory is the process's own, above what it holds once it has
answered; a normal request is one sentence. It takes some minutes.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import functools
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import PIL.Image
from rich.console import Console
from rich.table import Table

SENTENCE = b'{"text": "Police arrested Ana Reyes in Lima."}'
AT_ONCE = 16
HELD_SECONDS = 20.0
AFTER_SECONDS = 10.0

Done = TypeVar("Done")


class Server(NamedTuple):
    """A running app."""

    port: int
    process: int

    def memory(self, what: str = "VmRSS") -> float:
        """Return what the process holds, in MB."""
        status = Path(f"/proc/{self.process}/status").read_text()
        line = next(one for one in status.splitlines() if one.startswith(what))
        return int(line.split()[1]) / 1024

    def forget_peak(self) -> None:
        """Let the peak begin at what is held now."""
        Path(f"/proc/{self.process}/clear_refs").write_text("5")

    def get(self) -> float:
        """Return how long ``GET /api`` takes."""
        begun = time.perf_counter()
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api", timeout=300).read()
        return time.perf_counter() - begun

    def send(self, body: bytes) -> socket.socket:
        """Ask, and return the connection that the answer will come on."""
        head = (
            "POST /api/draw HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made = socket.create_connection(("127.0.0.1", self.port), timeout=300)
        made.sendall(head.encode() + body)
        return made

    def post(self, body: bytes) -> tuple[int, float]:
        """Return the status of an answer, and how long it took."""
        begun = time.perf_counter()
        with contextlib.closing(self.send(body)) as made:
            first = made.recv(65536)
            while made.recv(65536):
                pass
        return int(first.split()[1]), time.perf_counter() - begun


@contextlib.contextmanager
def served(run: Path) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rmpl.cli.main", "app", "--model", str(run)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*command, "--port", str(port)], env={**os.environ, "TMPDIR": folder}
        ) as process,
    ):
        server = Server(port, process.pid)
        for _ in range(600):
            with contextlib.suppress(OSError):
                server.get()
                break
            time.sleep(0.2)
        try:
            yield server
        finally:
            process.terminate()
            process.wait(60)
            print(f"left behind: {sorted(p.name for p in Path(folder).glob('*rmpl*'))}")


def asked(text: str = "", **files: bytes) -> bytes:
    made = [
        {"name": name.replace("_", "."), "content": base64.b64encode(content).decode()}
        for name, content in files.items()
    ]
    return json.dumps({"text": text, "files": made}).encode()


def png(mode: str, side: int) -> bytes:
    file = io.BytesIO()
    PIL.Image.new(mode, (side, side)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def noise(side: int) -> bytes:
    values = np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(values).save(file, "JPEG", quality=80)
    return file.getvalue()


def long_text() -> str:
    return " ".join(f"Troops bombed town {number}." for number in range(850))[:19_900]


def requests() -> dict[str, bytes]:
    """Return the heaviest requests by name: most of them are let through."""
    clear = png("RGBA", 5000)
    half = png("RGBA", 3500)
    sharp = noise(1500)
    much = {f"p{n}_jpg": sharp for n in range(16_000_000 // len(sharp))}
    return {
        "19,900 characters": asked(long_text()),
        "20,000 times <img": asked(a_html=b"<p>Police met.</p>" + b"<img" * 19_990),
        "20,000 times <td>": asked(a_html=b"<p>Police met.</p><table>" + b"<td>" * 19_990),
        "1 MB of attributes": asked(a_html=b"<p>Police met.</p><p " + b"a=b " * 249_000),
        "20,000 characters of '1. '": asked(a_txt=b"1. " * 6_600),
        "20,000 characters of '![x]('": asked(a_md=b"![x](" * 3_990),
        "four RGBA of 25 million pixels": asked("", **{f"p{n}_png": clear for n in range(4)}),
        "eight RGBA of 12 million pixels": asked("", **{f"p{n}_png": half for n in range(8)}),
        "16 MB of JPEG": asked("", **dict(list(much.items())[:8])),
        "2.9 million tiny files": b'{"files":['
        + b",".join([b'{"name":"","content":""}'] * 840_000)
        + b"]}",
    }


def while_polled(server: Server, work: Callable[[], Done]) -> tuple[Done, float]:
    """Do something while ``GET /api`` is asked again and again; return the longest wait, too."""
    waits: list[float] = []
    is_over = threading.Event()

    def poll() -> None:
        while not is_over.is_set():
            waits.append(server.get())
            time.sleep(0.05)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        done = work()
    finally:
        is_over.set()
        thread.join()
    return done, max(waits)


def single(server: Server, table: Table) -> None:
    for name, body in requests().items():
        server.forget_peak()
        before = server.memory()
        (status, seconds), wait = while_polled(server, functools.partial(server.post, body))
        peak = server.memory("VmHWM") - before
        table.add_row(name, str(status), f"{seconds:.1f} s", f"{wait:.2f} s", f"{peak:.0f} MB")


def together(server: Server, table: Table) -> None:
    """Ask for the worst mixture sixteen times, hang up, and look again ten seconds later."""
    kinds = requests()
    names = [
        "four RGBA of 25 million pixels",
        "16 MB of JPEG",
        "20,000 times <td>",
        "19,900 characters",
        "eight RGBA of 12 million pixels",
        "16 MB of JPEG",
        "1 MB of attributes",
        "19,900 characters",
    ]
    usual = statistics.median(server.post(SENTENCE)[1] for _ in range(5))
    time.sleep(3)
    server.forget_peak()
    before = server.memory()

    def attack() -> None:
        held: list[socket.socket] = []
        for number in range(AT_ONCE):
            with contextlib.suppress(OSError):
                held.append(server.send(kinds[names[number % len(names)]]))
        time.sleep(HELD_SECONDS)
        for one in held:
            one.close()

    _, wait = while_polled(server, attack)
    peak = server.memory("VmHWM") - before
    time.sleep(AFTER_SECONDS)
    status, seconds = server.post(SENTENCE)
    time.sleep(2)
    left = server.memory() - before
    said = f"{status}, {seconds:.2f} s afterwards (usually {usual:.2f} s), {left:+.0f} MB kept"
    table.add_row(f"sixteen at once; {said}", "", "", f"{wait:.2f} s", f"{peak:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="a trained run's folder")
    run = parser.parse_args().run
    table = Table("request", "status", "answered after", "longest GET", "peak above before")
    with served(run) as server:
        print(f"started: {server.memory():.0f} MB")
        server.post(SENTENCE)
        time.sleep(3)
        print(f"with its model: {server.memory():.0f} MB")
        single(server, table)
        together(server, table)
        together(server, table)
    Console().print(table)


if __name__ == "__main__":
    main()
