"""Programs that start where torch is imported already: a server forks for each of them.

``python -m warm SOCKET`` serves. What ``program`` writes is run instead of ``python``: it hands
over its arguments, folder, environment and standard streams, and ends with the fork's exit code.
Models answer in a few tokens there: those of the pages' runs have hardly been trained.
"""

import array
import atexit
import contextlib
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from brief import keep_to_short_answers

HEAVY = ("rmpl.training.run", "rmpl.extraction.engines.local.engine")

CLIENT = """#!{python} -ISE
import array, json, os, socket, sys
asked = json.dumps([{words} + sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as to:
    to.connect({address!r})
    streams = array.array("i", [0, 1, 2])
    to.sendmsg([b"%12d" % len(asked)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
    to.sendall(asked)
    os._exit(int(to.makefile().read() or 1))  # nothing comes if the fork's parent died
"""


@contextlib.contextmanager
def server(address: Path) -> Iterator[None]:
    """Start a server; it ends with the context."""
    here = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    with subprocess.Popen(
        [sys.executable, "-m", "warm", str(address)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(here)},
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout.readline(), "the server did not start"
            yield
        finally:
            process.kill()


def program(path: Path, address: Path, *words: str) -> None:
    """Write a program: ``python`` with these words before those of the caller."""
    path.write_text(CLIENT.format(python=sys.executable, words=list(words), address=str(address)))
    path.chmod(0o755)


def run(words: list[str]) -> None:
    """Do as ``python`` does with a file, or with ``-m`` and a module."""
    sys.argv = words[1:] if words[0] == "-m" else words
    if words[0] == "-m":
        sys.path[0] = str(Path.cwd())
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(words[0]).parent.absolute())
        runpy.run_path(words[0], run_name="__main__")


def answer(to: socket.socket) -> None:
    """Run what is asked in a fork of this fork, and send its exit code."""
    size, rights, *_ = to.recvmsg(12, socket.CMSG_SPACE(12))
    words, folder, environment = json.loads(to.makefile("rb").read(int(size)))
    streams = array.array("i", rights[0][2])
    if child := os.fork():
        for stream in streams:  # whoever reads what the program writes waits for its end only
            os.close(stream)
        to.sendall(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255).encode())
        os._exit(0)
    to.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    try:
        run(words)
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    finish(code)


def finish(code: object) -> NoReturn:
    """End as a program does, but leave the memory shared with the server as it is."""
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def serve(address: str) -> None:
    for name in HEAVY:
        __import__(name)
    keep_to_short_answers()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            to, _ = listening.accept()
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
            if not os.fork():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listening.close()
                return answer(to)
            to.close()


if __name__ == "__main__":
    serve(sys.argv[1])
