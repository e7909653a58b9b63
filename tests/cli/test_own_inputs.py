"""What the command says of its inputs."""

import pytest
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.cli.own_inputs import say_near_duplicates
from rmpl.corpora.near_duplicates import NearDuplicates
from rmpl.records import Document, Sentence

TEXT = "A storm killed ten people in Lima on Tuesday and the police closed the port"


@pytest.mark.parametrize("names", [(), ("a.exe", "b/c.doc")])
def test_a_folder_without_anything_to_read_ends_before_a_model_is_loaded(tmp_path, names):
    folder = tmp_path / "news"
    (folder / "b").mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    out = tmp_path / "events.jsonl"
    ran = CliRunner().invoke(app, ["extract", str(folder), "--model", "no/such", "--out", str(out)])
    assert ran.exit_code == 1
    [line] = ran.stderr.splitlines()
    assert line.startswith(f"rmpl: nothing to read in {folder}")
    assert ("2 x unsupported file type" in line) == bool(names)
    assert ".docx" in line
    assert not out.exists()


def test_near_duplicates_are_named_and_many_are_counted(capsys):
    documents = NearDuplicates()
    for number in range(30):
        documents.add(Document(f"{number}.txt", sentences=(Sentence("s", TEXT, ()),)))
    say_near_duplicates(documents)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("0.txt and 1.txt are nearly the same (100% of ")
    assert len(lines) == 21
    assert lines[-1] == "9 more documents are nearly the same as an earlier one"
