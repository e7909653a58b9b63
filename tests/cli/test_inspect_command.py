"""``rmpl inspect`` draws what a model sees of a corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from rmpl.cli.commands import inspect
from rmpl.errors import RmplError

RECIPE = Path(__file__).parents[2] / "recipes" / "tiny.yaml"

app = typer.Typer()
app.command()(inspect.command)


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_text_and_pictures_are_shown_as_the_embedded_model_gets_them(
    small_world: Path, tmp_path: Path
) -> None:
    out = tmp_path / "page.html"
    said = run("jmee", small_world / "ace", "--documents", "3", "--out", out)
    assert f"{out}: " in said
    assert "samples of 3 documents" in said
    page = out.read_text(encoding="utf-8")
    assert page.count('class="card"') == 3
    assert {f"<b>{task}</b>" in page for task in ("text-events", "text-emi", "text-are")} == {True}
    run("swig", small_world / "swig", "--recipe", RECIPE, "--documents", "2", "--out", out)
    page = out.read_text(encoding="utf-8")
    assert "<b>caption</b>" in page  # the recipe's tasks
    assert "&lt;|image_pad|&gt; x " in page
    assert 'class="line"' in page


def test_one_task_of_a_benchmark_that_is_not_trained_on(small_world: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    run("m2e2", small_world / "m2e2", "--task", "image-are", "--documents", "1", "--out", out)
    page = out.read_text(encoding="utf-8")
    assert "<b>image-are</b>" in page
    assert "<b>text-emi</b>" not in page


def test_mistakes_are_told_in_one_line(small_world: Path, tmp_path: Path) -> None:
    app_run = CliRunner().invoke
    (tmp_path / "p.jsonl").write_text('{"doc_id": "d"}\n')
    for arguments, said in (
        (["m2e2", str(small_world / "m2e2"), "--task", "poetry"], "no task named 'poetry'"),
        (["predictions", str(tmp_path / "p.jsonl")], "contain no sentences"),
        (["predictions", str(tmp_path / "q.jsonl")], "no such file or folder"),
        (["jmee", str(tmp_path / "nothing")], "nothing"),
        (["jmee", str(small_world / "ace"), "--backbone", "no/such"], "no/such"),
    ):
        result = app_run(app, arguments)
        assert isinstance(result.exception, RmplError), arguments
        assert said in str(result.exception)


@pytest.mark.parametrize("split", ["dev", "train"])
def test_a_split_can_be_named(small_world: Path, tmp_path: Path, split: str) -> None:
    out = tmp_path / "page.html"
    run("jmee", small_world / "ace", "--split", split, "--documents", "1", "--out", out)
    assert f"{split}_" in out.read_text(encoding="utf-8")
