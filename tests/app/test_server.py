"""The app as it is served: the API, its client, and what it does not give away."""

from __future__ import annotations

import contextlib
import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rmpl.app.client import Client
from rmpl.app.server import is_loopback
from rmpl.errors import RmplError

TEXT = "Police arrested Ana Reyes in Lima."


def ask(address: str, method: str, path: str, body: bytes | None = None, **headers: str):
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer, answer.read()


def test_the_client_gets_events_of_text_and_pictures(address: str, picture: Path) -> None:
    client = Client(address)
    about = client.about()
    assert about.models == ["first", "second"]
    assert about.schemas == ["as trained", "m2e2"]
    found = client.extract(TEXT, [picture], model=about.models[1], schema="m2e2")
    (event,) = found.document.text_events
    (sentence,) = found.document.sentences
    assert sentence.slice(event.trigger) == "arrested"
    (shown,) = found.document.image_events
    box = shown.arguments[0].box
    assert (box.x1, box.y1, box.x2, box.y2) == (10, 18, 60, 72)
    assert [one["event_type"] for one in found.line["multimedia_events"]] == ["Justice:Arrest-Jail"]
    assert "script" not in json.dumps(found.line)  # EXIF is left behind


def test_mistakes_reach_the_client_in_one_line(address: str, tmp_path: Path) -> None:
    client = Client(address)
    for arguments, said in (
        ({"text": "x" * 501}, "501 characters"),
        ({"text": TEXT, "model": "../../etc"}, "unknown model"),
        ({"files": [tmp_path / "nothing.jpg"]}, "cannot be read"),
        ({}, "nothing to read"),
    ):
        with pytest.raises(RmplError, match=said):
            client.extract(**arguments)
    with pytest.raises(RmplError, match="no response"):
        Client("http://127.0.0.1:9").about()
    with pytest.raises(RmplError, match="not a URL"):
        Client("file:///etc/passwd")


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(address: str) -> None:
    length = {"Content-Length": "2000000"}
    answer, content = ask(address, "POST", "/api/extract", b"{", **length)
    assert answer.status == 413
    assert set(json.loads(content)) <= {"error", "where", "remedy"}


def test_a_body_of_no_named_length_is_read_to_the_limit_only(address: str) -> None:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request(
        "POST", "/api/extract", iter([b"x" * 100_000] * 30), {"Content-Type": "application/json"},
        encode_chunked=True,
    )  # fmt: skip
    try:
        assert connection.getresponse().status >= 400
    except (ConnectionError, http.client.HTTPException):
        pass  # it hung up
    finally:
        connection.close()


def test_a_forged_path_reads_no_file(address: str) -> None:
    """Case app_reads_any_file: what is no upload of this request is never opened."""
    for body in (
        {"text": "x", "files": [{"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}]},
        {"data": [{"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}]},
    ):
        answer, content = ask(address, "POST", "/api/extract", json.dumps(body).encode())
        assert answer.status == 422
        assert Path("/etc/hostname").read_bytes().strip() not in content
    for name in ("/etc/hostname", "../../../../etc/hostname", "/etc/hostname.txt"):
        file = {"name": name, "content": ""}
        body = json.dumps({"files": [file]}).encode()
        assert ask(address, "POST", "/api/extract", body)[0].status == 400


def test_a_description_is_there(address: str) -> None:
    _, content = ask(address, "GET", "/api/openapi.json")
    said = json.loads(content)
    assert set(said["paths"]) == {
        "/api",
        "/api/examples",
        "/api/examples/{number}/pictures/{place}",
        "/api/extract",
        "/api/batch",
        "/api/draw",
        "/health",
    }
    body = said["paths"]["/api/extract"]["post"]["requestBody"]["content"]["application/json"]
    name = body["schema"]["$ref"].rpartition("/")[2]
    assert set(said["components"]["schemas"][name]["properties"]) == {
        "text",
        "files",
        "model",
        "schema",
    }
    assert set(said["components"]["schemas"]["File"]["properties"]) == {"name", "content"}


def test_loopback_is_told_from_other_addresses() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "::1", "localhost", "127.8.8.8")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.2", "example.org")))  # noqa: S104
