"""``rmpl extract`` with a server in place of a loaded model."""

import json

import pytest
from typer.testing import CliRunner

from scripted_server import question, said, scripted_server

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")

from rmpl.cli.main import app
from rmpl.extraction import chunks
from rmpl.extraction.engines.server import connection

FOUND = '[{"type": "Conflict:Attack", "trigger": " shot"}, {"type": "Hacked", "trigger": "shot"}]'


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setattr(connection.random, "uniform", lambda *_: 0.01)
    monkeypatch.setattr(connection, "ATTEMPTS", 2)
    monkeypatch.setattr(chunks, "PROMPTS", 1)  # a document at a time
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.txt").write_text(f"Police shot {name} men in Lima.")
    with scripted_server() as made:
        yield made


def extract(server, twin, *more):
    words = ["extract", "one.txt", "three.txt", "two.txt", "--model", str(twin)]
    words += ["--server", server.url, "--served-as", "tiny", "--out", "events.jsonl", *more]
    return CliRunner().invoke(app, words)


def lines(folder):
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def test_a_server_that_dies_stops_the_run_and_resume_goes_on(server, twin, tmp_path, monkeypatch):
    dead = [True]
    monkeypatch.setenv("RMPL_SERVER_KEY", "mine")

    def script(body):
        if dead[0] and "three" in question(body):
            return 503, {"error": "gone"}, {}
        return said(FOUND if "text-emi" in question(body) else "[]")

    server.script = script
    result = extract(server, twin)
    assert result.exit_code == 2, result.output
    assert "the server does not answer" in result.output
    assert [line["doc_id"] for line in lines(tmp_path)] == ["one.txt"]
    dead[0] = False
    asked = len(server.seen)
    result = extract(server, twin, "--resume")
    assert result.exit_code == 0, result.output
    assert [line["doc_id"] for line in lines(tmp_path)] == ["one.txt", "three.txt", "two.txt"]
    again = [question(body) for method, _, _, body in server.seen[asked:] if method == "POST"]
    assert not any("shot one" in text for text in again)
    assert {headers.get("Authorization") for _, _, headers, _ in server.seen} == {"Bearer mine"}
    assert {body["model"] for *_, body in server.seen if body} == {"tiny"}
    for line in lines(tmp_path):
        assert json.dumps(line).count("Conflict:Attack") >= 1
        assert "Hacked" not in json.dumps(line)


def test_a_server_without_its_model_s_conventions_is_refused(server):
    result = CliRunner().invoke(
        app, ["extract", "one.txt", "--server", server.url, "--out", "events.jsonl"]
    )
    assert (result.exit_code, "--server without --model" in result.output) == (2, True)


def test_an_adapter_that_a_server_would_not_get_is_refused(server, twin):
    result = extract(server, twin, "--adapter", "adapter")
    assert (result.exit_code, "--server with --adapter" in result.output) == (2, True)
