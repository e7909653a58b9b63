"""Who is let in, how much at once, and when work ends."""

from __future__ import annotations

import asyncio
import base64
import json
import threading

import pytest

from app.conftest import arrests, ask, asked, asked_until, extractor, service
from fakes import FakeEngine, wait_until
from rmpl.app import exchange, gate
from rmpl.app.limits import Limits
from rmpl.app.server import build
from rmpl.app.service import Service

TEXT = json.dumps({"text": "Police arrested Ana."}).encode()


@pytest.fixture(autouse=True)
def no_lingering(monkeypatch):
    monkeypatch.setattr(exchange, "LINGER_SECONDS", 0.01)


@pytest.fixture(scope="module")
def app():
    return build(service(), examples=0)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:8080"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://localhost.evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "http://localhost"},
    ],
)
@pytest.mark.parametrize("path", ["/api/extract", "/gradio_api/upload", "/login", "/"])
def test_a_page_of_another_site_sends_nothing(app, path, headers):
    answer = ask(app, "POST", path, TEXT, **headers)
    assert (answer.status, answer.parts) == (403, 0)
    assert "another site" in answer.told["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://localhost", "sec_fetch_site": "same-origin"},
        {"origin": "https://LOCALHOST:7860", "host": "localhost:7860"},
        {"sec_fetch_site": "none"},
    ],
)
def test_the_own_page_and_programs_are_answered(app, headers):
    assert ask(app, "POST", "/api/extract", TEXT, **headers).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:7860", 200),
        ("[::1]:7860", 200),
        ("[::1]", 200),
        ("rebound.example", 400),
        ("localhost.evil.example", 400),
        ("localhost:", 400),
        ("localhost:x", 400),
        ("", 400),
    ],
)
def test_it_answers_to_its_own_names(app, host, status):
    answer = ask(app, "GET", "/api", host=host)
    assert answer.status == status
    if status == 400:
        assert answer.told["where"] == "Host"


def test_names_below_one_may_be_allowed():
    app = build(service(), hosts=["*.example.org"], examples=0)
    assert ask(app, "GET", "/api", host="a.b.example.org").status == 200
    assert ask(app, "GET", "/api", host="badexample.org").status == 400


@pytest.mark.parametrize(
    ("body", "headers", "status", "said"),
    [
        (TEXT, {"content_type": "text/plain"}, 415, "not JSON"),
        (TEXT, {"content_type": "application/x-www-form-urlencoded"}, 415, "not JSON"),
        (TEXT, {"content_encoding": "gzip"}, 415, "compressed"),
        (TEXT, {"content_length": "999999999999999999999"}, 413, "bytes"),
        (TEXT, {"content_length": "-1"}, 400, "length"),
        (TEXT, {"content_length": "30000000"}, 413, "bytes"),
    ],
)
def test_a_body_that_is_not_taken_is_not_read(app, body, headers, status, said):
    answer = ask(app, "POST", "/api/extract", body, **headers)
    assert (answer.status, answer.parts) == (status, 0)
    assert said in answer.told["error"]


def test_every_other_method_has_the_one_form_too(app):
    for method, path in (("DELETE", "/api"), ("POST", "/"), ("GET", "/api/extract")):
        answer = ask(app, method, path)
        assert answer.status == 405
        assert answer.told["error"] == "method not allowed"


def test_every_answer_carries_the_policy(app):
    for method, path in (("GET", "/"), ("GET", "/nothing"), ("POST", "/api/extract")):
        headers = ask(app, method, path, b"{").headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


class Held(FakeEngine):
    """Answers only when it is let go; stops when nobody waits any more."""

    def __init__(self) -> None:
        super().__init__(arrests, before=self._work)
        self.begun, self.released, self.stopped = (threading.Event() for _ in range(3))

    def _work(self, _prompts):
        self.begun.set()
        wait_until(self.released.is_set, stopped=self.stopped.set)


def held(**limits):
    """Return an app whose engine is held, and the engine."""
    engine = Held()
    one = Service(["m"], limits=Limits(**limits), load=lambda *_: extractor(engine))
    return build(one, examples=0), engine


async def begun(engine, *tasks):
    assert await asyncio.to_thread(engine.begun.wait, 30)
    await asyncio.sleep(0.05)
    return tasks


def test_no_more_requests_than_may_wait_are_read():
    app, engine = held(waiting=2)

    async def three():
        two = [asyncio.create_task(asked(app, "POST", "/api/extract", TEXT)) for _ in range(2)]
        await begun(engine)
        third = await asked(app, "POST", "/api/extract", TEXT)
        other = await asked(app, "GET", "/api")
        engine.released.set()
        return third, other, await asyncio.gather(*two)

    third, other, two = asyncio.run(three())
    assert (third.status, third.parts) == (503, 0)
    assert third.headers["retry-after"] == "5"
    assert third.told["error"] == "2 requests are under way"
    assert other.status == 200
    assert [one.status for one in two] == [200, 200]
    assert ask(app, "POST", "/api/extract", TEXT).status == 200


def test_bodies_under_way_hold_only_so_many_bytes_together():
    app, engine = held(running_bytes=300_000)
    large = TEXT + b" " * 200_000

    async def two():
        first = asyncio.create_task(asked(app, "POST", "/api/extract", large))
        await begun(engine)
        second = await asked(app, "POST", "/api/extract", large)
        small = asyncio.create_task(asked(app, "POST", "/api/extract", TEXT))
        await asyncio.sleep(0.05)
        engine.released.set()
        return await first, second, await small

    first, second, small = asyncio.run(two())
    assert (first.status, second.status, small.status) == (200, 503, 200)
    assert second.parts == 0
    assert ask(app, "POST", "/api/extract", large).status == 200


def test_work_ends_when_its_client_is_gone():
    app, engine = held()

    async def hang_up():
        gone = asyncio.Event()
        task = asyncio.create_task(asked(app, "POST", "/api/extract", TEXT, gone=gone))
        await begun(engine)
        gone.set()
        await task
        assert await asyncio.to_thread(engine.stopped.wait, 30)
        engine.released.set()
        return await asked(app, "POST", "/api/extract", TEXT)

    assert asyncio.run(hang_up()).status == 200


def test_clients_that_hang_up_keep_nobody_waiting():
    """Case app_abandoned: sixteen ask for much and go; a seventeenth is answered."""
    app, engine = held()
    much = json.dumps({"text": " ".join(f"Troops bombed town {n}." for n in range(850))[:19_900]})

    async def abandon():
        gone = asyncio.Event()
        tasks = [
            asyncio.create_task(asked(app, "POST", "/api/extract", much.encode(), gone=gone))
            for _ in range(16)
        ]
        await begun(engine)
        assert (await asked(app, "POST", "/api/extract", TEXT)).status == 503
        gone.set()
        await asyncio.gather(*tasks)
        assert await asyncio.to_thread(engine.stopped.wait, 30)
        engine.released.set()
        return await asked(app, "POST", "/api/extract", TEXT)

    assert asyncio.run(abandon()).status == 200


def test_work_ends_after_a_time():
    app, engine = held(seconds=30)
    answer = asyncio.run(asked_until(engine.begun, 31, app, "POST", "/api/extract", TEXT))
    assert answer.status == 503
    assert "stopped" in answer.told["error"]
    assert "--time-limit" in answer.told["remedy"]
    assert engine.stopped.wait(30)


def test_a_body_that_does_not_come_is_waited_for_only_so_long(monkeypatch):
    monkeypatch.setattr(gate, "FIRST_SECONDS", 0.1)
    app = build(service(), examples=0)

    async def slow():
        messages = []

        async def never():
            return await asyncio.Future()

        async def send(message):
            messages.append(message)

        headers = {
            "host": "localhost",
            "content-type": "application/json",
            "content-length": "100",
        }
        scope = {
            "type": "http", "method": "POST", "path": "/api/extract",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        await asyncio.wait_for(app(scope, never, send), 30)
        return messages

    start, *_ = asyncio.run(slow())
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]


def test_a_mistake_in_the_program_is_told_without_its_inside(caplog):
    def broken(_prompt):
        raise ZeroDivisionError("/secret/path")

    app = build(Service(["m"], load=lambda *_: extractor(FakeEngine(broken))), examples=0)
    answer = ask(app, "POST", "/api/extract", TEXT)
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert b"Zero" not in answer.body
    assert set(answer.told) == {"error", "where", "remedy"}


NESTED = b'{"text": ' + b"[" * 100_000
HUGE = b'{"text": ' + b"9" * 1_000_000 + b"}"
TINY = b'{"files":[' + b",".join([b'{"name":"a.txt","content":"YQ=="}'] * 100_000) + b"]}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"[]", 422),
        (b"\xff\xfe", 422),
        (b'"\\ud800"', 422),
        (b'{"text": "\xff"}', 422),
        (b'{"text": "secret", "path": "/etc/passwd"}', 422),
        (b'{"secret": {"secret": 1}}', 422),
        (b'{"files": [{"name": "a.jpg", "content": "%secret%"}]}', 422),
        (b'{"files": [{"name": "%s", "content": ""}]}' % (b"secret" * 100), 422),
        (b'{"files": [{"name": 5}]}', 422),
        (b'{"files": null}', 422),
        (NESTED, 422),
        (b"[" * 100_000, 422),
        (b'{"files": [' + b"[" * 100_000, 422),
        (HUGE, 422),
        (b'{"text": 1e999999}', 422),
        (TINY, 422),
        (b'{"text": "%s"}' % (b"secret" * 5_000), 400),
        (b'{"text": "", "files": []}', 400),
        (b'{"text": "x", "model": "../../etc"}', 400),
    ],
)
def test_mistakes_have_one_form_and_repeat_nothing(app, body, status):
    answer = ask(app, "POST", "/api/extract", body)
    assert answer.status == status
    assert set(answer.told) == {"error", "where", "remedy"}
    assert b"secret" not in answer.body
    assert b"passwd" not in answer.body
    assert len(answer.body) < 300


def test_millions_of_tiny_files_never_become_objects(app, monkeypatch):
    monkeypatch.setattr("rmpl.app.asked._ASKED", None)  # what would read them
    assert "too many objects" in ask(app, "POST", "/api/extract", TINY).told["error"]


def test_the_largest_request_fits_its_limit():
    limits = Limits(characters=100, files=2, file_bytes=3000)
    files = [{"name": "\u00e9" * 255, "content": base64.b64encode(bytes(3000)).decode()}] * 2
    body = json.dumps({"text": "\U0001f600" * 100, "files": files, "model": "x" * 255})
    assert len(body) <= limits.body_bytes < len(body) + 20_000
    assert limits.objects >= body.count("{") + 100
