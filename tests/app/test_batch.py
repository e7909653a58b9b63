"""Several documents in one request, the types of what is answered, and health."""

from __future__ import annotations

import asyncio
import base64
import json
import threading

import msgspec
import pytest

from app.conftest import arrests, ask, asked, asked_until, extractor, load, service
from app.test_service import jpeg
from fakes import FakeEngine, wait_until
from rmpl.app.answer_shapes import BatchLine, DrawnLine, Extracted
from rmpl.app.client import Client
from rmpl.app.limits import Limits
from rmpl.app.server import build
from rmpl.app.service import Service
from rmpl.errors import RmplError

TEXT = "Police arrested Ana Reyes in Lima."


def body(*documents, **options) -> bytes:
    return json.dumps({"documents": list(documents), **options}).encode()


def body_of(text: str) -> bytes:
    return json.dumps({"text": text}).encode()


def uploaded(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


def lines(answer) -> dict[int, dict]:
    """Return the lines of a batch by their index."""
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    told = [json.loads(line) for line in answer.body.splitlines()]
    return {one["index"]: one for one in told}


@pytest.fixture(scope="module")
def app():
    return build(service(), examples=0)


def test_each_document_has_a_line_and_one_that_fails_stops_no_other(app):
    documents = (
        {"text": TEXT},
        {"text": "All was quiet.", "files": [uploaded("lima.jpg", jpeg())]},
        {"files": [uploaded("broken.jpg", b"x")]},
        {},
        {"files": [uploaded("a.docx", b"x")]},
    )
    found = lines(ask(app, "POST", "/api/batch", body(*documents)))
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert found[0]["result"]["text_events"][0]["trigger"]["text"] == "arrested"
    assert found[1]["result"]["image_events"][0]["image_id"] == "lima.jpg"
    assert found[2]["problem"]["error"].startswith("not an image")
    assert found[2]["problem"]["where"] == "broken.jpg"
    assert found[3]["problem"]["error"] == "nothing to read"
    assert found[4]["problem"]["where"] == "a.docx"


@pytest.mark.parametrize(
    ("documents", "options", "status", "said"),
    [
        ([], {}, 422, "0 documents"),
        ([{"text": "x"}] * 4, {}, 422, "4 documents"),
        ([{"text": "x" * 60}] * 2, {}, 400, "120 characters"),
        ([{"text": "x"}], {"model": "../../etc"}, 400, "unknown model"),
        ([{"text": "x", "model": "m"}], {}, 422, "unknown key"),
        ([{"files": [uploaded("a.jpg", b"x")] * 2}] * 2, {}, 400, "4 files"),
        ([{"text": ""}], {}, 400, "nothing to read"),
    ],
)
def test_what_is_wrong_with_all_of_it_is_refused_at_once(documents, options, status, said):
    app = build(service(documents=3, characters=100, files=3), examples=0)
    answer = ask(app, "POST", "/api/batch", body(*documents, **options))
    assert answer.status == status
    assert said in answer.told["error"]
    assert set(answer.told) == {"error", "where", "remedy"}


def test_documents_share_the_limits_of_one_request():
    app = build(service(characters=60, pixels=15_000), examples=0)
    article = uploaded("a.txt", b"Rebels were arrested in the old town.")
    picture = uploaded("a.jpg", jpeg())
    found = lines(ask(app, "POST", "/api/batch", body({"files": [article]}, {"files": [article]})))
    assert sum("result" in one for one in found.values()) == 1
    assert "characters" in found[1]["problem"]["error"]
    found = lines(ask(app, "POST", "/api/batch", body({"files": [picture]}, {"files": [picture]})))
    assert "18,000 pixels" in found[1]["problem"]["error"]


def test_a_batch_waits_in_the_same_queue_as_other_requests():
    go = threading.Event()
    begun = threading.Event()

    def work(_):
        begun.set()
        wait_until(go.is_set)

    engine = FakeEngine(arrests, before=work)
    limited = Service(["m"], limits=Limits(waiting=1), load=lambda *_: extractor(engine))
    app = build(limited, examples=0)

    async def both():
        first = asyncio.create_task(asked(app, "POST", "/api/batch", body({"text": TEXT})))
        assert await asyncio.to_thread(begun.wait, 30)
        refused = await asked(app, "POST", "/api/extract", json.dumps({"text": TEXT}).encode())
        go.set()
        return refused, await first

    refused, first = asyncio.run(both())
    assert (refused.status, refused.parts) == (503, 0)
    assert "result" in lines(first)[0]


@pytest.mark.parametrize("path", ["/api/batch", "/api/draw"])
def test_those_that_are_not_done_in_time_are_told(path):
    begun, stopped = threading.Event(), threading.Event()

    def work(_):
        begun.set()
        wait_until(lambda: False, stopped=stopped.set)

    engine = FakeEngine(arrests, before=work)
    slow = Service(["m"], limits=Limits(seconds=30), load=lambda *_: extractor(engine))
    app = build(slow, examples=0)
    sent = body({"text": TEXT}, {"text": TEXT}) if path == "/api/batch" else body_of(TEXT)
    answer = asyncio.run(asked_until(begun, 31, app, "POST", path, sent))
    told = [json.loads(line) for line in answer.body.splitlines()]
    problems = [one["problem"] for one in told if "problem" in one]
    assert [one["error"][:7] for one in problems] == ["stopped"] * (2 if path[-1] == "h" else 1)
    assert "--time-limit" in problems[-1]["remedy"]
    assert stopped.wait(30)


def test_each_has_a_line_if_time_is_over_before_any_begins(monkeypatch):
    app = build(service(), examples=0)
    inner = app.app

    async def late(scope, receive, send):
        scope["state"]["until"] -= 1000
        await inner(scope, receive, send)

    monkeypatch.setattr(app, "app", late)
    found = lines(ask(app, "POST", "/api/batch", body({"text": TEXT}, {"text": TEXT}, {})))
    assert [found[n]["problem"]["error"].split()[0] for n in (0, 1, 2)] == [
        "stopped", "stopped", "nothing",
    ]  # fmt: skip


def test_work_ends_when_the_client_of_a_batch_is_gone():
    begun, stopped = threading.Event(), threading.Event()

    def work(_):
        begun.set()
        wait_until(lambda: False, stopped=stopped.set)

    engine = FakeEngine(arrests, before=work)
    app = build(Service(["m"], load=lambda *_: extractor(engine)), examples=0)

    async def hang_up():
        gone = asyncio.Event()
        task = asyncio.create_task(
            asked(app, "POST", "/api/batch", body({"text": TEXT}, {"text": TEXT}), gone=gone)
        )
        assert await asyncio.to_thread(begun.wait, 30)
        gone.set()
        await task
        return await asyncio.to_thread(stopped.wait, 30)

    assert asyncio.run(hang_up())


def test_a_mistake_in_the_program_is_told_without_its_inside():
    def broken(_prompt):
        raise ZeroDivisionError("/secret/path")

    app = build(Service(["m"], load=lambda *_: extractor(FakeEngine(broken))), examples=0)
    for path, sent in (
        ("/api/batch", {"documents": [{"text": TEXT}]}),
        ("/api/draw", {"text": TEXT}),
    ):
        answer = ask(app, "POST", path, json.dumps(sent).encode())
        assert b"internal error" in answer.body
        assert b"secret" not in answer.body
        assert b"Zero" not in answer.body


def _check(value: object, schema: dict, parts: dict, place: str = "$") -> None:
    """Assert that a value has the described form: every key is known, every needed one there."""
    if "$ref" in schema:
        schema = parts[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        if value is not None:
            (one,) = [kind for kind in schema["anyOf"] if kind.get("type") != "null"]
            _check(value, one, parts, place)
        return
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float)}
    kind = schema.get("type")
    if kind in kinds:
        assert isinstance(value, kinds[kind]), (place, value)
    if kind == "object" and "properties" in schema:
        assert set(value) <= set(schema["properties"]), place
        assert set(schema.get("required", ())) <= set(value), place
        for key, one in value.items():
            _check(one, schema["properties"][key], parts, f"{place}.{key}")
    if kind == "array" and isinstance(schema.get("items"), dict):
        for one in value:
            _check(one, schema["items"], parts, f"{place}[]")


def test_answers_have_the_form_that_is_described(app):
    said = ask(app, "GET", "/api/openapi.json").told
    parts = said["components"]["schemas"]
    sent = {"text": TEXT, "files": [uploaded("lima.jpg", jpeg())]}
    answers = {
        "/api/extract": [ask(app, "POST", "/api/extract", json.dumps(sent).encode()).told],
        "/api/batch": list(lines(ask(app, "POST", "/api/batch", body(sent, {}))).values()),
        "/api/draw": [
            json.loads(line)
            for line in ask(app, "POST", "/api/draw", json.dumps(sent).encode()).body.splitlines()
        ],
    }
    for path, told in answers.items():
        (content,) = said["paths"][path]["post"]["responses"]["200"]["content"].values()
        for one in told:
            _check(one, content["schema"], parts)
    (whole,) = answers["/api/extract"]
    assert whole["links"]
    assert whole["multimedia_events"]
    shapes = {"/api/extract": Extracted, "/api/batch": BatchLine, "/api/draw": DrawnLine}
    for path, shape in shapes.items():
        msgspec.convert(answers[path][-1], shape)
    for operations in said["paths"].values():
        for operation in operations.values():
            assert operation["responses"]["200"].get("content"), operation["summary"]


def test_every_reference_of_the_description_leads_somewhere(app):
    said = ask(app, "GET", "/api/openapi.json")
    names = {part.split('"')[0] for part in said.body.decode().split("#/components/schemas/")[1:]}
    assert names <= set(said.told["components"]["schemas"])


def test_the_client_gets_a_batch(address, tmp_path, picture):
    given = [TEXT, ("", [picture]), ""]
    found = dict(Client(address).extract_batch(given))
    assert found[0].document.text_events
    assert found[1].document.image_events
    assert isinstance(found[2], RmplError)
    assert str(found[2]).startswith("nothing to read")
    with pytest.raises(RmplError, match="unknown model"):
        list(Client(address).extract_batch([TEXT], model="x"))
    assert set(Client(address).about().notices) == {"second"}


def test_health_says_whether_the_default_model_could_be_loaded():
    def loads(model, schema):
        if model == "broken":
            raise RmplError("no such file", where="/home/me/runs/x")
        return load(model, schema)

    async def health(*models):
        asked_of = Service(models, load=loads)
        app = build(asked_of, examples=0)
        await asked_of.warm()
        return await asked(app, "GET", "/health")

    good = asyncio.run(health("m", "broken"))
    assert good.status == 200
    assert good.told["status"] == "ok"
    assert good.told["loaded"] == ["m"]
    bad = asyncio.run(health("broken", "m"))
    assert bad.status == 503
    assert b"/home" not in bad.body
    assert set(bad.told) == {"error", "where", "remedy"}
