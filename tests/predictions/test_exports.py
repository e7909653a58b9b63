"""Every event comes out in every form: counted over ten documents that have little in common."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from builders import document, image_event, sentence, text_event
from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.inputs.reading import Item
from rmpl.io.read_report import ReadReport
from rmpl.predictions.exports import export, lines_file
from rmpl.predictions.results import linked_line, read_results, result_line
from rmpl.predictions.selection import EventCounts
from rmpl.records import NOWHERE, Alignment, Box, Document, Image, Link, Span, TextArgument

FORMS = ["csv", "xlsx", "parquet", "graphml", "jsonld"]
HOSTILE = '=HYPERLINK("http://x";"<b>&amp;") ]]> "quoted", it\'s; \x00\x0b\ufffe'


def spoken(name: str, *texts: str, **more: object) -> Document:
    """A document with an event in each sentence: its trigger, and then who and where at once."""
    sentences = tuple(sentence(f"{name}_{n}", text) for n, text in enumerate(texts))
    events = (
        text_event(f"t{n}", 0, ("Agent", 1), ("Place", 1), sentence_id=one.id)
        for n, one in enumerate(sentences)
    )
    return msgspec.structs.replace(document(*events, document_id=name), sentences=sentences, **more)


def linked() -> Document:
    """A sentence and an image with one event and one participant."""
    text = text_event("e", 1, ("Victim", 0), sentence_id="s")
    shown = image_event("e", ("Victim", 1.25, 2, 30, 40), ("Place", 0, 0, 9, 9), image_id="p")
    same = (Alignment("Victim", Span(0, 1), Box(1.25, 2, 30, 40), 0.9),)
    return document(
        text,
        shown,
        document_id="linked",
        sentences=(sentence("s", "Ana fell."),),
        images=(Image("p", "p.jpg", 40, 50, "Ana, on the ground"),),
        links=(Link("e", "e", 0.8, same),),
    )


def lost() -> Document:
    """An answer whose words are not in the sentence."""
    argument = TextArgument("Agent", NOWHERE, text="nobody there")
    [event] = spoken("lost", "Somebody spoke.").text_events
    event = msgspec.structs.replace(
        event, trigger=NOWHERE, trigger_text="spake", arguments=(argument, argument), score=0.1
    )
    return document(event, document_id="lost", sentences=(sentence("lost_0", "Somebody spoke."),))


DOCUMENTS = [
    spoken("plain.txt", "Fought rebels near Lima.", "Died two men."),
    spoken("front matter.md", "Met ministers.", metadata={"title": "Talks", "date": "on Tuesday"}),
    spoken("page.html?a=1&b=2#x", "Shot police.", metadata={"title": "<b>", "@id": "x", "id": "y"}),
    spoken("新闻/ä é.txt", "抗议 学生 昨天", "😀 مرحبا", metadata={"author": "李"}),
    spoken(HOSTILE, HOSTILE, metadata={"title": HOSTILE, HOSTILE: HOSTILE}),
    spoken("long.txt", "Said " + "very " * 9_000),
    document(
        image_event("i", ("Agent", 0, 0, 5, 5), image_id="photo.jpg"), document_id="photo.jpg"
    ),
    linked(),
    lost(),
    spoken("nothing.txt"),
]


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    made = [result_line(one, Item(one, one.id)) for one in DOCUMENTS]
    made[1] = linked_line(DOCUMENTS[1])  # another system's line, without sentences
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(made))
    return path


def names_of(path: Path) -> list[tuple[str, str, str]]:
    """The document, the medium and the id of every event in the lines, as they are written."""
    return sorted(
        (one["doc_id"], medium, event["id"])
        for one in map(json.loads, path.read_bytes().splitlines())
        for medium in ("text", "image")
        for event in one[f"{medium}_events"]
    )


def legal(names: list[tuple[str, str, str]], ending: str) -> list[tuple[str, str, str]]:
    """The names as a form can hold them."""
    illegal = "\x00\x0b\ufffe" if ending in {"xlsx", "graphml"} else ""
    table = str.maketrans(dict.fromkeys(illegal, "\ufffd"))
    start = "'" if ending == "csv" else ""
    changed = (
        tuple(f"{start}{cell}" if cell.startswith("=") else cell for cell in name) for name in names
    )
    return sorted(tuple(cell.translate(table) for cell in name) for name in changed)  # type: ignore[misc]


def read(path: Path) -> tuple[list[tuple[str, str, str]], int]:
    """Read events and the number of their arguments by a library that people use."""
    pandas = pytest.importorskip("pandas")
    if path.suffix == ".graphml":
        graph = pytest.importorskip("networkx").read_graphml(path)
        nodes = [node for _, node in graph.nodes(data=True)]
        kinds = [edge["kind"] for *_, edge in graph.edges(data=True)]
        assert len([node for node in nodes if node["kind"] == "document"]) == len(DOCUMENTS)
        assert (kinds.count("same event"), kinds.count("same participant")) == (1, 1)
        events = [node for node in nodes if node["kind"] == "event"]
        assert kinds.count("has event") == len(events)
        found = [(one["document"], one["medium"], one["event"]) for one in events]
        return sorted(found), kinds.count("participant")
    if path.suffix == ".jsonld":
        nodes = json.loads(path.read_text("utf-8"))["@graph"]
        events = [node for node in nodes if node["@type"] == "Event"]
        pointed = {
            end["@id"] for node in nodes for key in ("hasEvent",) for end in node.get(key, ())
        }
        assert pointed == {event["@id"] for event in events}
        assert len({node["@id"] for node in nodes}) == len(nodes)
        found = [(one["document"], one["medium"], one["event"]) for one in events]
        return sorted(found), sum(len(one.get("participation", ())) for one in events)
    beside = path.with_name(f"events-arguments{path.suffix}")
    as_text = {"keep_default_na": False, "dtype": str}
    if path.suffix == ".xlsx":
        tables = list(pandas.read_excel(path, sheet_name=None, **as_text).values())
    elif path.suffix == ".csv":
        tables = [pandas.read_csv(one, **as_text) for one in (path, beside)]
    else:
        tables = [pandas.read_parquet(one) for one in (path, beside)]
    columns = zip(*(tables[0][key] for key in ("document", "medium", "event")), strict=True)
    return sorted(columns), len(tables[1])


@pytest.mark.parametrize("ending", FORMS)
def test_each_event_of_the_lines_is_in_every_form(lines, ending):
    needed = {"xlsx": "openpyxl", "parquet": "pyarrow"}.get(ending)
    if needed:
        pytest.importorskip(needed)
    out = lines.with_suffix(f".{ending}")
    done = CliRunner().invoke(app, ["table", str(lines), "--out", str(out)])
    assert done.exit_code == 0, done.output
    names, arguments = read(out)
    assert names == legal(names_of(lines), ending)
    whole = [e for one in DOCUMENTS for e in (*one.text_events, *one.image_events)]
    assert len(names) == len(whole) == 12
    assert arguments == sum(len(event.arguments) for event in whole)
    assert done.output.splitlines()[-1] == ("12 events in 9 of 10 documents: Conflict:Attack 12")
    changed = [line for line in done.output.splitlines() if line.startswith("warning")]
    assert len(changed) == {"xlsx": 2, "graphml": 1}.get(ending, 0), changed


def test_a_graph_tells_who_does_what(tmp_path):
    networkx = pytest.importorskip("networkx")
    export(DOCUMENTS, tmp_path / "a.graphml", ReadReport())
    graph = networkx.read_graphml(tmp_path / "a.graphml")
    label = dict(graph.nodes(data="label"))
    told = {(label[a], edge["label"], label[b]) for a, b, edge in graph.edges(data=True)}
    assert {
        ("linked", "has event", "Conflict:Attack: fell."),
        ("Conflict:Attack: fell.", "Victim", "Ana"),
        ("Conflict:Attack: fell.", "same event", "Conflict:Attack"),
        ("Ana", "same participant: Victim", "1 2 30 40"),
        ("Talks", "has event", "Conflict:Attack: Met"),
        ("plain.txt", "has event", "Conflict:Attack: Fought"),
    } <= told
    [shown] = [node for _, node in graph.nodes(data=True) if "caption" in node]
    assert shown["caption"] == "Ana, on the ground"
    # A span in two roles is one participant.
    [rebels] = [name for name, words in label.items() if words == "rebels"]
    assert graph.in_degree(rebels) == 2


def test_a_graph_needs_ids_that_are_unique_and_leaves_out_what_leads_nowhere(tmp_path):
    report = ReadReport()
    with pytest.raises(RmplError, match="document linked: a repeated document"):
        export([linked(), linked()], tmp_path / "a.graphml", report)
    twice = document(image_event("e"), image_event("e"))
    with pytest.raises(RmplError, match="document D: a repeated event"):
        export([twice], tmp_path / "a.jsonld", report)
    assert not list(tmp_path.iterdir())
    export([msgspec.structs.replace(linked(), image_events=())], tmp_path / "a.jsonld", report)
    assert "sameEvent" not in (tmp_path / "a.jsonld").read_text()
    assert sum(report.warnings.values()) == 2


@pytest.mark.parametrize("ending", FORMS)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_what_was_there(lines, ending, call, monkeypatch):
    out = lines.with_suffix(f".{ending}")
    out.write_text("old")
    before = {one.name: one.read_bytes() for one in lines.parent.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[call], full)
    done = CliRunner().invoke(app, ["table", str(lines), "--out", str(out)])
    assert done.exit_code == 2
    [said] = done.output.splitlines()
    assert said.startswith(f"rmpl: {out.with_suffix('')}")
    assert said.endswith(f"{out.suffix}: cannot be written (No space left on device)")
    assert {one.name: one.read_bytes() for one in lines.parent.iterdir()} == before


def test_an_output_is_a_name_that_says_its_form(tmp_path):
    for name in ("a.jsonl", "a.jsonl.gz"):
        assert lines_file(tmp_path / name).name == name
    assert lines_file(tmp_path / "a.b.csv").name == "a.b.jsonl"
    assert lines_file(tmp_path / "a.GraphML").name == "a.jsonl"
    for name in ("a", "a.json", "a.txt", "a.csv.gz", "a.gz", "a.", ".csv"):
        with pytest.raises(RmplError, match=r"no output has the suffix .*; name a file \.jsonl, "):
            lines_file(tmp_path / name)


def test_what_stays_by_its_score_is_whole(lines):
    """Links and events go with what they point to; a text event may be named as an image event."""
    [one] = [one for one in read_results(lines) if one.id == "linked"]
    text = msgspec.structs.replace(one.text_events[0], score=0.2)
    image = msgspec.structs.replace(one.image_events[0], score=0.6)
    one = msgspec.structs.replace(one, text_events=(text,), image_events=(image,))
    for least, events, links in ((0.1, 2, 1), (0.2, 2, 1), (0.5, 1, 0), (0.7, 0, 0)):
        counts = EventCounts(least)
        left = counts.select(one)
        assert len(left.text_events) + len(left.image_events) == events
        assert (len(left.links), counts.left_out) == (links, 2 - events)


def test_a_summary_names_the_most_frequent_types():
    counts = EventCounts()
    counts.add([])
    assert list(counts.lines()) == ["no events in 1 document"]
    counts.add([f"T{n}" for n in range(14) for _ in range(20 - n)] * 100)
    [line] = counts.lines()
    assert line.startswith("18,900 events in 1 of 2 documents: T0 2,000, T1 1,900, ")
    assert line.endswith(", T11 900, 2 other types 1,500")
