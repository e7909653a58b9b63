"""Error analysis: scores by type and role, error categories with examples, confusion matrices.

All tables are sums over the judgements of strict scoring, so they agree with the strict scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from rmpl.records import Document
from rmpl.scoring.counts import SETTINGS, TASKS, Counts, ScoreDict
from rmpl.scoring.documents import check_settings
from rmpl.scoring.judgements import judge
from rmpl.scoring.listing import Judgement, list_items
from rmpl.scoring.media import MEDIA
from rmpl.scoring.strict import SCORES
from rmpl.scoring.verdicts import JudgedDocument, Verdict

NONE = "(none)"
"""In a confusion matrix, the row of spurious predictions and the column of missed gold items."""

FIRST_EXAMPLES = 3
IOU_BINS = 10
_ARGUMENTS = {f"{medium.name}_are" for medium in MEDIA}


class ErrorCount(msgspec.Struct):
    """The number of wrong predictions and missed gold items in a category."""

    predicted: int = 0
    gold: int = 0


class TaskErrors(msgspec.Struct):
    """The errors of one task; its categories sum to ``n_pred - tp`` and ``n_gold - tp``."""

    tp: int
    n_pred: int
    n_gold: int
    categories: dict[Verdict, ErrorCount]
    examples: dict[Verdict, list[Judgement]]


class Analysis(msgspec.Struct):
    """The result of the error analysis; ``msgspec.to_builtins`` makes it plain JSON.

    ``by_type`` and ``by_role`` hold strict scores (``type`` -> score; ``type role`` -> score).
    ``confusion`` counts gold type -> predicted type; its diagonal holds correct ones, its rows sum
    to the gold and its columns to the predictions. ``overlaps`` is a histogram of the IoU with the
    gold box, in ten bins, of boxes with the correct role on correct mentions: the first five bins
    are poor boxes, the others correct ones.
    """

    by_type: dict[str, dict[str, ScoreDict]]
    by_role: dict[str, dict[str, ScoreDict]]
    confusion: dict[str, dict[str, dict[str, int]]]
    errors: dict[str, TaskErrors]
    overlaps: list[int]


def analyse(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    settings: Sequence[str] = SETTINGS,
    *,
    examples: int = FIRST_EXAMPLES,
) -> Analysis:
    """Judge all documents and summarise their errors.

    Parameters
    ----------
    gold, predicted
        Documents; examples quote the text of gold sentences, if available.
    settings
        The settings to analyse: ``text``, ``image``, ``multimedia``.
    examples
        The number of examples per category.
    """
    wanted = {document.id: document for document in gold}
    found = {document.id: document for document in predicted}
    names = dict.fromkeys((*wanted, *found))
    judged = (judge(wanted.get(x, Document(x)), found.get(x, Document(x))) for x in names)
    return summarise(judged, settings, examples=examples)


def summarise(
    judged: Iterable[JudgedDocument],
    settings: Sequence[str] = SETTINGS,
    *,
    examples: int = FIRST_EXAMPLES,
) -> Analysis:
    """Summarise judged documents; the examples are the first errors in document order."""
    check_settings(settings)
    summary = _Summary([task for task in SCORES if TASKS[task] in settings], examples)
    for document in judged:
        for judgement in list_items(document):
            if judgement.task in summary.errors:
                summary.add(judgement)
    return summary.analysis()


T = TypeVar("T")
Pairs = Counter[tuple[str, str]]


class _Summary:
    def __init__(self, tasks: Sequence[str], examples: int) -> None:
        self.max_examples = examples
        self.by_type: dict[str, Pairs] = {task: Counter() for task in tasks}
        self.by_role: dict[str, Pairs] = {t: Counter() for t in tasks if t.endswith("are")}
        self.confusion: dict[str, Pairs] = {
            task: Counter() for medium in MEDIA if (task := f"{medium.name}_emi") in tasks
        }
        self.errors = {task: TaskErrors(0, 0, 0, {}, {}) for task in tasks}
        self.overlaps = [0] * IOU_BINS

    def add(self, judgement: Judgement) -> None:
        self._count(judgement)
        if judgement.task in self.confusion:
            self._confuse(judgement)
        if judgement.task in _ARGUMENTS and judgement.overlap is not None:
            self._add_overlap(judgement.verdict, judgement.overlap)
        if judgement.verdict is not Verdict.RIGHT:
            self._add_error(judgement)

    def _count(self, judgement: Judgement) -> None:
        errors = self.errors[judgement.task]
        right = judgement.verdict is Verdict.RIGHT
        errors.tp += right
        errors.n_pred += judgement.predicted is not None
        errors.n_gold += judgement.gold is not None
        for name, side in (("n_pred", judgement.predicted), ("n_gold", judgement.gold)):
            if side is None:
                continue
            for part in (name, "tp") if right and name == "n_gold" else (name,):
                self.by_type[judgement.task][side.event_type, part] += 1
                if side.role is not None:
                    self.by_role[judgement.task][f"{side.event_type} {side.role}", part] += 1

    def _confuse(self, judgement: Judgement) -> None:
        counts = self.confusion[judgement.task]
        gold, predicted = (
            NONE if side is None else side.event_type
            for side in (judgement.gold, judgement.predicted)
        )
        if judgement.verdict is Verdict.TRIGGER_BOUNDARY:  # neither correct nor another type
            counts[gold, NONE] += 1
            counts[NONE, predicted] += 1
        else:
            counts[gold, predicted] += 1

    def _add_overlap(self, verdict: Verdict, overlap: float) -> None:
        # The bounds prevent rounding from moving a box across the threshold of 0.5.
        if verdict is Verdict.POOR_BOX:
            self.overlaps[min(IOU_BINS // 2 - 1, int(overlap * IOU_BINS))] += 1
        elif verdict is Verdict.RIGHT:
            self.overlaps[min(IOU_BINS - 1, int(overlap * IOU_BINS))] += 1

    def _add_error(self, judgement: Judgement) -> None:
        errors = self.errors[judgement.task]
        count = errors.categories.setdefault(judgement.verdict, ErrorCount())
        count.predicted += judgement.predicted is not None
        count.gold += judgement.gold is not None
        examples = errors.examples.setdefault(judgement.verdict, [])
        if len(examples) < self.max_examples:
            examples.append(judgement)

    def analysis(self) -> Analysis:
        for errors in self.errors.values():
            errors.categories = _in_order(errors.categories)
            errors.examples = _in_order(errors.examples)
        return Analysis(
            by_type={task: _scores(counts) for task, counts in self.by_type.items()},
            by_role={task: _scores(counts) for task, counts in self.by_role.items()},
            confusion={task: _nested(counts) for task, counts in self.confusion.items()},
            errors=self.errors,
            overlaps=self.overlaps,
        )


def _in_order(by_verdict: dict[Verdict, T]) -> dict[Verdict, T]:
    return {verdict: by_verdict[verdict] for verdict in Verdict if verdict in by_verdict}


def _scores(counts: Pairs) -> dict[str, ScoreDict]:
    names = sorted({name for name, _ in counts})
    return {
        name: Counts(*(counts[name, part] for part in ("tp", "n_pred", "n_gold"))).to_dict()
        for name in names
    }


def _nested(counts: Pairs) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for (row, column), count in sorted(counts.items()):
        table.setdefault(row, {})[column] = count
    return table
