"""Where a system's errors lie: by type, by role, by category, with confusions and first examples.

All tables are sums over the judgements of strict scoring, so they agree with the strict scores.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from rmpl.records import Document
from rmpl.scoring.counts import SETTINGS, TASKS, Counts, ScoreDict
from rmpl.scoring.explaining import POOR_BOX, RIGHT
from rmpl.scoring.judgements import Judgement, judge

NONE = "(none)"
"""In a confusion, the row of predictions without gold and the column of gold without prediction."""

FIRST_EXAMPLES = 3
IOU_BINS = 5
"""Poor boxes are counted in bins of 0.1 below the threshold of 0.5."""


class ErrorCount(msgspec.Struct):
    """How many wrong predictions and missed gold items a category explains."""

    predicted: int = 0
    gold: int = 0


class Example(msgspec.Struct, frozen=True):
    """One error, in words."""

    document: str
    medium: str
    predicted: str | None
    gold: str | None


class TaskErrors(msgspec.Struct):
    """The errors of one task; its categories sum to ``predicted - tp`` and ``gold - tp``."""

    categories: dict[str, ErrorCount] = {}
    examples: dict[str, list[Example]] = {}


class Analysis(msgspec.Struct):
    """Everything the error analysis says; ``msgspec.to_builtins`` makes it plain JSON.

    ``by_type`` and ``by_role`` hold strict scores (``type`` -> score; ``type role`` -> score),
    ``confusion`` counts gold type -> predicted type, and ``poor_boxes`` how many boxes of the right
    role overlap their gold box by 0-0.1, 0.1-0.2, ... 0.4-0.5.
    """

    by_type: dict[str, dict[str, ScoreDict]] = {}
    by_role: dict[str, dict[str, ScoreDict]] = {}
    confusion: dict[str, dict[str, dict[str, int]]] = {}
    errors: dict[str, TaskErrors] = {}
    poor_boxes: list[int] = []


def analyse(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    settings: Sequence[str] = SETTINGS,
    *,
    examples: int = FIRST_EXAMPLES,
) -> Analysis:
    """Judge all documents and sum up.

    Parameters
    ----------
    gold, predicted
        Documents; where gold sentences have their text, examples quote it.
    settings
        Which of ``text``, ``image``, ``multimedia`` to analyse.
    examples
        How many errors of each category to keep as examples.
    """
    wanted = {document.id: document for document in gold}
    found = {document.id: document for document in predicted}
    summary = _Summary(examples)
    for doc_id in dict.fromkeys((*wanted, *found)):
        empty = Document(doc_id)
        for judgement in judge(wanted.get(doc_id, empty), found.get(doc_id, empty)):
            if TASKS[judgement.task] in settings:
                summary.add(judgement)
    return summary.analysis()


class _Summary:
    def __init__(self, examples: int) -> None:
        self.kept = examples
        self.by_type: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self.by_role: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self.confusion: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self.errors: dict[str, TaskErrors] = defaultdict(TaskErrors)
        self.poor_boxes = [0] * IOU_BINS

    def add(self, judgement: Judgement) -> None:
        task, predicted, gold = judgement.task, judgement.predicted, judgement.gold
        self.errors[task]
        for name, side in (("n_pred", predicted), ("n_gold", gold)):
            if side is None:
                continue
            self.by_type[task][side.event_type, name] += 1
            if side.role is not None:
                self.by_role[task][f"{side.event_type} {side.role}", name] += 1
            if judgement.category == RIGHT and name == "n_gold":
                self.by_type[task][side.event_type, "tp"] += 1
                if side.role is not None:
                    self.by_role[task][f"{side.event_type} {side.role}", "tp"] += 1
        if task in {"text_emi", "image_emi"}:
            types = (side.event_type if side else NONE for side in (gold, predicted))
            self.confusion[task][next(types), next(types)] += 1
        if judgement.category == POOR_BOX and task == "image_are" and judgement.overlap is not None:
            self.poor_boxes[min(IOU_BINS - 1, int(judgement.overlap * 10))] += 1
        if judgement.category != RIGHT:
            self._add_error(judgement)

    def _add_error(self, judgement: Judgement) -> None:
        errors = self.errors[judgement.task]
        count = errors.categories.setdefault(judgement.category, ErrorCount())
        count.predicted += judgement.predicted is not None
        count.gold += judgement.gold is not None
        examples = errors.examples.setdefault(judgement.category, [])
        if len(examples) < self.kept:
            names = (side.name if side else None for side in (judgement.predicted, judgement.gold))
            examples.append(Example(judgement.document, judgement.medium, *names))

    def analysis(self) -> Analysis:
        return Analysis(
            by_type={task: _scores(counts) for task, counts in self.by_type.items()},
            by_role={task: _scores(counts) for task, counts in self.by_role.items()},
            confusion={task: _nested(counts) for task, counts in self.confusion.items()},
            errors=dict(self.errors),
            poor_boxes=self.poor_boxes,
        )


def _scores(counts: Counter[tuple[str, str]]) -> dict[str, ScoreDict]:
    names = sorted({name for name, _ in counts})
    return {
        name: Counts(*(counts[name, part] for part in ("tp", "n_pred", "n_gold"))).to_dict()
        for name in names
    }


def _nested(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for (row, column), count in sorted(counts.items()):
        table.setdefault(row, {})[column] = count
    return table
