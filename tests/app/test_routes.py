"""Every route of the app is one that is known and explained."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from app.conftest import NOTICE, ask, service
from rmpl.app.server import build

KNOWN = {
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/assets/app.css"),
    ("GET", "/assets/app.js"),
    ("GET", "/assets/docs.js"),
    ("GET", "/assets/icon.svg"),
    ("GET", "/assets/login.js"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/api"),
    ("GET", "/api/examples"),
    ("GET", "/api/examples/{number}/pictures/{place}"),
    ("GET", "/api/docs"),
    ("GET", "/api/openapi.json"),
    ("POST", "/api/extract"),
    ("POST", "/api/batch"),
    ("POST", "/api/draw"),
}
TOKEN = "a-token-of-some-length"  # noqa: S105


def walked(routes):
    """Yield every route, those of mounted apps, too."""
    for route in routes:
        below = getattr(route, "routes", None) or getattr(
            getattr(route, "app", None), "routes", None
        )
        if below:
            yield from ((f"{route.path}: {one}", path) for one, path in walked(below))
        else:
            methods = getattr(route, "methods", None) or {type(route).__name__}
            yield from ((method, route.path) for method in methods - {"HEAD"})


@pytest.mark.parametrize("token", [None, TOKEN])
def test_the_app_has_these_routes_and_no_other(token):
    found = set(walked(build(service(), examples=0, token=token).app.routes))
    assert found == {one for one in KNOWN if token or one[1] != "/login"}


def test_the_documentation_explains_each():
    page = Path(__file__).parents[2] / "docs" / "app.md"
    rows = re.findall(r"^\| (GET|POST) \| `([^`]+)` \| .{20,} \|$", page.read_text(), re.MULTILINE)
    assert set(rows) == KNOWN
    assert len(rows) == len(KNOWN)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/queue/join",
        "/gradio_api/upload",
        "/gradio_api/run-history/buckets",
        "/gradio_api/run-history/connect",
        "/gradio_api/dev/reload",
        "/gradio_api/component_server",
        "/gradio_api/info",
        "/config",
        "/file=/etc/passwd",
        "/proxy=http://127.0.0.1/",
        "/openapi.json",
        "/docs",
        "/redoc",
        "/monitoring",
        "/assets/../server.py",
        "/assets//etc/passwd",
        "/api/",
        "/api/examples/0/pictures/1",
        "/api/examples/1/pictures/../../../../etc/passwd",
        f"/api/examples/{'9' * 5000}/pictures/1",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_there_is_nothing_else(app, method, path):
    answer = ask(app, method, path, b'{"bucket_id": "a/b"}')
    assert answer.status == 404 or (answer.status == 405 and method != "GET")
    assert set(answer.told) == {"error", "where", "remedy"}
    assert "location" not in answer.headers


@pytest.fixture(scope="module")
def app():
    return build(service(), examples=1)


def test_nothing_connects_anywhere_even_with_a_token_of_the_hub(monkeypatch):
    def connect(*_):
        raise AssertionError("a connection")

    monkeypatch.setenv("HF_TOKEN", "hf_FAKE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("socket.socket.connect", connect)
    monkeypatch.setattr("socket.socket.connect_ex", connect)
    app = build(service(), examples=1)
    assert ask(app, "GET", "/").status == 200
    assert ask(app, "GET", "/api/examples/1/pictures/1").headers["content-type"] == "image/jpeg"
    assert ask(app, "POST", "/api/draw", b'{"text": "Police arrested Ana."}').status == 200
    assert ask(app, "GET", "/gradio_api/run-history/buckets").status == 404
    assert ask(app, "POST", "/gradio_api/run-history/connect", b"{}").status == 404


def test_examples_are_whole(app):
    (example,) = ask(app, "GET", "/api/examples").told
    assert example["text"]
    for place in range(1, len(example["pictures"]) + 1):
        assert ask(app, "GET", f"/api/examples/1/pictures/{place}").body.startswith(b"\xff\xd8")


def test_examples_are_of_the_synthetic_corpus_and_need_no_warning(app):
    (example,) = ask(app, "GET", "/api/examples").told
    files = [
        {"name": name, "content": base64.b64encode(picture(app, place)).decode()}
        for place, name in enumerate(example["pictures"], 1)
    ]
    for text, is_warned in ((example["text"], False), (example["text"] + " And so on.", True)):
        asked = json.dumps({"text": text, "files": files, "model": "second"}).encode()
        *_, last = ask(app, "POST", "/api/draw", asked).body.splitlines()
        assert (NOTICE in json.loads(last)["result"]["drawing"]) is is_warned


def picture(app, place: int) -> bytes:
    return ask(app, "GET", f"/api/examples/1/pictures/{place}").body
