"""Tables of counts on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rmpl.errors import one_line

MAX_ROWS = 60
_UNBOUNDED = 1_000_000
"""Characters of a line that nobody's terminal has to show."""


def print_counts(title: str, columns: Mapping[str, Counter[Any]], *, ordered: bool = True) -> None:
    """Print one row per key and one column per split, most frequent first."""
    total: Counter[Any] = Counter()
    for counter in columns.values():
        total.update(counter)
    keys = [key for key, count in total.most_common() if count] if ordered else list(total)
    rows = [[_name(key), *(f"{c[key]:,}" for c in columns.values())] for key in keys if total[key]]
    print_table([title, *columns], rows[:MAX_ROWS])
    if len(rows) > MAX_ROWS:
        typer.echo(f"... and {len(rows) - MAX_ROWS} more (all with --json)")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose first column is text and whose others are numbers.

    Long cells are folded to the width of a terminal; elsewhere every row is one line.
    """
    if not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(header):
        table.add_column(Text(name), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))  # text from files is not markup
    console = Console()
    if not console.is_terminal:
        console.width = _UNBOUNDED
    console.print(table)


def _name(key: object) -> str:
    return " ".join(key) if isinstance(key, tuple) else str(key)
