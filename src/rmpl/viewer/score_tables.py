"""Score tables in the field's layout: text, image, multimedia; EMI and ARE; P, R and F1."""

from __future__ import annotations

from collections.abc import Mapping

from rmpl.scoring import SETTINGS, TASKS
from rmpl.scoring.bootstrap import ScoreIntervals
from rmpl.scoring.counts import ScoreDict
from rmpl.scoring.protocols import MARK, REGISTRY
from rmpl.viewer.markup import Markup, el, join

_SETTING_TITLES = {
    "text": "Text events",
    "image": "Image events",
    "multimedia": "Multimedia events",
}
_TASK_TITLES = {
    "emi": ("EMI", "event mention identification: event triggers and types"),
    "are": ("ARE", "argument role extraction: participants and their roles"),
}


def task_title(task: str, *, with_setting: bool = False) -> Markup:
    """Return the name of a score with its abbreviation explained, optionally with its setting."""
    parts = task.split("_")
    kind = next((part for part in parts if part in _TASK_TITLES), None)
    if kind is None:
        return join(task)
    shown, meaning = _TASK_TITLES[kind]
    rest = " ".join(part for part in parts[parts.index(kind) + 1 :])
    setting = f"{TASKS[task].capitalize()} " if with_setting else None
    return join(setting, el("abbr", {"title": meaning}, shown), f" {rest}" if rest else None)


def _row(task: str, score: ScoreDict, interval: ScoreIntervals | None, *, given: bool) -> Markup:
    spread = None
    # A score that uses gold annotation must not be mistaken for a system's score.
    mark = el("strong", {"class": "given"}, f" !! {MARK}") if given else None
    if interval is not None:
        title = {"class": "interval", "title": "bootstrap interval over documents"}
        spread = el("span", title, f"{interval.f1.low:.1f}–{interval.f1.high:.1f}")
    counts = f"{score['tp']:,.0f} / {score['n_pred']:,.0f} / {score['n_gold']:,.0f}"
    return el(
        "tr",
        None,
        el("th", {"scope": "row"}, task_title(task), mark),
        el("td", None, f"{score['p']:.1f}"),
        el("td", None, f"{score['r']:.1f}"),
        el("td", {"class": "f1"}, f"{score['f1']:.1f}", spread),
        el("td", {"class": "counts"}, counts),
    )


def _setting_table(setting: str, rows: list[Markup]) -> Markup:
    heads = [el("th", {"scope": "col"}, name) for name in ("P", "R", "F1")]
    counts = el(
        "th",
        {"scope": "col", "class": "counts", "title": "correct / predicted / gold"},
        "correct / pred. / gold",
    )
    body = rows or [el("tr", None, el("td", {"colspan": 5, "class": "none"}, "not run"))]
    return el(
        "table",
        {"class": "scores"},
        el("caption", None, _SETTING_TITLES.get(setting, setting)),
        el("thead", None, el("tr", None, el("td", None), *heads, counts)),
        el("tbody", None, *body),
    )


def draw_scores(
    scores: Mapping[str, Mapping[str, ScoreDict]],
    intervals: Mapping[str, Mapping[str, ScoreIntervals]] | None = None,
) -> Markup:
    """Return the tables of every protocol, in percent with one decimal, with counts.

    Parameters
    ----------
    scores
        ``{protocol: {task: score}}`` as in ``metrics.json``. A setting without scores is shown as
        not run, never as zero; scores that use gold annotation are marked.
    intervals
        ``{protocol: {task: intervals}}``, shown below F1 if given.
    """
    parts = []
    for protocol, tasks in scores.items():
        known = (intervals or {}).get(protocol, {})
        is_known = protocol in REGISTRY.names()
        given = REGISTRY.find(protocol).gold_given if is_known else frozenset()
        by_setting: dict[str, list[Markup]] = {setting: [] for setting in SETTINGS}
        for task, score in tasks.items():
            setting = TASKS.get(task, task.split("_", maxsplit=1)[0])
            row = _row(task, score, known.get(task), given=task in given)
            by_setting.setdefault(setting, []).append(row)
        tables = [_setting_table(setting, rows) for setting, rows in by_setting.items()]
        parts.append(
            el(
                "section",
                {"class": "protocol"},
                el("h3", None, f"Protocol: {protocol}"),
                el("div", {"class": "settings"}, *tables),
            )
        )
    return join(*parts) if parts else el("p", {"class": "none"}, "No scores.")
