"""Progress bars with rates and the time left; plain lines when the output is not a terminal."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_LINE_EVERY_SECONDS = 20.0


def rate(per_second: float) -> str:
    """Return a rate in words, with two or three digits that count."""
    if per_second >= 1:
        return f"{per_second:,.{0 if per_second >= 100 else 1}f} per s"
    return f"{60 * per_second:.1f} per min"


class _Rate(ProgressColumn):
    """The rate of a step, once it is known."""

    def render(self, task: Task) -> Text:
        """Return the rate."""
        speed = task.finished_speed or task.speed
        return Text("" if not speed else rate(speed))


class Bars:
    """One progress bar per named step, created at its first update."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            _Rate(),
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
        self._done: dict[str, int] = {}

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
        if self._done.get(step) == total:
            return  # a last report that repeats the one before
        now = time.monotonic()
        # A resumed step starts in the middle: its pace is that of what is done since.
        began, first = self._began.setdefault(step, (now, done))
        if done < total and now - self._said.get(step, began) < _LINE_EVERY_SECONDS:
            return
        self._said[step] = now
        self._done[step] = done
        seconds = now - began
        parts = [f"{done}/{total}"]
        if done > first and seconds > 0:
            parts.append(rate((done - first) / seconds))
        if done == total:
            parts.append(f"done in {seconds:.0f} s")
        elif done > first:
            parts.append(f"{seconds / (done - first) * (total - done):.0f} s left")
        else:
            parts.append("estimating time left")
        parts += [note] * bool(note)
        self._console.print(f"{step}: {', '.join(parts)}", highlight=False, soft_wrap=True)
