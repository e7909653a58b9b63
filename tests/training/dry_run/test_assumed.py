"""What a dry run assumes of data that is not there."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from rmpl.ontology import EventType, Ontology, load_ontology
from rmpl.recipe.recipe import SourceRecipe, StageRecipe
from rmpl.tasks import TASKS, Context
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.training.dry_run.assumed import PIXELS, assumed_document, assumed_sources

TEXT_ONLY = Ontology("own", {"Flood": EventType("water", ("Place",), ())})
LARGE = Ontology("own", {"All": EventType("", tuple(f"R{n}" for n in range(60)), ("Agent",))})


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("ontology", [load_ontology("m2e2"), LARGE], ids=["m2e2", "large"])
def test_every_task_has_a_question_about_it(task: str, ontology: Ontology) -> None:
    source = SourceRecipe(task=task, corpora=["mine"])
    stage = StageRecipe(name="one", steps=1, mixture=[source])
    (found,) = assumed_sources(stage, Context(ontology, RelativeBoxes()), 100_000)
    sample = max(found.samples, key=lambda one: len(one.target))
    assert found.name == f"{task}(mine)"
    assert len(sample.prompt.text) + len(sample.target) > 20


def test_prompts_hold_the_schema_of_the_recipe_and_answers_all_roles() -> None:
    source = SourceRecipe(task="text-events", corpora=["mine"])
    stage = StageRecipe(name="one", steps=1, mixture=[source])
    schema = load_ontology("m2e2")
    (found,) = assumed_sources(stage, Context(schema, RelativeBoxes()), 0)
    (sample,) = found.samples
    assert all(name in sample.prompt.text for name in schema.events)
    most = max(schema.events.values(), key=lambda one: len(one.roles))
    assert all(f'"{role}"' in sample.target for role in most.text)
    (narrow,) = assumed_sources(
        stage.model_copy(update={"mixture": [source.model_copy(update={"candidates": 2})]}),
        Context(schema, RelativeBoxes()),
        0,
    )
    assert len(narrow.samples[0].prompt.text) < len(sample.prompt.text)


@pytest.mark.parametrize(("most", "side"), [(0, 1000), (100_489, 317), (10 * PIXELS, 1000)])
def test_its_image_has_as_many_pixels_as_the_model_gets_of_a_photograph(
    most: int, side: int
) -> None:
    document = assumed_document(TEXT_ONLY, most)
    (image,) = document.images
    assert (image.width, image.height) == (side, side)
    (event,) = document.text_events
    words = document.sentences[0].words()
    assert len(words) == 100
    assert all(words[one.span.start : one.span.end] for one in event.arguments)
