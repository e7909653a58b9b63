"""A running app whose model answers by rule: what is tested is the app."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from pathlib import Path

import PIL.Image
import pytest

pytest.importorskip("gradio", reason="no gradio: pip install 'rmpl[serve]'")
pytest.importorskip("nupunkt")

import uvicorn

from rmpl.app.server import build
from rmpl.app.service import Limits, Service
from rmpl.backbones.boxes import RelativeBoxes
from rmpl.extraction.engine import Reply
from rmpl.extractor import Extractor
from rmpl.ontology import load_ontology
from rmpl.tasks import Context

ANSWERS = {
    "text-emi": '[{"type":"Justice:Arrest-Jail","trigger":"arrested"}]',
    "image-emi": '[{"type":"Justice:Arrest-Jail"}]',
    "text-are": '[{"role":"Person","span":"Ana Reyes"}]',
    "image-are": '[{"role":"Person","box":[100,200,600,800]}]',
    "caption": "a woman",
    "same-event": "[]",
}


class Ruled:
    """Finds an arrest wherever a text says so, and on every picture."""

    def answer(self, prompts, *, max_tokens, progress=None, grammars=None, **_):
        replies = []
        for prompt in prompts:
            task = prompt.text.partition(":")[0]
            says_so = task != "text-emi" or "arrested" in prompt.text
            replies.append(Reply(ANSWERS[task] if says_so else "[]", 0.9))
        return replies


def load(model: str, schema: str | None) -> Extractor:
    """Return the same model, whatever is asked for."""
    context = Context(load_ontology(schema or "m2e2"), RelativeBoxes(key="box"), "brief", "")
    return Extractor(Ruled(), context, constrained=False)


def service(**limits) -> Service:
    return Service(["first", "second"], ["m2e2"], limits=Limits(**limits), load=load)


@pytest.fixture(scope="session")
def picture(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("app") / "lima.jpg"
    exif = PIL.Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"  # the picture's description
    PIL.Image.new("RGB", (100, 90), (120, 60, 60)).save(path, exif=exif)
    return path


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The address of an app that runs in a thread of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        # Gradio makes a loop of its own, and never closes it, where none runs.
        app = build(service(file_bytes=200_000, characters=500, files=3), folder, examples=2)
        servers.append(uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning")))
        await servers[0].serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + 120
    while not (servers and servers[0].started) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    servers[0].should_exit = True
    thread.join(timeout=20)
