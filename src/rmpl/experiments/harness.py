"""M2E2 for evaluation harnesses: one question per sentence or image, scored strictly.

lm-evaluation-harness and lmms-eval ask one question per row and aggregate rows at the end. Stage
1's questions fit that: all events of a sentence or an image, with arguments, in one answer. The
strict counts of text and image scores are sums over sentences and images, so the aggregate is the
score of ``rmpl score``. Links involve two rows and are not asked for.

The folders in ``integrations/`` hold the harnesses' files, which call the functions here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from rmpl.errors import RmplError
from rmpl.experiments.free_answers import unfenced
from rmpl.ontology import load_ontology
from rmpl.records import Document
from rmpl.scoring import score
from rmpl.scoring.counts import Counts, add_up
from rmpl.tasks import Context, Sample
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.media import MEDIA, Medium
from rmpl.tasks.questions import UnitQuestion

BOXES = RelativeBoxes(key="box")
_BOX_NOTE = (
    "A box is [x1, y1, x2, y2]: left, top, right and bottom in thousandths of the picture's width "
    "and height."
)

Row = Mapping[str, str]
"""``id``, ``prompt``, ``target``, ``image`` (a path, or empty), ``gold`` (a document as JSON)."""


def harness_context(examples: Mapping[str, str] | None = None) -> Context:
    """Return the context of the prompts: full style, boxes in thousandths."""
    return Context(load_ontology(), BOXES, examples={} if examples is None else examples)


@functools.cache
def _bare_context() -> Context:
    """Return the context for parsing answers, cached: a harness parses thousands of them."""
    return harness_context()


def rows(
    documents: Iterable[Document], medium: str, examples: Mapping[str, str] | None = None
) -> Iterator[dict[str, str]]:
    """Yield a row for every sentence, or every image with a file.

    Parameters
    ----------
    documents
        The benchmark's.
    medium
        ``text`` or ``image``.
    examples
        Worked examples, see ``rmpl.experiments.prompting``.

    Raises
    ------
    RmplError
        If there is no such medium.
    """
    if medium not in MEDIA:
        raise RmplError(f"no medium {medium}", remedy=f"use one of {', '.join(MEDIA)}")
    return _rows(documents, MEDIA[medium], harness_context(examples))


def _rows(
    documents: Iterable[Document], medium: Medium[Any, Any, Any], context: Context
) -> Iterator[dict[str, str]]:
    task = medium.whole(context)
    for document in documents:
        for unit in medium.units(document):
            events = [e for e in medium.events(document) if medium.unit_of(e) == unit.id]
            gold = medium.part(unit.id, unit, events)
            (sample,) = task.samples([gold])
            yield _row(gold, sample)


def _row(gold: Document, sample: Sample) -> dict[str, str]:
    text, image = sample.prompt.text, sample.prompt.image
    return {
        "id": gold.id,
        "prompt": text if image is None else f"{text}\n{_BOX_NOTE}",
        "target": sample.target,
        "image": "" if image is None else image.path or "",
        "gold": msgspec.json.encode(gold).decode(),
    }


def counts_of(row: Row, answer: str) -> dict[str, Counts]:
    """Count the correct items in the answer to a row.

    Returns
    -------
    dict
        ``text_emi`` and ``text_are``, or ``image_emi`` and ``image_are``.
    """
    gold = msgspec.json.decode(row["gold"], type=Document)
    return score([gold], [read(gold, answer)], "strict", [_medium_of(gold).name])


def read(gold: Document, answer: str) -> Document:
    """Parse the answer about a sentence or an image into a document.

    Types outside the schema are left out, as in extraction: a prediction may not hold them.
    """
    medium, context = _medium_of(gold), _bare_context()
    (unit,) = medium.units(gold)
    events = medium.whole(context).read(unfenced(answer), UnitQuestion(unit)).items
    known = [event for event in events if event.event_type in context.ontology.events]
    return medium.part(gold.id, unit, known)


def _medium_of(gold: Document) -> Medium[Any, Any, Any]:
    """Return the medium of the one sentence or image in a row's document."""
    return next(medium for medium in MEDIA.values() if medium.units(gold))


def results_of(row: Row, answers: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Return counts by metric name, as a harness's ``process_results`` does."""
    found = counts_of(row, answers[0])
    return {f"{task}_f1": (one.tp, one.n_pred, one.n_gold) for task, one in found.items()}


def f1(items: Iterable[tuple[int, int, int]]) -> float:
    """Return the strict F1 of all rows in percent: a harness's aggregation."""
    total = add_up({"f1": Counts(*item)} for item in items)
    return total.get("f1", Counts()).f1
