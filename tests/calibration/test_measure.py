"""Calibration looks at training data that was not learnt from, and at nothing else."""

import itertools
import re
import shutil

import msgspec
import pytest

from fakes import FakeEngine, gold_rule, gold_samples, task_of
from rmpl.calibration.measure import SIMULATED, calibrate, held_out_documents
from rmpl.calibration.simulated_documents import simulate
from rmpl.errors import RmplError
from rmpl.ontology import load_ontology
from rmpl.recipe.recipe import Recipe
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.same_event import SameEvent, directions
from rmpl.training.run import Run


def recipe(**more):
    return Recipe.model_validate(
        {
            "name": "r",
            "backbone": {"model": "embedded", "style": "brief", "box_step": 20},
            "corpora": {
                "ace": {"reader": "jmee", "path": "ace", "split": "train"},
                "swig": {"reader": "swig", "path": "swig", "split": "train"},
                "mnre": {"reader": "mnre", "path": "mnre", "split": "train"},
            },
            "stages": [
                {
                    "name": "one",
                    "steps": 1,
                    "mixture": [
                        {"task": "text-emi", "corpora": ["ace"]},
                        {"task": "image-emi", "corpora": ["swig"]},
                        {"task": "relations", "corpora": ["mnre"]},
                    ],
                }
            ],
            **more,
        }
    )


def test_the_development_split_is_taken_where_nothing_was_held_out(small_world):
    found = held_out_documents(recipe(), small_world, most=1_000)
    trained = {
        d.id
        for name in ("ace", "swig")
        for d in Run(recipe(), small_world, small_world).corpora.documents(name)
    }
    assert found.text
    assert found.image
    assert trained.isdisjoint(d.id for d in [*found.text, *found.image])
    assert "development split of ace, swig" in found.data
    assert len(held_out_documents(recipe(), small_world, most=2).text) == 2


def test_what_the_recipe_held_out_is_what_training_left(small_world):
    held = recipe(held_out=0.3)
    found = held_out_documents(held, small_world, most=1_000)
    run = Run(held, small_world, small_world)
    learnt = {sample.id for source in run.sources(held.stages[0]) for sample in source.samples}
    assert found.text
    assert learnt.isdisjoint(s.id for d in found.text for s in d.sentences)
    assert learnt.isdisjoint(i.id for d in found.image for i in d.images)


def test_only_whole_documents_with_types_of_the_schema_are_judged(small_world, tmp_path):
    whole = held_out_documents(recipe(held_out=0.3), small_world, most=1_000).text
    own = recipe(held_out=0.3).model_dump()
    own["corpora"]["ace"]["types"] = "all"
    assert not held_out_documents(Recipe.model_validate(own), small_world, most=1_000).text
    lines = [
        msgspec.json.encode(msgspec.structs.replace(document, partial=number % 2 == 0))
        for number, document in enumerate(whole)
    ]
    (tmp_path / "own.jsonl").write_bytes(b"\n".join(lines))
    own = recipe(held_out=0.5).model_dump()
    own["corpora"]["ace"] = {"reader": "documents", "path": str(tmp_path / "own.jsonl")}
    own["corpora"]["swig"]["path"] = str(small_world / "swig")
    found = held_out_documents(Recipe.model_validate(own), small_world, most=1_000).text
    assert found
    assert not any(document.partial for document in found)


def test_without_any_there_is_a_clear_line(small_world, tmp_path):
    for name in ("ace", "swig"):
        shutil.copytree(small_world / name, tmp_path / name)
        (tmp_path / name / "dev.json").unlink()
    with pytest.raises(RmplError, match="no training data was held out"):
        held_out_documents(recipe(), tmp_path, most=10)


def forgetful(context, text, image) -> FakeEngine:
    """Knows the gold, says so with probability 0.9, and forgets two of three comparisons."""
    captions = {d.images[0].id: "A man." for d in image}
    types = list(context.ontology.events)
    made = simulate(text, image, types, captions, count=SIMULATED, seed=0)
    comparisons = [
        SameEvent(context).sample(pair._replace(shown_first=shown_first))
        for document in made
        for pair in document.values()
        for shown_first in directions(context)
    ]
    known = gold_rule([*gold_samples([*text, *image], context), *comparisons])
    compared = itertools.count()

    def rule(prompt) -> str:
        if task_of(prompt) == "caption":
            return "A man."
        answer = known(prompt)
        if not task_of(prompt).startswith("same-event") or next(compared) % 3 == 0:
            return answer
        return re.sub(r'"seen":"[^"]*"', '"seen":"nobody"', answer)

    return FakeEngine(rule)


@pytest.mark.parametrize("ways", ["one", "both"])
def test_every_task_is_measured_against_the_gold(small_world, ways):
    boxes = RelativeBoxes(step=20)
    context = Context(load_ontology(), boxes, "brief", link_directions=ways)
    held_out = held_out_documents(recipe(held_out=0.5), small_world, most=1_000)
    engine = forgetful(context, held_out.text, held_out.image)
    found = calibrate(engine, context, held_out)
    assert set(found.scales) == {"text-emi", "text-are", "image-emi", "image-are", "same-event"}
    # What is right always has no outcome to fit to; of "same event?" two in three "yes" are lost.
    assert [task for task, scale in found.scales.items() if scale.measured] == ["same-event"]
    assert found.scales["same-event"](0.1) > 0.1
