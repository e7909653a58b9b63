"""Tables of counts: whole cells in a pipe, folded ones on a narrow terminal."""

import re
from collections import Counter

import pytest

from rmpl.cli.tables import MAX_ROWS, print_counts, print_table

NAME = "text-events(a-corpus-with-a-long-name, another-one, and-a-third-one-of-many)"
NUMBERS = ["1,234", "50.0%", "217,267"]


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")


def test_without_a_terminal_every_row_is_one_line(capsys):
    header = ["source of the samples", "samples", "share", "tokens"]
    print_table(header, [[NAME, *NUMBERS], ["b", "1", "2", "3"]])
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0] == " ".join(header).split()
    assert lines[2] == [*NAME.split(), *NUMBERS]
    assert lines[3] == ["b", "1", "2", "3"]


def test_on_a_narrow_terminal_cells_are_folded_and_lose_nothing(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # for rich this is a terminal
    monkeypatch.setenv("NO_COLOR", "1")
    print_table(["source", "samples", "share", "tokens"], [[NAME, *NUMBERS]])
    shown = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().out)
    assert max(map(len, shown.splitlines())) == 60
    assert "…" not in shown
    assert all(number in shown for number in NUMBERS)
    first = [line[1:].split("  ")[0] for line in shown.splitlines()]
    assert NAME.replace(" ", "") in "".join(first).replace(" ", "")


def test_names_from_files_are_no_markup(capsys):
    print_table(["[red]what[/red]", "count"], [["[bold]x[/bold]", "1"]])
    assert "[red]what[/red]" in (shown := capsys.readouterr().out)
    assert "[bold]x[/bold]" in shown


def test_further_rows_are_counted(capsys):
    print_counts("type", {"train": Counter(range(MAX_ROWS + 2))})
    *_, last = capsys.readouterr().out.splitlines()
    assert last == "... and 2 more (all with --json)"
