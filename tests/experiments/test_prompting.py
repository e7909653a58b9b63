"""Prompting without training: examples of training corpora in full prompts, our scorer."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.corpora.registry import read_corpus
from rmpl.experiments.prompting import EXAMPLED, examples_of, without_overlap
from rmpl.ontology import load_ontology
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.event_mentions import TextEMI
from rmpl.tasks.questions import UnitQuestion
from rmpl.tasks.same_event import Compared
from rmpl.tasks.schema import read_items


@pytest.fixture(scope="module")
def documents(small_world):
    ace = read_corpus("jmee", small_world / "ace", split="train")
    return [*ace, *read_corpus("swig", small_world / "swig", split="train")]


@pytest.fixture(scope="module")
def context():
    return Context(load_ontology(), RelativeBoxes())


def answers(text):
    return [line.removeprefix("Answer: ") for line in text.splitlines() if line[:7] == "Answer:"]


def test_half_of_the_examples_have_nothing_to_find(documents, context):
    examples = examples_of(documents, context, 4)
    assert set(examples) == set(EXAMPLED)
    for task in ("text-emi", "image-emi"):
        found = answers(examples[task])
        assert len(found) == 4
        assert found.count("[]") == 2
    compared = [read_items(one, "box", Compared).items for one in answers(examples["same-event"])]
    assert sum(all(part.is_same for part in one) for one in compared) == 2
    assert all(compared)
    kinds = [json.loads(one)[0]["type"] for one in answers(examples["text-emi"]) if one != "[]"]
    assert len(set(kinds)) == 2


def test_an_example_of_a_picture_says_what_it_shows(documents, context):
    examples = examples_of(documents, context, 2)["image-are"]
    assert examples.count("(a picture, ") == 2
    assert all(
        set(one) == {"role", context.boxes.key} for a in answers(examples) for one in json.loads(a)
    )


def test_examples_stand_between_the_instruction_and_the_question(documents, context):
    examples = examples_of(documents, context, 2)
    sentence = documents[0].sentences[0]
    asked = Context(context.ontology, context.boxes, examples=examples)
    lines = TextEMI(asked).ask(UnitQuestion(sentence)).text
    assert lines.startswith(TextEMI.instruction)
    assert lines.endswith(f"{examples['text-emi']}\n{sentence.text}")
    assert examples_of(documents, context, 0) == {}


def test_the_same_seed_gives_the_same_examples_and_another_one_others(documents, context):
    assert examples_of(documents, context, 2) == examples_of(documents, context, 2)
    assert examples_of(documents, context, 2) != examples_of(documents, context, 2, seed=1)


def test_what_the_benchmark_holds_is_no_example(documents):
    assert without_overlap(documents, documents[:5]) == documents[5:]
    assert without_overlap(documents, []) == documents


def prompt(*words):
    return CliRunner().invoke(app, ["baseline", "prompt", *map(str, words)])


@pytest.mark.slow
@pytest.mark.parametrize("free", [False, True])
def test_a_model_that_was_never_trained_is_scored(free, twin, small_world, tmp_path):
    recipe = tmp_path / "corpora.yaml"
    recipe.write_text(
        "{name: c, corpora: {ace: {reader: jmee, path: ace}}, stages: [{name: s, steps: 1, "
        "mixture: [{task: text-emi, corpora: [ace]}]}]}"
    )
    benchmark = tmp_path / "m2e2"
    shutil.copytree(small_world / "m2e2", benchmark)
    shutil.rmtree(benchmark / "images")
    words = ["--shots", 2, "--examples", recipe, "--examples-data", small_world, "--limit", 1]
    out = tmp_path / "out"
    result = prompt(
        twin, "--data", benchmark, "--out", out, *words, *(["--unconstrained"] if free else [])
    )
    assert result.exit_code == 0, result.output
    about = json.loads((out / "baseline.json").read_text())
    assert set(about["scores"]) == {"text_emi", "text_are"}
    assert set(about["examples"]) == {"text-emi", "text-are"}
    broken = about["not_readable_whole"]["text-emi"]
    assert broken > 0 if free else broken == 0
    assert "images are missing" in result.output
    scored = CliRunner().invoke(
        app,
        ["score", str(out / "predictions.jsonl"), "--gold", str(benchmark), "--settings", "text"],
    )
    assert scored.exit_code == 0, scored.output


@pytest.mark.parametrize(
    ("reader", "said"), [(None, "without --examples"), ("m2e2", "for evaluation only")]
)
def test_examples_of_the_benchmark_are_refused(reader, said, small_world, tmp_path):
    words = ["nowhere", "--data", small_world / "m2e2", "--shots", 2]
    if reader is not None:
        recipe = tmp_path / "corpora.yaml"
        recipe.write_text(
            "{name: c, corpora: {a: {reader: m2e2, path: m2e2}}, stages: [{name: s, steps: 1, "
            "mixture: [{task: text-emi, corpora: [a]}]}]}"
        )
        words += ["--examples", recipe, "--examples-data", small_world]
    result = prompt(*words)
    assert result.exit_code == 2
    assert said in result.output
