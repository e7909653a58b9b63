from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmpl.corpora.ace.jmee import read_jmee
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport

SENTENCE = {
    "words": ["He", "died", "Monday"],
    "golden-event-mentions": [
        {
            "event_type": "Life:Die",
            "trigger": {"start": 1, "end": 2, "text": "died"},
            "arguments": [
                {"role": "Victim", "start": 0, "end": 1},
                {"role": "Time-Within", "start": 2, "end": 3},
            ],
        },
        {"event_type": "Life:Marry", "trigger": {"start": 1, "end": 2}, "arguments": []},
    ],
}


def write(path: Path, records: object) -> Path:
    path.write_text(json.dumps(records))
    return path


def test_the_twin_is_read_whole(twins: Path) -> None:
    report = ReadReport()
    documents = list(read_jmee(twins / "jmee.json", report=report))
    assert report.used == {
        "documents": 6,
        "sentences": 6,
        "text events": 8,
        "text arguments": 19,
    }
    event = documents[2].text_events[0]
    sentence = documents[2].sentences[0]
    assert sentence.text == "Police arrested Ana Reyes & nine protesters who marched in Lima."
    assert [sentence.slice(a.span) for a in event.arguments] == [
        "Police",
        "Ana Reyes",
        "nine protesters",
    ]


def test_types_and_roles_outside_the_ontology_are_counted(tmp_path: Path) -> None:
    report = ReadReport()
    (document,) = read_jmee(write(tmp_path / "train.json", [SENTENCE]), report=report)
    assert document.id == "train_1"
    assert document.sentences[0].text == "He died Monday"
    assert [(e.event_type, len(e.arguments)) for e in document.text_events] == [("Life:Die", 1)]
    assert report.left_out == {
        "event type Life:Marry outside the schema": 1,
        "role Time-Within of Life:Die outside the schema": 1,
    }


def test_a_broken_sentence_is_named_or_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "train.json", [SENTENCE, {"words": "x"}, {"words": [""]}, SENTENCE])
    with pytest.raises(RmplError, match="sentence 2"):
        list(read_jmee(path))
    report = ReadReport()
    documents = list(read_jmee(path, on_error="count", report=report))
    assert [document.id for document in documents] == ["train_1", "train_4"]


@pytest.mark.parametrize("content", ["", "{}", "[1", "null"])
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "train.json"
    path.write_text(content)
    with pytest.raises(RmplError, match=r"train\.json"):
        list(read_jmee(path, on_error="count"))


def test_empty_sentences_and_unusual_spaces_are_kept(tmp_path: Path) -> None:
    words = ["\u00a0", "a\u2009b", "\u200b", "é"]
    empty, odd = read_jmee(write(tmp_path / "train.json", [{"words": []}, {"words": words}]))
    assert empty.sentences[0].tokens == ()
    assert odd.sentences[0].words() == words


def test_crossing_arguments_and_events_without_any_are_kept(tmp_path: Path) -> None:
    crossing = {
        "event_type": "Life:Die",
        "trigger": {"start": 1, "end": 2},
        "arguments": [
            {"role": "Victim", "start": 0, "end": 2},
            {"role": "Place", "start": 1, "end": 3},
        ],
    }
    bare = {"event_type": "Life:Die", "trigger": {"start": 0, "end": 1}}
    record = {"words": ["a", "b", "c"], "golden-event-mentions": [crossing, bare]}
    (document,) = read_jmee(write(tmp_path / "train.json", [record]))
    assert [len(event.arguments) for event in document.text_events] == [2, 0]
