"""Scores, protocols, intervals and errors as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rmpl.errors import RmplError, one_line
from rmpl.scoring.counts import TASKS, Counts, ScoreDict
from rmpl.scoring.protocols import MARK, REGISTRY, find_protocol

if TYPE_CHECKING:
    from rmpl.scoring.analysis import Analysis, TaskErrors
    from rmpl.scoring.bootstrap import Difference, ScoreIntervals


def aligned(rows: Sequence[Sequence[str]], *, left: int = 1) -> list[str]:
    """Return rows as lines with aligned columns, the first ``left`` of them left-aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def score_lines(
    protocol: str,
    scores: Mapping[str, Counts],
    bounds: Mapping[str, ScoreIntervals] | None = None,
    not_run: Sequence[str] = (),
) -> list[str]:
    """Return the scores of one protocol under its name, with tp / predicted / gold counts.

    Tasks for which the protocol uses the gold are marked; ``bounds`` adds 95% intervals. Tasks of
    the settings ``not_run`` are shown as such.
    """
    given = find_protocol(protocol).gold_given
    columns = ["P", "R", "F1"] if bounds is None else ["P", "R", "F1", "F1 95%"]
    rows = [[protocol, *columns, "tp", "predicted", "gold", ""]]
    for task, counts in scores.items():
        cells = [f"{value:.1f}" for value in (counts.p, counts.r, counts.f1)]
        if bounds is not None:
            interval = bounds[task].f1
            cells.append(f"{interval.low:.1f}-{interval.high:.1f}")
        numbers = [str(counts.tp), str(counts.n_pred), str(counts.n_gold)]
        rows.append([f"  {task}", *cells, *numbers, f"!! {MARK}" if task in given else ""])
    protocol_tasks = find_protocol(protocol).scores
    unrun = [task for task in protocol_tasks if TASKS[task] in not_run]
    rows += [[f"  {task}", "not run", *[""] * (len(rows[0]) - 2)] for task in unrun]
    lines = aligned(rows)
    if not (scores or unrun):
        lines.append("  no score: this protocol defines none in these settings")
    if given & scores.keys():
        lines.append(
            f"  !! {MARK}: this score uses gold annotation no system has; compare it with nothing "
            "but the same protocol"
        )
    return lines


def protocol_lines() -> list[str]:
    """Return the list of protocols: name, mark, relaxations and the scorer that each follows."""
    lines = []
    for name, protocol in REGISTRY.all():
        if isinstance(protocol, RmplError):
            lines.append(one_line(str(protocol)))
            continue
        mark = f"  !! {MARK}: {', '.join(sorted(protocol.gold_given))}"
        lines.append(f"{name}{mark if protocol.gold_given else ''}")
        lines.append(f"    grants: {protocol.grants}")
        lines.append(f"    as in: {protocol.imitates}")
        lines.append(f"    scores: {', '.join(protocol.scores)}")
    return lines


def difference_lines(
    protocol: str, names: tuple[str, str], differences: Iterable[Difference]
) -> list[str]:
    """Return the table of a comparison: both F1, their difference, its interval, p and Holm's p."""
    rows = [[f"{protocol}, F1", *names, "difference", "95%", "p", "p (Holm)"]]
    rows.extend(
        [
            f"  {each.task}",
            f"{each.first:.1f}",
            f"{each.second:.1f}",
            f"{each.difference:+.1f}",
            f"{each.interval.low:+.1f} to {each.interval.high:+.1f}",
            f"{each.p_value:.4f}",
            f"{each.p_holm:.4f}",
        ]
        for each in differences
    )
    return aligned(rows)


def analysis_lines(analysis: Analysis) -> list[str]:
    """Return errors by category with examples, scores by type and role, and type confusions."""
    lines: list[str] = []
    for task, errors in analysis.errors.items():
        lines += ["", *_errors(task, errors)]
    if any(analysis.overlaps):
        rows = [["IoU of boxes of the right role", *(f".{i}-" for i in range(10))]]
        rows.append(["  boxes", *map(str, analysis.overlaps)])
        lines += ["", *aligned(rows), "  poor below .5, right from .5 on"]
    for title, tables in (("by type", analysis.by_type), ("by role", analysis.by_role)):
        for task, table in tables.items():
            if table:
                lines += ["", *_breakdown(f"{task} {title}", table)]
    for task, confusion in analysis.confusion.items():
        if confusion:
            lines += ["", *_confusion(task, confusion)]
    return lines


def _errors(task: str, errors: TaskErrors) -> list[str]:
    """Return the categories of one task with their sum, and the first examples of each."""
    rows = [[f"errors, {task}", "wrong predictions", "missed gold"]]
    for verdict, count in errors.categories.items():
        rows.append([f"  {verdict}", str(count.predicted), str(count.gold)])
    rows.append(["  sum", str(errors.n_pred - errors.tp), str(errors.n_gold - errors.tp)])
    lines = aligned(rows)
    for verdict, examples in errors.examples.items():
        for one in examples:
            found, wanted = (side.name if side else "nothing" for side in (one.predicted, one.gold))
            lines.append(f"    {verdict}: {one.medium}: {found} for {wanted}")
    return lines


def _breakdown(title: str, table: Mapping[str, ScoreDict]) -> list[str]:
    rows = [[title, "P", "R", "F1", "tp", "predicted", "gold"]]
    for name, s in table.items():
        percent = [f"{value:.1f}" for value in (s["p"], s["r"], s["f1"])]
        rows.append([f"  {name}", *percent, str(s["tp"]), str(s["n_pred"]), str(s["n_gold"])])
    return aligned(rows)


def _confusion(task: str, confusion: Mapping[str, Mapping[str, int]]) -> list[str]:
    columns = sorted({name for row in confusion.values() for name in row})
    short = [name.rpartition(":")[2] for name in columns]
    rows = [[f"{task}: gold \\ predicted", *short]]
    for name, row in confusion.items():
        rows.append([f"  {name}", *(str(row.get(column, 0) or ".") for column in columns)])
    return aligned(rows)
