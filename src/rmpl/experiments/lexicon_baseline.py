"""The baseline that needs no model, beside a run: a lexicon of the same training corpora."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.contamination import ContaminationCheck
from rmpl.io.read_report import ReadReport
from rmpl.predictions.file import read_predictions
from rmpl.predictions.lexicon import LEAST, SHARE, Lexicon, learn_lexicon
from rmpl.recipe.recipe import Recipe
from rmpl.records import Document
from rmpl.scoring import Scores, score_by_document
from rmpl.scoring.bootstrap import Difference, compare
from rmpl.training.data.training_data import published_documents

_STRICT = "strict"


class Baseline(NamedTuple):
    """A lexicon, what it finds, the number of documents it was learnt from, and what was read."""

    lexicon: Lexicon
    found: list[Document]
    documents: int
    report: ReadReport


def lexicon_baseline(
    recipe: Recipe,
    data: Path,
    gold: Sequence[Document],
    *,
    share: float = SHARE,
    least: int = LEAST,
) -> Baseline | None:
    """Tag documents by a lexicon of a recipe's corpora of text events.

    Sentences of other corpora, such as MNRE's posts, do not say that their words are no triggers.
    Documents that share an id or a sentence with ``gold`` are left out.

    Parameters
    ----------
    recipe
        Only its corpora with types of its schema are read.
    data
        The folder that their paths are relative to.
    gold
        The documents to tag; their annotation is not used.
    share, least
        As in ``learn_lexicon``.

    Returns
    -------
    Baseline or None
        ``None`` if no corpus has such events.
    """
    report = ReadReport()
    texts = training_texts(recipe, data)
    if not texts:
        return None
    clean = list(ContaminationCheck(gold).keep_clean(texts, report))
    lexicon = learn_lexicon(clean, share=share, least=least)
    return Baseline(lexicon, [lexicon.tag(one) for one in gold], len(clean), report)


def training_texts(recipe: Recipe, data: Path) -> list[Document]:
    """Return the documents of a recipe's corpora that annotate events of its schema in texts."""
    return [
        document
        for documents in published_documents(recipe, data, mapped=True).values()
        if any(document.text_events for document in documents)
        for document in documents
    ]


def against_lexicon(
    gold: Sequence[Document], predictions: Path, baseline: Baseline
) -> tuple[Scores, list[Difference]]:
    """Return the strict text scores of a lexicon, and how a prediction file differs from it.

    Only event mentions are compared: a lexicon finds no arguments.
    """
    settings = ("text",)
    lexicon = score_by_document(gold, baseline.found, [_STRICT], settings)[_STRICT]
    found = score_by_document(gold, read_predictions(predictions), [_STRICT], settings)[_STRICT]
    differences = compare(found, lexicon)
    return lexicon, [one for one in differences if one.task == "text_emi"]
