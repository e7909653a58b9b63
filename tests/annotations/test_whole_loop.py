"""Extract, correct in a tool, train, extract again: every command as a user types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("nupunkt")

from typer.testing import CliRunner

from rmpl.cli.main import app

RESCUED = "Firemen rescued an old woman in Lima."
FLOODED = "The river flooded the harbor."
FEW = ("--set", "stages.0.steps=2", "--set", "stages.1.steps=2")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, (arguments, result.output)
    return result.output


def lines_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(name).read_text().splitlines()]


def corrected(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what an annotator leaves in the place of what the model found."""
    text = data["text"]

    def span(name: str, label: str, words: str) -> dict[str, Any]:
        start = text.index(words)
        value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
        return {"id": name, "type": "labels", "to_name": "text", "value": value}

    def bond(head: str, tail: str, label: str) -> dict[str, Any]:
        return {"type": "relation", "from_id": head, "to_id": tail, "labels": [label]}

    if FLOODED in text:
        kind = "Disaster:Flood"
        spans = [span("t", kind, "flooded"), span("p", "Argument", "the harbor")]
        choice = {"type": "choices", "to_name": "image", "value": {"choices": [kind]}}
        return [*spans, bond("t", "p", "Place"), choice]
    spans = [span("t", "Disaster:Rescue", "rescued"), span("p", "Argument", "an old woman")]
    box = {"x": 25, "y": 50, "width": 25, "height": 25, "rotation": 0}
    shown = {
        "id": "b",
        "type": "rectanglelabels",
        "to_name": "image",
        "original_width": 128,
        "original_height": 112,
        "value": box | {"rectanglelabels": ["Disaster:Rescue/Person"]},
    }
    return [*spans, bond("t", "p", "Person"), shown, bond("t", "b", "same event")]


@pytest.mark.slow
@pytest.mark.usefixtures("brief_answers")
def test_what_is_corrected_is_what_the_next_run_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("init", "mine")
    monkeypatch.chdir("mine")
    news = Path("news")
    Path("images").rename(news)
    (news / "a.md").write_text(f"{RESCUED}\n\n![](rescue.png)\n")
    (news / "b.md").write_text(f"{FLOODED} Nobody was hurt.\n\n![](flood.png)\n")
    text = Path("documents.jsonl").read_text().replace('"images/', '"news/')
    Path("documents.jsonl").write_text(text)
    run("train", "recipe.yaml", *FEW, "--out", "first")
    run("extract", "news", "--model", "first", "--out", "events.jsonl")

    run("convert", "predictions", "events.jsonl", "--schema", "schema.yaml",
        "--to", "label_studio", "--out", "to_correct")  # fmt: skip
    tasks = json.loads(Path("to_correct/tasks.json").read_text())
    export = [
        {"id": n, "data": task["data"], "annotations": [{"result": corrected(task["data"])}]}
        for n, task in enumerate(tasks)
    ]
    Path("corrected.json").write_text(json.dumps(export))
    said = run("check", "label_studio", "corrected.json", "--schema", "schema.yaml")
    assert "warning" not in said
    assert "left out" not in said
    run("convert", "label_studio", "corrected.json", "--schema", "schema.yaml",
        "--out", "corrected.jsonl")  # fmt: skip
    found = {one["id"]: one for one in lines_of("corrected.jsonl")}
    assert list(found) == ["news/a.md", "news/b.md"]
    events = [event for one in found.values() for event in one["text_events"]]
    assert [(e["event_type"], [a["role"] for a in e["arguments"]]) for e in events] == [
        ("Disaster:Rescue", ["Person"]),
        ("Disaster:Flood", ["Place"]),
    ]
    (link,) = found["news/a.md"]["links"]
    (shown,) = found["news/a.md"]["image_events"]
    assert (link["text"], link["image"]) == (events[0]["id"], shown["id"])
    drawn = {"x1": 32, "y1": 56, "x2": 64, "y2": 84}
    assert shown["arguments"][0]["box"] == pytest.approx(drawn)
    assert [e["event_type"] for e in found["news/b.md"]["image_events"]] == ["Disaster:Flood"]

    mine = "corpora.mine={reader: label_studio, path: corrected.json}"
    said = run("train", "recipe.yaml", *FEW, "--set", mine, "--dry-run")
    assert "text-are(mine)           2" in said
    run("train", "recipe.yaml", *FEW, "--set", mine, "--out", "second")
    record = json.loads(Path("second/run.json").read_text())
    first = json.loads(Path("first/run.json").read_text())
    assert record["data"]["mine"]["documents"] == 2
    assert record["data"]["mine"]["sha256"] != first["data"]["mine"]["sha256"]
    run("extract", "news", "--model", "second", "--out", "again.jsonl")
    again = lines_of("again.jsonl")
    assert [one["doc_id"] for one in again] == ["news/a.md", "news/b.md"]
    types = {e["event_type"] for one in again for e in one["text_events"] + one["image_events"]}
    assert types <= {"Disaster:Rescue", "Disaster:Flood"}
