"""Corpora that mark only some of their events: what they can be trained for."""

import msgspec
import pytest

from builders import document, sentence, text_event
from rmpl.errors import RmplError
from rmpl.io.documents import read_documents, write_documents
from rmpl.ontology import load_ontology
from rmpl.recipe.recipe import CorpusRecipe, SourceRecipe
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.training.data.training_data import TrainingData

CONTEXT = Context(load_ontology(), RelativeBoxes(), "brief")
WHOLE = document(text_event("t1", 1), sentences=(sentence("D_0", "They attacked"),))
PARTIAL = msgspec.structs.replace(WHOLE, id="E", partial=True)


def source(task: str, corpus: str) -> SourceRecipe:
    return SourceRecipe(task=task, corpora=[corpus])


@pytest.fixture
def data(tmp_path):
    for name, documents in (("partial", [PARTIAL]), ("mixed", [WHOLE, PARTIAL])):
        write_documents(documents, tmp_path / f"{name}.jsonl")
    corpora = {
        name: CorpusRecipe(reader="documents", path=f"{name}.jsonl")
        for name in ("partial", "mixed")
    }
    return TrainingData(corpora, data=tmp_path)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_own_documents_may_say_that_they_are_partial(tmp_path, ending):
    if ending == "parquet":
        pytest.importorskip("pyarrow", reason="needs rmpl[parquet]")
    path = tmp_path / f"a.{ending}"
    write_documents([WHOLE, PARTIAL], path)
    assert list(read_documents(path)) == [WHOLE, PARTIAL]


def test_a_source_that_asks_for_all_events_of_partial_documents_is_refused(data):
    with pytest.raises(RmplError, match="partial mark only some of them; use text-are or text-ev"):
        data.samples(source("text-emi", "partial"), CONTEXT)
    assert len(data.samples(source("text-are", "partial"), CONTEXT)) == 1
    assert len(data.samples(source("text-event", "partial"), CONTEXT)) == 1
    assert len(data.samples(source("text-emi", "mixed"), CONTEXT)) == 1
    assert data.samples(source("text-emi", "partial"), CONTEXT, held_out=True) == []


def test_a_source_that_would_learn_that_there_are_no_arguments_is_refused(tmp_path):
    data = TrainingData({"news": CorpusRecipe(reader="rams_silver", path="none")}, data=tmp_path)
    for task in ("text-are", "text-events", "text-event"):
        with pytest.raises(RmplError, match=f"{task} learns arguments, and news marks mentions"):
            data.samples(source(task, "news"), CONTEXT)


def test_a_recipe_says_which_types_and_how_long_arguments_are(real_data):
    corpora = {
        name: CorpusRecipe(reader="rams", path=str(real_data("rams")), split="dev", **chosen)
        for name, chosen in {
            "mapped": {},
            "all": {"types": "all"},
            "phrases": {"extents": "published"},
        }.items()
    }
    data = TrainingData(corpora)
    assert [len(data.documents(name)) for name in corpora] == [345, 924, 345]
    heads, phrases = (
        sum(
            a.span.end - a.span.start
            for d in data.documents(name)
            for e in d.text_events
            for a in e.arguments
        )
        for name in ("mapped", "phrases")
    )
    assert heads < phrases
