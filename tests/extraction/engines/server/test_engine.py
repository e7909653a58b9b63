"""The server engine against a small real HTTP server on this machine."""

import base64
import io
import math
import threading
import time

import PIL.Image
import pytest

from rmpl.errors import RmplError
from rmpl.extraction.engines.server import connection as module
from rmpl.extraction.engines.server.engine import ServerEngine
from rmpl.extraction.stopping import StoppedError, stopped_when
from rmpl.records import Image
from rmpl.tasks import Prompt
from rmpl.tasks.grammars import Grammar
from scripted_server import question, said, scripted_server

YES_OR_NO = Grammar('start: "yes" | "no"', 3)
LIST = Grammar('start: "[" (item ("," item)*)? "]"\nitem: "{\\"type\\":\\"" ("A" | "B") "\\"}"', 20)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(module.random, "uniform", lambda *_: 0.01)
    with scripted_server() as made:
        yield made


def posts(server) -> list[dict]:
    return [body for method, _, _, body in server.seen if method == "POST"]


def test_answers_come_in_the_order_of_the_prompts_however_late_they_are(server):
    def script(body):
        number = int(question(body))
        time.sleep(0.02 * (number % 3))
        return said(f"answer {number}")

    server.script = script
    told = []
    replies = ServerEngine(server.url, "tiny", at_once=5).answer(
        [Prompt(str(n)) for n in range(12)],
        max_tokens=7,
        progress=lambda done, of: told.append((done, of)),
    )
    assert [r.text for r in replies] == [f"answer {n}" for n in range(12)]
    assert told == [(n, 12) for n in range(1, 13)]
    assert {(b["model"], b["max_tokens"], b["temperature"]) for b in posts(server)} == {
        ("tiny", 7, 0)
    }


def test_it_waits_for_no_answer_that_nobody_waits_for(server):
    asked, released = threading.Event(), threading.Event()

    def script(body):
        asked.set()
        released.wait(30)
        return said("late")

    server.script = script
    engine = ServerEngine(server.url, "tiny", at_once=2)
    try:
        with pytest.raises(StoppedError), stopped_when(asked.is_set):
            engine.answer([Prompt(str(n)) for n in range(9)], max_tokens=7)
        assert not released.is_set()
    finally:
        released.set()


def test_no_more_requests_at_once_than_allowed(server):
    running, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(3, timeout=30)

    def script(body):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait()
        with lock:
            running[0] -= 1
        return said("yes")

    server.script = script
    ServerEngine(server.url, "tiny", at_once=3).answer(
        [Prompt(str(n)) for n in range(9)], max_tokens=7
    )
    assert most[0] == 3


@pytest.mark.parametrize("status", [429, 500, 503, 0])
def test_busy_servers_and_lost_connections_are_tried_again(server, status):
    failures = {"one": 2, "two": 1}

    def script(body):
        if failures.get(question(body), 0):
            failures[question(body)] -= 1
            return status, {"error": "later"}, {"Retry-After": "0.01"}
        return said(question(body))

    server.script = script
    engine = ServerEngine(server.url, "tiny")
    replies = engine.answer([Prompt("one"), Prompt("two"), Prompt("three")], max_tokens=5)
    assert [r.text for r in replies] == ["one", "two", "three"]
    assert engine.counts["tried again"] == 3


def test_a_server_that_waits_too_long_is_tried_again(server):
    asked, again = [], threading.Event()

    def script(body):
        asked.append(body)
        if len(asked) == 1:
            assert again.wait(30)  # the first is answered when nobody waits any more
            return said("no")
        again.set()
        return said("yes")

    server.script = script
    engine = ServerEngine(server.url, "tiny", timeout=0.5)
    assert engine.answer([Prompt("one")], max_tokens=5)[0].text == "yes"
    assert engine.counts["tried again"] >= 1


def test_a_server_that_dies_costs_nothing_that_was_answered(server, monkeypatch):
    monkeypatch.setattr(module, "ATTEMPTS", 2)
    dead = [True]
    server.script = lambda body: (
        (503, {}, {}) if dead[0] and int(question(body)) >= 4 else said(question(body))
    )
    engine = ServerEngine(server.url, "tiny", at_once=1)
    prompts = [Prompt(str(n)) for n in range(8)]
    with pytest.raises(RmplError, match=r"does not answer .*; 4 of these 8 prompts are answered"):
        engine.answer(prompts, max_tokens=5)
    dead[0] = False
    before = len(posts(server))
    assert [r.text for r in engine.answer(prompts, max_tokens=5)] == [str(n) for n in range(8)]
    assert len(posts(server)) - before == 4


def test_nobody_there_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(module, "ATTEMPTS", 2)
    monkeypatch.setattr(module.random, "uniform", lambda *_: 0.01)
    with pytest.raises(RmplError, match="the server does not answer"):
        ServerEngine("http://127.0.0.1:9/v1", "tiny").answer([Prompt("one")], max_tokens=5)
    with pytest.raises(RmplError, match="not the address of a server"):
        ServerEngine("ftp://example.org", "tiny")


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (404, {}, "answers 404.*no such model"),
        (401, {}, "answers 401"),
        (400, {}, "answers 400"),
        (302, {"Location": "http://127.0.0.1:9/elsewhere"}, "redirects to"),
        (200, {}, "not a chat completion"),
    ],
)
def test_what_a_server_refuses_is_not_tried_again(server, status, headers, message):
    server.script = lambda _: (status, {"error": "no such model"}, headers)
    engine = ServerEngine(server.url, "tiny")
    with pytest.raises(RmplError, match=message):
        engine.answer([Prompt("one")], max_tokens=5)
    assert engine.counts["tried again"] == 0


def test_nothing_goes_anywhere_else(server, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    ServerEngine(server.url, "tiny", key="mine").answer([Prompt("one")], max_tokens=5)
    assert {path for _, path, _, _ in server.seen} == {"/v1/models", "/v1/chat/completions"}
    assert {headers["Authorization"] for _, _, headers, _ in server.seen} == {"Bearer mine"}
    server.seen.clear()
    ServerEngine(server.url, "tiny").answer([Prompt("one")], max_tokens=5)
    assert not any("Authorization" in headers for _, _, headers, _ in server.seen)


@pytest.mark.parametrize(
    ("owner", "guided", "expected"),
    [
        ("vllm", "auto", {"structured_outputs": {"grammar": LIST.text}}),
        ("someone", "auto", {}),
        ("vllm", "off", {}),
        ("someone", "guided_grammar", {"guided_grammar": LIST.text}),
        ("sglang", "ebnf", {"ebnf": LIST.text}),
    ],
)
def test_grammars_are_passed_on_where_the_server_has_a_use_for_them(
    server, owner, guided, expected
):
    server.owner, server.script = owner, lambda _: said("[]")
    ServerEngine(server.url, "tiny", guided=guided).answer(
        [Prompt("one")], max_tokens=5, grammars=[LIST]
    )
    usual = {"model", "messages", "max_tokens", "temperature", "logprobs"}
    assert [{k: v for k, v in b.items() if k not in usual} for b in posts(server)] == [expected]


def test_probabilities_of_the_server_are_kept_and_belong_to_their_characters(server):
    smile = "\U0001f600".encode()
    tokens = [(b"na", -0.1), ("\u00ef".encode(), -0.2), (smile[:2], -0.3), (smile[2:], -0.4)]
    written = [{"token": "?", "bytes": list(b), "logprob": log} for b, log in tokens]
    server.script = lambda _: said("na\u00ef\U0001f600", written)
    (reply,) = ServerEngine(server.url, "tiny").answer([Prompt("one")], max_tokens=9)
    assert reply.logs == (-0.1, -0.2, -0.3, -0.4)
    assert reply.ends == (2, 3, 3, 4)
    assert reply.confidence == pytest.approx(math.exp(-0.25))
    assert reply.probability(3, 4) == pytest.approx(math.exp(-0.7))


def test_a_server_that_gives_no_probabilities_is_not_asked_for_them_again(server):
    server.script = lambda body: (
        (422, {"error": "logprobs?"}, {}) if "logprobs" in body else said("yes")
    )
    engine = ServerEngine(server.url, "tiny", at_once=1)
    replies = engine.answer([Prompt("one"), Prompt("two")], max_tokens=5)
    assert [(r.text, r.confidence, r.logs) for r in replies] == [("yes", 1.0, ())] * 2
    assert len(posts(server)) == 3


def test_an_ungrammatical_answer_is_repaired_or_asked_for_again(server):
    answers = {
        "fenced": '```json\n[{"type": "A"}]\n```',
        "partly": '[{"type":"A"},{"type":"Hacked"},{"type":"B"}]',
        "cut off": '[{"type":"B"},{"type":"A',
        "stubborn": "I cannot help with that.",
        "better": "Sure!",
        "wrong": '[{"type":"Hacked"}]',
    }

    def script(body):
        name = question(body)
        again = len(body["messages"]) == 3
        return said('[{"type":"A"}]' if again and name == "better" else answers[name])

    server.script = script
    engine = ServerEngine(server.url, "tiny")
    prompts = [Prompt(name) for name in answers]
    replies = engine.answer(prompts, max_tokens=50, grammars=[LIST] * len(prompts))
    assert dict(zip(answers, (r.text for r in replies), strict=True)) == {
        "fenced": '[{"type":"A"}]',
        "partly": '[{"type":"A"},{"type":"B"}]',
        "cut off": '[{"type":"B"}]',
        "stubborn": "[]",
        "better": '[{"type":"A"}]',
        "wrong": "[]",
    }
    assert engine.counts == {"repaired": 4, "asked again": 3, "given up": 2}
    assert [r.given_up for r in replies] == [name in {"stubborn", "wrong"} for name in answers]
    (reply,) = engine.answer([Prompt("stubborn")], max_tokens=5, grammars=[YES_OR_NO])
    assert reply.text == "no"


def test_pictures_travel_upright_as_data_urls(server, tmp_path):
    picture = PIL.Image.new("RGB", (20, 10), "red")
    picture.putpixel((0, 0), (0, 0, 255))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.png", exif=exif)
    prompt = Prompt("What?", Image("a", str(tmp_path / "a.png"), 10, 20))
    ServerEngine(server.url, "tiny").answer([prompt], max_tokens=5)
    shown, text = posts(server)[0]["messages"][0]["content"]
    head, data = shown["image_url"]["url"].split(",", 1)
    sent = PIL.Image.open(io.BytesIO(base64.b64decode(data)))
    assert head == "data:image/png;base64"
    assert sent.size == (10, 20)
    assert sent.getpixel((9, 0)) == (0, 0, 255)
    assert text == {"type": "text", "text": "What?"}
