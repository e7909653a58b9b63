"""A running app whose model answers by rule: what is tested is the app."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from pathlib import Path
from typing import NamedTuple

import PIL.Image
import pytest

pytest.importorskip("uvicorn", reason="no uvicorn: pip install 'rmpl[serve]'")
pytest.importorskip("nupunkt")

import uvicorn

from fakes import FakeEngine, task_of
from rmpl.app.connections import PatientProtocol
from rmpl.app.gate import Gate
from rmpl.app.limits import Limits
from rmpl.app.server import build, config
from rmpl.app.service import Service
from rmpl.extraction.extractor import Extractor
from rmpl.ontology import load_ontology
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes

ANSWERS = {
    "text-emi": '[{"type":"Justice:Arrest-Jail","trigger":"arrested"}]',
    "image-emi": '[{"type":"Justice:Arrest-Jail"}]',
    "text-are": '[{"role":"Person","span":"Ana Reyes"}]',
    "image-are": '[{"role":"Person","box":[100,200,600,800]}]',
    "caption": "a woman",
    "same-event": "[]",
}


def arrests(prompt) -> str:
    """Find an arrest wherever a text says so, and in every image."""
    task = task_of(prompt)
    return ANSWERS[task] if task != "text-emi" or "arrested" in prompt.text else "[]"


def extractor(engine: FakeEngine, schema: str | None = None) -> Extractor:
    """Return an extractor of the engine's answers, as they are."""
    context = Context(load_ontology(schema or "m2e2"), RelativeBoxes(key="box"), "brief", "")
    return Extractor(engine, context, constrained=False)


def load(model: str, schema: str | None) -> Extractor:
    """Return the same model, whatever is asked for."""
    return extractor(FakeEngine(arrests), schema)


NOTICE = "It knows only its synthetic corpus."


def service(**limits) -> Service:
    notice = {"second": NOTICE}.get
    return Service(["first", "second"], ["m2e2"], limits=Limits(**limits), load=load, notice=notice)


@pytest.fixture(scope="session")
def picture(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("app") / "lima.jpg"
    exif = PIL.Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"  # the picture's description
    PIL.Image.new("RGB", (100, 90), (120, 60, 60)).save(path, exif=exif)
    return path


@contextlib.contextmanager
def running(app: Gate, protocol: type = PatientProtocol):
    """Serve an app in a thread of its own; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = config(app, host="127.0.0.1", port=port)
    settings.http = protocol
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 120
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(scope="session")
def address():
    """The address of an app that runs in a thread of its own."""
    with running(build(service(file_bytes=200_000, characters=500, files=3), examples=2)) as url:
        yield url


class Answer(NamedTuple):
    """An answer of the app; ``parts`` says how much of the body had been read before it began."""

    status: int
    headers: dict[str, str]
    body: bytes
    parts: int

    @property
    def told(self) -> dict:
        return json.loads(self.body)


async def asked(
    app: Gate,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    gone: asyncio.Event | None = None,
    **headers: str,
) -> Answer:
    """Ask an app without a network; ``gone`` says when the client hangs up."""
    sent = {"host": "localhost", "content-type": "application/json"}
    sent |= {"content-length": str(len(body))}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    read, begun, messages = [], [], []

    async def receive():
        if not read:
            read.append(body)
            return {"type": "http.request", "body": body, "more_body": False}
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            begun.append(len(read))
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.partition("?")[0],
        "raw_path": path.encode(),
        "query_string": path.partition("?")[2].encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await asyncio.wait_for(app(scope, receive, send), 60)
    if not messages:
        return Answer(0, {}, b"", len(read))
    found = {name.decode().lower(): value.decode() for name, value in messages[0]["headers"]}
    whole = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(messages[0]["status"], found, whole, begun[0])


async def asked_until(begun: threading.Event, after: float, *request, **headers) -> Answer:
    """Ask an app, and have ``after`` seconds gone once ``begun`` is set; nothing waits for them."""
    loop = asyncio.get_running_loop()
    real, gone = loop.time, [0.0]
    loop.time = lambda: real() + gone[0]
    answer = asyncio.create_task(asked(*request, **headers))
    assert await asyncio.to_thread(begun.wait, 30)
    gone[0] = after
    return await answer


def ask(app: Gate, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    """Ask an app once, without a network."""
    return asyncio.run(asked(app, method, path, body, **headers))
