"""Events as rows of a table, and the command that prints them."""

import json

import msgspec
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.inputs.reading import Item
from rmpl.inputs.records import text_document
from rmpl.predictions.results import result_line
from rmpl.predictions.table import event_rows
from rmpl.records import (
    Box,
    Image,
    ImageArgument,
    ImageEvent,
    Span,
    TextArgument,
    TextEvent,
)


def write(path):
    bare = text_document("Police arrested two men\nin Lima.", "a.txt")
    [sentence] = bare.sentences
    found = msgspec.structs.replace(
        bare,
        images=(Image("p.jpg", width=40, height=30),),
        text_events=(
            TextEvent(
                "t1",
                sentence.id,
                "Justice:Arrest-Jail",
                Span(1, 2),
                (TextArgument("Agent", Span(0, 1), 0.5), TextArgument("Person", Span(2, 4))),
                0.75,
            ),
        ),
        image_events=(
            ImageEvent(
                "i1", "p.jpg", "Contact:Meet", (ImageArgument("Participant", Box(1, 2, 30.4, 20)),)
            ),
        ),
    )
    path.write_bytes(result_line(found, Item(found, "a.txt")))


def test_a_row_quotes_the_document(tmp_path):
    write(tmp_path / "events.jsonl")
    text, image = event_rows(tmp_path / "events.jsonl")
    assert text == (
        "a.txt",
        "Justice:Arrest-Jail",
        "arrested",
        "Agent: Police; Person: two men",
        0.75,
        "Police arrested two men in Lima.",
    )
    assert image == ("a.txt", "Contact:Meet", "", "Participant: 1 2 30 20", None, "p.jpg")


def test_without_sentences_words_are_counted(tmp_path):
    write(tmp_path / "events.jsonl")
    line = json.loads((tmp_path / "events.jsonl").read_text())
    for key in ("sentences", "images", "text"):
        line.pop(key, None)
    (tmp_path / "plain.jsonl").write_text(json.dumps(line))
    text, _ = event_rows(tmp_path / "plain.jsonl")
    assert (text.trigger, text.arguments) == ("words 1-2", "Agent: words 0-1; Person: words 2-4")


def test_the_command_prints_a_table(tmp_path):
    write(tmp_path / "events.jsonl")
    shown = CliRunner().invoke(app, ["table", str(tmp_path / "events.jsonl")]).output.splitlines()
    assert shown[0].split() == ["document", "event", "trigger", "arguments", "score"]
    assert "arrested  Agent: Police; Person: two men  0.75" in shown[1]
    whole = CliRunner().invoke(app, ["table", str(tmp_path / "events.jsonl"), "--sentences"])
    assert "in Lima." in whole.output
    (tmp_path / "empty.jsonl").write_text("")
    assert "no events" in CliRunner().invoke(app, ["table", str(tmp_path / "empty.jsonl")]).output


def test_bad_files_are_one_line(tmp_path):
    (tmp_path / "bad.jsonl").write_text("{")
    for name in ("bad.jsonl", "none.jsonl"):
        result = CliRunner().invoke(app, ["table", str(tmp_path / name)])
        assert result.exit_code == 2
        assert len(result.output.splitlines()) == 1
