"""The table of a grid as in papers: cells by scores, with mean, spread and significance."""

from __future__ import annotations

from rmpl.experiments.ablation_results import AblationResult, Against, CellResult
from rmpl.scoring.counts import TASKS
from rmpl.scoring.tables import aligned

LEVEL = 0.05
MARK = "*"
_TASKS = [task for task in TASKS if not task.endswith("_restricted")]


def ablation_lines(result: AblationResult) -> list[str]:
    """Return two tables: F1 over seeds, then differences from the reference with their p values.

    A mark denotes a significant difference after Holm's correction over all tests.
    """
    lines = aligned([[f"{result.protocol}, F1", *_TASKS, "seeds"], *map(_scores, result.cells)])
    lines += [
        "",
        *aligned(
            [
                [f"minus {result.reference}", *_TASKS],
                *(_differences(c) for c in result.cells if c.against_reference),
            ]
        ),
    ]
    lines.append(
        f"mean and standard deviation over seeds; in brackets the p value of a paired test over "
        f"{result.benchmark['documents']} documents, after Holm for "
        f"{result.test['corrected_for']} tests; {MARK} below {LEVEL}"
    )
    if len(result.seeds) < 5:
        lines.append(f"only {len(result.seeds)} seed(s) requested: a preview, not a result")
    if result.missing:
        lines.append(f"not run yet: {len(result.missing)} ({', '.join(result.missing[:3])}, ...)")
    return lines


def _scores(cell: CellResult) -> list[str]:
    row = [cell.name]
    for task in _TASKS:
        spread = cell.scores[task]["f1"] if task in cell.scores else None
        if spread is None:
            row.append("-")
        elif spread.sd is None:
            row.append(f"{spread.mean:.1f}")
        else:
            row.append(f"{spread.mean:.1f} ±{spread.sd:.1f}")
    return [*row, str(len(cell.runs))]


def _differences(cell: CellResult) -> list[str]:
    row = [cell.name]
    for task in _TASKS:
        one = cell.against_reference.get(task)
        row.append("-" if one is None else _difference(one))
    return row


def _difference(one: Against) -> str:
    mark = MARK if one.p_holm < LEVEL else " "
    return f"{one.difference:+.1f} ({one.p_holm:.3f}){mark}"
