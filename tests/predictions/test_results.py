"""A file of results is whole at any moment, and goes on where it was."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rmpl.errors import RmplError
from rmpl.inputs.reading import Item
from rmpl.predictions.file import read_predictions
from rmpl.predictions.results import ResultsFile, linked_line, read_results, result_line
from rmpl.records import (
    Alignment,
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

TOKENS = ((0, 6), (7, 11), (12, 15))
SENTENCE = Sentence("s", "Police shot Ana.", TOKENS, source=((5, 11), (13, 17), (19, 22)))
VICTIM = TextArgument("Victim", Span(2, 3), 0.25)
FOUND = Document(
    "d",
    (SENTENCE,),
    (Image("p", "p.jpg", 40, 30, "Ana is carried away."),),
    (TextEvent("t", "s", "Life:Die", Span(1, 2), (VICTIM,), 0.5),),
    (ImageEvent("i", "p", "Life:Die", (ImageArgument("Victim", Box(1, 2, 3, 4), 0.75),), 0.5),),
    (Link("t", "i", 0.5, (Alignment("Victim", Span(2, 3), Box(1, 2, 3, 4), 0.9),)),),
    metadata={"title": "A shot", "date": "2019-03-05"},
)  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sub" / "events.jsonl"


def begun(path, count=2, about=None):
    results = ResultsFile(path, about or {"model": "m"})
    for number in range(count):
        results.append(b'{"doc_id":"%d"}\n' % number)
    results.close()


def test_a_line_says_where_everything_stands():
    line = json.loads(result_line(FOUND, Item(FOUND, "d.html", "The  Police  shot  Ana.")))
    trigger = line["text_events"][0]["trigger"]
    assert (trigger["start"], trigger["end"]) == (1, 2)
    assert (trigger["char_start"], trigger["char_end"]) == (7, 11)
    assert (trigger["source_start"], trigger["source_end"]) == (13, 17)
    assert (trigger["text"], line["text_events"][0]["score"]) == ("shot", 0.5)
    assert line["image_events"][0]["arguments"] == [
        {"role": "Victim", "box": [1, 2, 3, 4], "score": 0.75}
    ]
    [event] = line["multimedia_events"]
    assert event["score"] == 0.125
    assert [(a["event"], a["score"]) for a in event["arguments"]] == [("t", 0.25), ("i", 0.75)]
    assert event["arguments"][0]["text"] == "Ana"
    assert event["alignment"] == [{"text": 0, "image": 1, "score": 0.9}]
    assert line["text"][13:17] == "shot"
    assert line["metadata"] == {"title": "A shot", "date": "2019-03-05"}
    assert line["images"][0]["caption"] == "Ana is carried away."
    assert "metadata" not in json.loads(result_line(Document("d"), Item(Document("d"), "d.txt")))


def test_results_come_back_whole_and_are_prediction_lines_too(tmp_path):
    (tmp_path / "r.jsonl").write_bytes(result_line(FOUND, Item(FOUND, "d.txt")))
    assert list(read_results(tmp_path / "r.jsonl")) == [FOUND]
    [read] = read_predictions(tmp_path / "r.jsonl")
    assert (read.text_events, read.links) == (FOUND.text_events, FOUND.links)


def test_a_linked_line_has_the_multimedia_events_and_no_sentences():
    line = json.loads(linked_line(FOUND))
    assert line["links"][0]["alignments"][0]["box"] == [1, 2, 3, 4]
    [event] = line["multimedia_events"]
    one = event["alignment"][0]
    assert event["arguments"][one["text"]]["event"] == "t"
    assert event["arguments"][one["image"]]["event"] == "i"
    assert "sentences" not in line


def test_a_torn_last_line_is_taken_away_and_the_rest_is_done(path):
    begun(path)
    with path.open("ab") as file:
        file.write(b'{"doc_id":"torn","te')
    results = ResultsFile(path, {"model": "m"}, resume=True)
    assert results.done == {"0", "1"}
    results.append(b'{"doc_id":"2"}\n')
    results.close()
    assert [json.loads(line)["doc_id"] for line in path.read_text().splitlines()] == ["0", "1", "2"]


def test_a_killed_run_loses_no_line_and_repeats_none(path):
    """Wherever it is killed, what it began is gone on with to the same bytes."""
    script = (
        "import os, sys, pathlib\n"
        "from rmpl.predictions.results import ResultsFile\n"
        "results = ResultsFile(pathlib.Path(sys.argv[1]), {'model': 'm'})\n"
        'for number in range(3): results.append(b\'{"doc_id":"%d"}\\n\' % number)\n'
        "write = os.write(results._file.fileno(), b'{\"doc_id\":')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -9
    results = ResultsFile(path, {"model": "m"}, resume=True)
    assert results.done == {"0", "1", "2"}
    for number in range(3, 5):
        results.append(b'{"doc_id":"%d"}\n' % number)
    results.close()
    begun(path.with_name("whole.jsonl"), 5)
    assert path.read_bytes() == path.with_name("whole.jsonl").read_bytes()
    left = sorted(one.name for one in path.parent.iterdir())
    assert left == [
        "events.jsonl",
        "events.jsonl.about.json",
        "whole.jsonl",
        "whole.jsonl.about.json",
    ]


def unpacked(path):
    return gzip.decompress(path.read_bytes()).splitlines()


def test_a_file_named_gz_is_gzip_and_can_be_gone_on_with(path):
    path = path.with_name("events.jsonl.gz")
    begun(path)
    whole = path.read_bytes()
    assert [json.loads(line)["doc_id"] for line in unpacked(path)] == ["0", "1"]
    with path.open("ab") as file:
        file.write(whole[: len(whole) // 3])
    results = ResultsFile(path, {"model": "m"}, resume=True)
    assert results.done == {"0", "1"}
    results.append(b'{"doc_id":"2"}\n')
    results.close()
    assert [json.loads(line)["doc_id"] for line in unpacked(path)] == ["0", "1", "2"]
    path.write_bytes(b'{"doc_id":"0"}\n')
    with pytest.raises(RmplError, match="not in gzip format"):
        ResultsFile(path, {"model": "m"}, resume=True)
    assert path.read_bytes() == b'{"doc_id":"0"}\n'


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_standard_output_is_written_to_as_it_comes(name, tmp_path):
    script = (
        "import sys, pathlib\n"
        "from rmpl.predictions.results import ResultsFile\n"
        "results = ResultsFile(pathlib.Path(sys.argv[1]), {})\n"
        'for number in range(2): results.append(b\'{"doc_id":"%d"}\\n\' % number)\n'
        "results.close()\n"
    )
    command = [sys.executable, "-c", script, name]
    done = subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    assert done.stdout == b'{"doc_id":"0"}\n{"doc_id":"1"}\n'
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RmplError, match="--resume with standard output"):
        ResultsFile(Path(name), {}, resume=True)


def test_a_file_of_results_is_a_regular_one(path):
    path.parent.mkdir()
    os.mkfifo(path)
    for place in (path, Path("/dev/full")):
        with pytest.raises(RmplError, match="not a regular file"):
            ResultsFile(place, {}, resume=True)


def test_a_file_that_is_there_is_not_written_over(path):
    begun(path)
    before = path.read_bytes()
    with pytest.raises(RmplError, match="already exists"):
        ResultsFile(path, {"model": "m"})
    with pytest.raises(RmplError, match="another model"):
        ResultsFile(path, {"model": "other"}, resume=True)
    assert path.read_bytes() == before


def test_a_new_file_that_cannot_be_written_is_not_said_to_be_whole(path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(RmplError, match=r"Permission denied.*choose another file") as caught:
        ResultsFile(path, {})
    assert "complete" not in str(caught.value)


def test_two_runs_do_not_write_one_file(path):
    results = ResultsFile(path, {})
    with pytest.raises(RmplError, match="another process"):
        ResultsFile(path, {}, resume=True)
    results.close()
    ResultsFile(path, {}, resume=True).close()


class Full:
    """A disk with room for so many bytes of each line."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        return self.file.write(data[: self.room])

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_a_full_disk_leaves_no_half_line(path):
    begun(path)
    results = ResultsFile(path, {"model": "m"}, resume=True)
    results._file = Full(results._file, 3)
    with pytest.raises(RmplError, match="No space left"):
        results.append(b'{"doc_id":"2"}\n')
    results.close()
    assert path.read_bytes().endswith(b'"1"}\n')
    results = ResultsFile(path, {"model": "m"}, resume=True)
    results.append(b'{"doc_id":"2"}\n')
    results.close()
    begun(path.with_name("whole.jsonl"), 3)
    assert path.read_bytes() == path.with_name("whole.jsonl").read_bytes()


def test_what_is_no_file_of_results_is_said(path):
    path.parent.mkdir()
    path.write_text("not json\n")
    with pytest.raises(RmplError, match=r"events\.jsonl:1"):
        ResultsFile(path, {}, resume=True)


def test_documents_with_metadata_are_found_in_a_dictionary():
    assert {FOUND: 1}[read_back(FOUND)] == 1


def read_back(document):
    from rmpl.predictions.results import read_result

    return read_result(result_line(document, Item(document, "d.txt")), "r.jsonl:1")
