"""Progress bars with the time left; plain lines when the output is not a terminal."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_LINE_EVERY_SECONDS = 20.0


class Bars:
    """One progress bar per named step, created at its first update."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("elapsed"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, tuple[float, int]] = {}
        self._said: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def update(self, step: str, done: int, total: int, note: str = "") -> None:
        """Show that ``done`` of ``total`` units of a step are done."""
        if not self._console.is_terminal:
            self._line(step, done, total, note)
            return
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step, total=total, note=note)
        self._progress.update(self._tasks[step], completed=done, total=total, note=note)

    def _line(self, step: str, done: int, total: int, note: str) -> None:
        now = time.monotonic()
        # A resumed step starts in the middle: its pace is that of what is done since.
        began, first = self._began.setdefault(step, (now, done))
        if done < total and now - self._said.get(step, began) < _LINE_EVERY_SECONDS:
            return
        self._said[step] = now
        ending = f"done in {now - began:.0f} s"
        if done < total:
            left = f"{(now - began) / max(done - first, 1) * (total - done):.0f} s left"
            ending = left if done > first else "estimating time left"
        self._console.print(f"{step}: {done}/{total}, {ending} {note}".rstrip(), highlight=False)
