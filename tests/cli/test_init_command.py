"""``rmpl init``: what it writes works as it is."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

pytest.importorskip("torch")

from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.cli.starter import COMMANDS


def test_the_starter_can_be_checked_and_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = CliRunner()
    monkeypatch.chdir(tmp_path)
    shown = runner.invoke(app, ["init", "my news"])
    assert shown.exit_code == 0
    assert "    cd 'my news'\n" in shown.output
    assert all(f"    {command}\n" in shown.output for command in COMMANDS)
    monkeypatch.chdir(tmp_path / "my news")
    for command in COMMANDS:
        _, *arguments = shlex.split(command)
        if arguments == ["train", "recipe.yaml"]:
            continue  # the line before shows that it would begin
        result = runner.invoke(app, arguments)
        assert result.exit_code == 0, (command, result.output)
        if "check" in command:
            assert "left out" not in result.output and "warning" not in result.output
        if "inspect" in command:
            assert ", 1 link of text and image events" in result.output
            page = Path("inspect.html").read_text(encoding="utf-8")
            assert "sentence 1 and image 1: Rescue" in page
        if "--dry-run" in command:
            assert "same-event(mine)         2" in result.output
    again = runner.invoke(app, ["init", "."])
    assert again.exit_code == 2
    assert "already exists, and what is in it would be overwritten" in again.output


def test_an_empty_folder_may_be_the_one_where_somebody_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = CliRunner()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    result = runner.invoke(app, ["init", "."])
    assert result.exit_code == 0, result.output
    assert "    cd " not in result.output
    schema = ["--schema", "schema.yaml"]
    for tool in ("brat", "label_studio", "coco"):
        Path(tool).mkdir()
        line = ["convert", "documents", "documents.jsonl", *schema, "--to", tool, "--out", tool]
        assert runner.invoke(app, line).exit_code == 0
        assert (tmp_path / "here" / tool / "labels.yaml").is_file()
        again = runner.invoke(app, line)
        assert again.exit_code == 2
        assert "what is in it would be overwritten" in again.output
