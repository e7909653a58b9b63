"""Extract, correct in a tool, train: the corrections are what is trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("nupunkt")

import PIL.Image
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.inputs.reading import Item
from rmpl.inputs.records import text_document
from rmpl.ontology import load_ontology
from rmpl.predictions.results import result_line
from rmpl.recipe.recipe import CorpusRecipe, SourceRecipe
from rmpl.records import (
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Span,
    TextArgument,
    TextEvent,
)
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.training.data.training_data import TrainingData


def extracted(folder: Path) -> Path:
    """Write what a model might have extracted: the wrong person, and no link."""
    path = folder / "a.png"
    PIL.Image.new("RGB", (64, 48)).save(path)
    plain = text_document("Police arrested Ana Reyes in Lima.\n\nA crowd had gathered.", "a.txt")
    name = plain.sentences[0].id
    arguments = (TextArgument("Person", Span(0, 1), 0.4), TextArgument("Place", Span(5, 6), 0.9))
    event = TextEvent("t1", name, "Justice:Arrest-Jail", Span(1, 2), arguments, 0.8)
    box = ImageArgument("Person", Box(4, 5, 30, 40), 0.7)
    shown = ImageEvent("i1", "p", "Justice:Arrest-Jail", (box,), 0.9)
    document = Document(
        "a.txt",
        plain.sentences,
        (Image("p", str(path), 64, 48),),
        (event,),
        (shown,),
        (Link("t1", "i1", 0.6),),
    )
    out = folder / "events.jsonl"
    out.write_bytes(result_line(document, Item(document, "a.txt")))
    return out


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_corrections_in_brat_are_trained_on(tmp_path: Path) -> None:
    events = extracted(tmp_path)
    folder = tmp_path / "brat"
    run("convert", "predictions", events, "--to", "brat", "--out", folder)
    annotation = folder / "a.txt.ann"
    lines = annotation.read_text()
    assert "E1\tJustice_Arrest-Jail:T3 Person:T1 Place:T2" in lines
    corrected = lines.replace("Person:T1", "Agent:T1 Person:T4").rstrip()
    annotation.write_text(f"{corrected}\nT4\tEntity 16 25\tAna Reyes\n")
    run("check", "brat", folder)
    data = TrainingData(
        {"mine": CorpusRecipe(reader="brat", path="brat")},
        data=tmp_path,
        ontology=load_ontology("m2e2"),
    )
    (document,) = data.documents("mine")
    (event,) = document.text_events
    found = {a.role: document.sentences[0].slice(a.span) for a in event.arguments}
    assert found == {"Agent": "Police", "Person": "Ana Reyes", "Place": "Lima"}
    assert (document.images, document.links) == (
        (Image("p", str(tmp_path / "a.png"), 64, 48),),
        (Link("t1", "i1", 0.6),),
    )
    assert document.sentences[0].source  # the offsets in the article are still there
    source = SourceRecipe(task="text-events", corpora=["mine"])
    first, second = data.samples(source, Context(load_ontology("m2e2"), RelativeBoxes()))
    assert "Ana Reyes" in first.target
    assert "Ana Reyes" not in second.target
