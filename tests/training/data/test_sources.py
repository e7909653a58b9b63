"""What a source makes of its corpora: negatives, candidates, the schema of all types."""

from __future__ import annotations

import pytest

from builders import document, sentence, text_event
from rmpl.io.documents import write_documents
from rmpl.ontology import load_ontology
from rmpl.recipe.recipe import CorpusRecipe, Recipe, SourceRecipe
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.training.data.training_data import TrainingData

CONTEXT = Context(load_ontology(), RelativeBoxes())


def twin_documents(events: int, without: int):
    unit = sentence("D_0", "They attacked him")
    yield from (
        document(text_event("t1", 1, ("Target", 2)), document_id=f"e{n}", sentences=(unit,))
        for n in range(events)
    )
    yield from (document(document_id=f"n{n}", sentences=(unit,)) for n in range(without))


@pytest.fixture
def data(tmp_path):
    write_documents(list(twin_documents(10, 90)), tmp_path / "own.jsonl")
    return TrainingData({"own": CorpusRecipe(reader="documents", path="own.jsonl")}, data=tmp_path)


@pytest.mark.parametrize(("share", "negatives"), [(0.5, 10), (0.8, 40), (0.0, 0), (0.95, 90)])
def test_negatives_are_drawn_to_their_share_and_all_positives_stay(data, share, negatives):
    source = SourceRecipe(task="text-emi", corpora=["own"], negatives=share)
    found = data.samples(source, CONTEXT)
    assert sum(sample.target != "[]" for sample in found) == 10
    assert sum(sample.target == "[]" for sample in found) == negatives
    assert found == data.samples(source, CONTEXT)


def test_without_a_share_all_negatives_are_used(data):
    assert len(data.samples(SourceRecipe(task="text-emi", corpora=["own"]), CONTEXT)) == 100


def test_a_smaller_share_of_samples_is_part_of_a_larger_one(tmp_path):
    made = [
        document(document_id=f"n{n}", sentences=(sentence("D_0", f"Word{n} fell"),))
        for n in range(100)
    ]
    write_documents(made, tmp_path / "own.jsonl")
    data = TrainingData({"own": CorpusRecipe(reader="documents", path="own.jsonl")}, data=tmp_path)

    def kept(share):
        source = SourceRecipe(task="text-emi", corpora=["own"], keep=share)
        return {sample.prompt.text for sample in data.samples(source, CONTEXT)}

    whole, third, tenth = kept(1.0), kept(0.3), kept(0.1)
    assert tenth < third < whole
    assert 0.2 < len(third) / len(whole) < 0.4


def test_a_source_lists_as_many_candidates_as_its_recipe_says(data):
    source = SourceRecipe(task="text-emi", corpora=["own"], candidates=3)
    for sample in data.samples(source, CONTEXT):
        assert sample.prompt.text.count("\n- ") == 3


def test_a_corpus_with_all_its_types_brings_its_own_schema(real_data):
    path = real_data("wikievents")
    corpora = {
        name: CorpusRecipe(reader="wikievents", path="dev.jsonl", types=types)
        for name, types in (("all", "all"), ("mapped", "mapped"))
    }
    data = TrainingData(corpora, data=path)
    found = {
        name: data.samples(SourceRecipe(task="text-events", corpora=[name], candidates=5), CONTEXT)
        for name in corpora
    }
    assert len(found["all"]) == len(found["mapped"])
    answered = {name: sum(s.target != "[]" for s in samples) for name, samples in found.items()}
    assert answered["all"] > answered["mapped"]
    assert any("Conflict.Attack.DetonateExplode" in s.target for s in found["all"])
    assert not any("DetonateExplode" in s.target for s in found["mapped"])
    listed = {line for s in found["all"] for line in s.prompt.text.splitlines() if line[:2] == "- "}
    assert len(listed) > 20


@pytest.mark.parametrize(
    "key", [{"negatives": 1.0}, {"negatives": -0.1}, {"candidates": -1}, {"keep": 0}, {"keep": 1.5}]
)
def test_impossible_shares_are_refused(key):
    stage = {"name": "s", "steps": 1, "mixture": [{"task": "text-emi", "corpora": ["a"], **key}]}
    with pytest.raises(ValueError, match=next(iter(key))):
        Recipe.model_validate(
            {"name": "r", "corpora": {"a": {"reader": "rams", "path": "."}}, "stages": [stage]}
        )
