"""``rmpl app`` tells what is missing before it serves."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("uvicorn", reason="no uvicorn: pip install 'rmpl[serve]'")

from rmpl.app import server
from rmpl.cli.commands.app import command
from rmpl.errors import RmplError
from rmpl.runs import shipped


@pytest.fixture
def served(monkeypatch):
    calls = []
    monkeypatch.setattr(
        server, "serve", lambda service, **options: calls.append((service, options))
    )
    return calls


def test_it_listens_on_loopback_with_the_models_that_are_named(served, capsys):
    command(model=["a", "b"], schema=["m2e2"], host="127.0.0.1", port=7860)
    ((service, options),) = served
    assert service.models == ["a", "b"]
    assert service.schemas == ["as trained", "m2e2"]
    assert options["host"] == "127.0.0.1"
    assert set(options["hosts"]) == {"localhost", "127.0.0.1", "[::1]"}
    assert capsys.readouterr().out == "app: http://127.0.0.1:7860\n"


def test_others_reach_it_only_by_names_and_with_a_token(served, capsys, monkeypatch, tmp_path):
    with pytest.raises(RmplError, match="--allow-host"):
        command(model=["a"], host="0.0.0.0", port=7860)  # noqa: S104
    open_to_all = {"model": ["a"], "host": "0.0.0.0", "port": 80, "allow_host": ["events.example"]}  # noqa: S104
    with pytest.raises(RmplError, match="no token is set; export RMPL_APP_TOKEN="):
        command(**open_to_all)
    monkeypatch.setenv("RMPL_APP_TOKEN", "from the environment")
    with pytest.raises(RmplError, match="RMPL_APP_TOKEN: a token needs at least 16"):
        command(**open_to_all)
    file = tmp_path / "token"
    with pytest.raises(RmplError, match="cannot be read"):
        command(**open_to_all, token_file=file)
    os.mkfifo(file)  # nobody writes: opening it would wait for ever
    with pytest.raises(RmplError, match="not a regular file"):
        command(**open_to_all, token_file=file)
    file.unlink()
    file.write_text("a-token-of-a-file\n")
    command(**open_to_all, token_file=file)
    monkeypatch.setenv("RMPL_APP_TOKEN", "one-of-the-environment")
    command(**open_to_all, time_limit=9)
    assert [options["token"] for _, options in served] == [
        "a-token-of-a-file",
        "one-of-the-environment",
    ]
    assert served[1][0].limits.seconds == 9
    assert "events.example" in served[0][1]["hosts"]
    said = capsys.readouterr()
    assert "token" not in said.out
    assert "http://events.example:80" in said.out


def test_mistakes_are_told_before_anything_is_loaded(served, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shipped, "is_ready", lambda: False)
    with pytest.raises(RmplError, match="no --model"):
        command(host="127.0.0.1", port=7860)
    with pytest.raises(RmplError, match="no schema named nothing"):
        command(model=["a"], schema=["nothing"], host="127.0.0.1", port=7860)
    assert served == []
