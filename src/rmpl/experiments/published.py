"""The comparison table: published scores, and a run's own beside them.

Published scorers differ from each other and from ours by tens of points (docs/scoring.md), so these
rows are context, not targets.
"""

from __future__ import annotations

from collections.abc import Mapping

from rmpl.scoring.counts import TASKS, ScoreDict
from rmpl.scoring.tables import aligned

TABLE_TASKS = tuple(task for task in TASKS if not task.endswith("_restricted"))

# The sources report precision for text and image scores and F1 for multimedia scores.
_PUBLISHED: dict[str, dict[str, tuple[float | None, float | None, float | None]]] = {
    "RMPL (arXiv 2602.13748)": {
        "text_emi": (85.6, None, None),
        "text_are": (50.6, None, None),
        "image_emi": (83.6, None, None),
        "image_are": (66.4, None, None),
        "mm_emi": (None, None, 92.4),
        "mm_are": (None, None, 46.9),
    },
    "WASE (ACL 2020)": {
        "text_emi": (42.8, None, None),
        "text_are": (27.5, None, None),
        "image_emi": (43.1, None, None),
        "image_are": (14.5, None, None),
        "mm_emi": (None, None, 50.8),
        "mm_are": (None, None, 19.9),
    },
    "LVLM fine-tuning study (arXiv 2509.12876)": {
        "image_emi": (69.6, None, None),
        "image_are": (3.3, None, None),
        "mm_emi": (None, None, 60.0),
        "mm_are": (None, None, 21.2),
    },
}


def table_lines(name: str, scores: Mapping[str, ScoreDict]) -> list[str]:
    """Return the comparison table with a row of strict scores, each as ``P/R/F1``."""
    rows = [["P/R/F1", *TABLE_TASKS]]
    for system, figures in _PUBLISHED.items():
        rows.append([f"  {system}, own scorer", *(_cell(figures.get(t)) for t in TABLE_TASKS)])
    own = {task: (found["p"], found["r"], found["f1"]) for task, found in scores.items()}
    rows.append([f"  {name}, strict", *(_cell(own.get(task)) for task in TABLE_TASKS)])
    return aligned(rows)


def _cell(figures: tuple[float | None, float | None, float | None] | None) -> str:
    if figures is None:
        return "-"
    return "/".join("-" if value is None else f"{value:.1f}" for value in figures)
