"""Events as rows of a table, and the command that prints them."""

import csv
import io
import json
import sys
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.inputs.reading import Item
from rmpl.inputs.records import text_document
from rmpl.io.read_report import ReadReport
from rmpl.predictions.exports import export
from rmpl.predictions.results import read_results, result_line
from rmpl.predictions.table import event_rows
from rmpl.predictions.table_files import arguments_table, events_table
from rmpl.records import (
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)


def write(path):
    bare = text_document("Police arrested two men\nin Lima.", "a.txt")
    [sentence] = bare.sentences
    found = msgspec.structs.replace(
        bare,
        images=(Image("p.jpg", width=40, height=30, caption="Two leaders"),),
        metadata={"title": "Two arrests", "date": "2019-03-05", "url": "https://x"},
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
                "i1",
                "p.jpg",
                "Contact:Meet",
                (
                    ImageArgument("Participant", Box(1, 2, 30.4, 20)),
                    ImageArgument("Participant", Box(5, 5, 9, 9)),
                ),
            ),
        ),
        links=(Link("t1", "i1"),),
    )
    path.write_bytes(result_line(found, Item(found, "a.txt")))


def rows_of(path):
    return list(event_rows(read_results(path)))


def test_a_row_quotes_the_document(tmp_path):
    write(tmp_path / "events.jsonl")
    text, image = rows_of(tmp_path / "events.jsonl")
    assert text[:12] == (
        "a.txt",
        "t1",
        "text",
        "Justice:Arrest-Jail",
        "arrested",
        7,
        15,
        "Police arrested two men in Lima.",
        "",
        "",
        0.75,
        "i1",
    )
    assert text.by_role == {"Agent": "Police", "Person": "two men"}
    # Offsets are those of the user's text, in which a line ends after "men".
    assert [(one.start, one.end) for one in text.arguments] == [(0, 6), (16, 23)]
    assert image[:5] == ("a.txt", "i1", "image", "Contact:Meet", "")
    assert image[7:12] == ("", "p.jpg", "Two leaders", None, "t1")
    assert {one.image for one in image.arguments} == {"p.jpg"}
    assert image.by_role == {"Participant": "1 2 30 20; 5 5 9 9"}


def test_without_sentences_words_are_counted(tmp_path):
    write(tmp_path / "events.jsonl")
    line = json.loads((tmp_path / "events.jsonl").read_text())
    for key in ("sentences", "images", "text"):
        line.pop(key, None)
    (tmp_path / "plain.jsonl").write_text(json.dumps(line))
    text, _ = rows_of(tmp_path / "plain.jsonl")
    assert text.trigger == "words 1-2"
    assert text.by_role == {"Agent": "words 0-1", "Person": "words 2-4"}


def invoke(*words):
    return CliRunner().invoke(app, ["table", *map(str, words)])


def test_tables_as_csv(tmp_path):
    write(tmp_path / "events.jsonl")
    result = invoke(tmp_path / "events.jsonl", "--out", tmp_path / "events.csv")
    assert result.exit_code == 0, result.output
    with (tmp_path / "events.csv").open(encoding="utf-8-sig", newline="") as file:
        text, image = csv.DictReader(file)
    assert text["Agent"] == "Police"
    assert text["Participant"] == ""
    assert (text["score"], image["score"]) == ("0.75", "")
    with (tmp_path / "events-arguments.csv").open(encoding="utf-8-sig", newline="") as file:
        arguments = list(csv.DictReader(file))
    assert [one["role"] for one in arguments] == ["Agent", "Person", "Participant", "Participant"]
    assert arguments[2]["x2"] == "30.4"


@pytest.mark.parametrize("ending", ["xlsx", "parquet"])
def test_the_same_tables_in_other_formats(tmp_path, ending):
    pytest.importorskip({"xlsx": "openpyxl", "parquet": "pyarrow"}[ending])
    write(tmp_path / "events.jsonl")
    out = tmp_path / f"events.{ending}"
    assert invoke(tmp_path / "events.jsonl", "--out", out).exit_code == 0
    if ending == "xlsx":
        import openpyxl

        sheets = openpyxl.load_workbook(out)
        assert sheets.sheetnames == ["events", "arguments"]
        read = [[list(row) for row in sheet.values] for sheet in sheets]
    else:
        from pyarrow import parquet

        files = (out, tmp_path / "events-arguments.parquet")
        tables = [parquet.read_table(file) for file in files]
        read = [
            [t.column_names, *map(list, zip(*t.to_pydict().values(), strict=True))] for t in tables
        ]
    rows = rows_of(tmp_path / "events.jsonl")
    made = (events_table(rows), arguments_table(rows))
    for found, (header, rows) in zip(read, made, strict=True):
        assert found[0] == header
        empty = {"", None}
        for one, other in zip(found[1:], rows, strict=True):
            assert all(a == b or {a, b} <= empty for a, b in zip(one, other, strict=True))


def named(name, text, role="Victim", **metadata):
    """A document of one sentence, whose whole text is trigger and argument."""
    sentence = Sentence("s", text, ((0, len(text)),))
    argument = TextArgument(role, Span(0, 1))
    event = TextEvent("t1", "s", "Life:Die", Span(0, 1), (argument,), 0.5)
    return Document(name, (sentence,), text_events=(event,), metadata=metadata)


def csv_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]
)
def test_no_cell_is_a_formula(tmp_path, text):
    openpyxl = pytest.importorskip("openpyxl")
    made = named(text, text, role=text, title=text, **{text: text})
    report = ReadReport()
    export([made], tmp_path / "a.csv", report)
    [read], [argument] = csv_of(tmp_path / "a.csv"), csv_of(tmp_path / "a-arguments.csv")
    shown = [read[key] for key in ("document", "trigger", "sentence", "title", f"'{text}")]
    assert {*shown, argument["role"], argument["text"]} == {f"'{text}"}
    export([made], tmp_path / "a.xlsx", report)
    for sheet in openpyxl.load_workbook(tmp_path / "a.xlsx"):
        assert {cell.data_type for row in sheet for cell in row} <= {"s", "inlineStr", "n"}
        assert sheet["A2"].value.strip() == text.strip()
        assert sheet["A2"].quotePrefix  # as if typed with an apostrophe: editing makes no formula
        assert not sheet["B2"].quotePrefix
    assert not report.warnings


def test_the_words_of_an_error_are_text_in_a_workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    export([named("#N/A", "#DIV/0!")], tmp_path / "a.xlsx", ReadReport())
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["events"]
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["E2"].data_type) == ("#N/A", "s", "s")


def test_what_does_not_fit_a_sheet_is_changed_and_counted(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    report = ReadReport()
    export([named("a\x00b", "x" * 40_000)], tmp_path / "a.xlsx", report)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["events"]
    assert sheet["A2"].value == "a\ufffdb"
    assert len(sheet["E2"].value) == 32_767
    # The document's name and the long text are in both sheets, the sentence in one.
    assert sorted(report.warnings.values()) == [2, 4]
    assert "events, row 2" in str(report.cases)


def test_a_role_named_as_a_column_has_its_own(tmp_path):
    pytest.importorskip("pyarrow")
    made = [named("d", "fell", role="score", document="x"), named("e", "rose", role="Victim")]
    for ending in ("csv", "parquet"):
        export(made, tmp_path / f"a.{ending}", ReadReport())
    first, second = csv_of(tmp_path / "a.csv")
    assert (first["score (role)"], first["score"], first["Victim"]) == ("fell", "0.5", "")
    assert (first["document (metadata)"], first["document"]) == ("x", "d")
    assert (second["Victim"], second["score (role)"], second["document (metadata)"]) == (
        "rose",
        "",
        "",
    )
    from pyarrow import parquet

    assert parquet.read_schema(tmp_path / "a.parquet").names == list(first)


def test_another_suffix_or_a_missing_library_is_one_line(tmp_path, monkeypatch):
    result = invoke(tmp_path / "none.jsonl", "--out", tmp_path / "events.ods")
    assert result.exit_code == 2
    assert (
        "no table or graph has the suffix .ods; name a file .csv, .xlsx, .parquet, .graphml"
        in result.output
    )
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    result = invoke(tmp_path / "none.jsonl", "--out", tmp_path / "events.xlsx")
    assert "pip install 'rmpl[excel]', or write .csv" in result.output


def test_the_command_prints_a_table(tmp_path):
    write(tmp_path / "events.jsonl")
    shown = CliRunner().invoke(app, ["table", str(tmp_path / "events.jsonl")]).output.splitlines()
    assert shown[0].split() == ["document", "event", "trigger", "arguments", "score"]
    assert "arrested  Agent: Police; Person: two men " in shown[1]
    whole = CliRunner().invoke(app, ["table", str(tmp_path / "events.jsonl"), "--sentences"])
    assert "in Lima." in whole.output
    (tmp_path / "empty.jsonl").write_text("")
    assert shown[-1] == "2 events in 1 document: Justice:Arrest-Jail 1, Contact:Meet 1"
    assert invoke(tmp_path / "empty.jsonl").output == "no events in 0 documents\n"


def test_events_with_a_low_score_are_left_out_of_all_that_is_written(tmp_path):
    write(tmp_path / "events.jsonl")
    shown = invoke(tmp_path / "events.jsonl", "--min-score", "0.8").output.splitlines()
    assert shown[1].split()[:2] == ["a.txt", "Contact:Meet"]
    assert shown[2:] == [
        "left out: 1 event below --min-score 0.8",
        "--min-score: 1 event without a score not left out",
        "1 event in 1 document: Contact:Meet 1",
    ]
    out = tmp_path / "events.csv"
    assert invoke(tmp_path / "events.jsonl", "--min-score", "0.8", "--out", out).exit_code == 0
    [left] = csv_of(out)
    assert (left["event"], left["links"]) == ("i1", "")  # a link to nothing is none
    for wrong in ("2", "-0.1", "nan", "high"):
        assert invoke(tmp_path / "events.jsonl", "--min-score", wrong).exit_code == 2


def test_standard_input_is_read(tmp_path, monkeypatch):
    write(tmp_path / "events.jsonl")
    made = list(read_results(tmp_path / "events.jsonl"))
    piped = io.BufferedReader(io.BytesIO((tmp_path / "events.jsonl").read_bytes()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(piped))
    assert list(read_results(Path("-"))) == made


def test_no_space_for_a_workbook_s_temporary_files_is_one_line(tmp_path, monkeypatch):
    worksheet = pytest.importorskip("openpyxl.worksheet._write_only")

    class SerialisationError(Exception):  # as lxml's
        pass

    def full(*_):
        raise SerialisationError("IO_ENOSPC")

    monkeypatch.setattr(worksheet.WorksheetWriter, "write_row", full)
    write(tmp_path / "events.jsonl")
    result = invoke(tmp_path / "events.jsonl", "--out", tmp_path / "e.xlsx")
    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
    assert "e.xlsx: cannot be written (temporary files in /" in result.output
    assert [one.name for one in tmp_path.iterdir()] == ["events.jsonl"]


def test_bad_files_are_one_line(tmp_path):
    (tmp_path / "bad.jsonl").write_text("{")
    (tmp_path / "made.xlsx").write_text("PK")
    for name in ("bad.jsonl", "none.jsonl", "made.xlsx", "."):
        result = CliRunner().invoke(app, ["table", str(tmp_path / name)])
        assert result.exit_code == 2
        assert len(result.output.splitlines()) == 1


def test_an_event_in_a_caption_has_its_image(tmp_path):
    document = text_document("Police came. A man was\nshot in Lima.", "a.txt")
    events = [
        TextEvent(f"t{number}", sentence.id, "Conflict:Attack", Span(0, 1))
        for number, sentence in enumerate(document.sentences)
    ]
    images = (
        Image("p.jpg", caption="A van"),
        Image("q.jpg", caption="In March:  A man was shot in Lima. He lived."),
        Image("r.jpg", caption="A man was shot in Lima. Policemen"),
    )
    document = msgspec.structs.replace(document, images=images, text_events=tuple(events))
    rows = list(event_rows([document]))
    assert [(row.medium, row.image, row.caption) for row in rows] == [
        ("text", "", ""),
        ("text", "q.jpg", images[1].caption),
    ]
